"""Every past schema opens; a newer one is refused; a migration is whole, and can be undone."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from holdings.catalogue import migrating
from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.errors import BadInput
from holdings.records import Copy, CopyStatus


def from_sql(path: Path, name: str) -> Path:
    with duckdb.connect(path) as connection:
        connection.execute(Path(__file__).with_name(name).read_text())
    return path


def with_another_migration(monkeypatch: pytest.MonkeyPatch, sql: str) -> None:
    after = {**migrating.migrations(), max(migrating.migrations()) + 1: sql}
    monkeypatch.setattr(migrating, "migrations", lambda: after)


@pytest.mark.parametrize("name", ["v1.sql"])
def test_a_catalogue_of_a_past_schema_opens(tmp_path: Path, name: str) -> None:
    catalogue = DuckDBCatalogue(from_sql(tmp_path / "c.duckdb", name))
    assert catalogue.catalogue_id == "0123456789abcdef0123456789abcdef"
    assert catalogue.package("nhm-1").size_bytes == 12345
    assert catalogue.copies(store="hot") == [
        Copy(
            package_id="nhm-1",
            store="hot",
            status=CopyStatus.VERIFIED,
            verified_at=datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC),
            made_by="deposit-1",
        )
    ]
    assert catalogue.events()[0].detail == {"size_bytes": 12345}


def test_the_first_schema_is_what_the_first_migration_makes(tmp_path: Path) -> None:
    def columns(path: Path) -> list[tuple[object, ...]]:
        query = """SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
                   ORDER BY table_name, ordinal_position"""
        with duckdb.connect(path) as connection:
            return connection.execute(query).fetchall()

    fixture = from_sql(tmp_path / "v1.duckdb", "v1.sql")
    made = tmp_path / "made.duckdb"
    with duckdb.connect(made) as connection:
        connection.execute(
            "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMP NOT NULL)"
        )
        connection.execute(migrating.migrations()[1])
    assert columns(made) == columns(fixture)


def test_an_older_catalogue_is_brought_forward_and_kept_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = from_sql(tmp_path / "c.duckdb", "v1.sql")
    with_another_migration(monkeypatch, "ALTER TABLE packages ADD COLUMN on_hold BOOLEAN DEFAULT false")
    catalogue = DuckDBCatalogue(path)
    assert len(catalogue.packages()) == 1
    with duckdb.connect(path) as connection:
        assert connection.execute("SELECT on_hold FROM packages").fetchall() == [(False,)]
        assert connection.execute("SELECT version FROM schema_version ORDER BY 1").fetchall() == [
            (version,) for version in migrating.migrations()
        ]
    (backup,) = tmp_path.glob("c.v1.*.bak")
    with duckdb.connect(backup, read_only=True) as connection:
        assert connection.execute("SELECT version FROM schema_version").fetchall() == [(1,)]
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(1,)]


def test_a_migration_that_fails_leaves_the_catalogue_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = from_sql(tmp_path / "c.duckdb", "v1.sql")
    with monkeypatch.context() as patched:
        with_another_migration(patched, "CREATE TABLE half (x INTEGER); INSERT INTO nowhere VALUES (1);")
        with pytest.raises(duckdb.CatalogException):
            DuckDBCatalogue(path).packages()
    with duckdb.connect(path) as connection:
        tables = connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    assert ("half",) not in tables
    assert len(DuckDBCatalogue(path).packages()) == 1


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = from_sql(tmp_path / "c.duckdb", "v1.sql")
    with duckdb.connect(path) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99, now()::TIMESTAMP)")
    with pytest.raises(BadInput, match=r"schema version 99; this Holdfast knows up to \d+"):
        DuckDBCatalogue(path).packages()
