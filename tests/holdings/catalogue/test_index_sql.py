"""A question in SQL reads our views, and nothing else in the world."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from holdings.catalogue.index import index_bytes
from holdings.catalogue.index_query import Withdrawn
from holdings.catalogue.index_sql import VIEWS, asked_in_sql
from holdings.catalogue.index_sql_allowed import checked_sql
from holdings.errors import BadInput
from tests.holdings.catalogue.test_index_folder import an_index
from tests.holdings.catalogue.test_index_query import folder

__all__ = ["folder"]


def rows(
    folder: Path, query: str, *, seconds: float = 30, hidden: Sequence[str] = ()
) -> list[tuple[object, ...]]:
    index = an_index(folder, recorded={"nhm-a": True})
    packages = pa.table({"package_id": ["nhm-a"], "bytes": [1000]})
    with asked_in_sql(
        query,
        seconds=seconds,
        images=lambda: ([index.path("nhm-a")], Withdrawn(images=frozenset(hidden))),
        ledger={"packages": lambda: packages},
    ) as found:
        return [tuple(row.values()) for row in found.read_all().to_pylist()]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("SELECT count(*), sum(size_bytes)::BIGINT FROM images", [(4, 1000)]),
        ("SELECT image_id FROM images WHERE terms['dwc:country'] ~~ 'FR%'", [("nhm-a.2",)]),
        ("SELECT country, genus FROM gbif WHERE genus IS NOT NULL", [("France", "Carabus")]),
        ("SELECT value FROM terms WHERE term = 'dwc:catalogNumber'", [("BM 2",)]),
        (
            "WITH big AS (FROM images WHERE size_bytes > 350) SELECT bytes FROM packages JOIN big ON true",
            [(1000,)],
        ),
        ("SELECT row_number() OVER (ORDER BY path) AS n FROM images QUALIFY n = 1", [(1,)]),
        ("SELECT 1 AS a UNION ALL (VALUES (2)) ORDER BY a", [(1,), (2,)]),
        ("SELECT DATE '2024-01-01' + INTERVAL 1 DAY = '2024-01-02'::DATE AS a", [(True,)]),
        ("SELECT CASE WHEN TRY_CAST('x' AS INT) IS NULL THEN 7 END AS a", [(7,)]),
    ],
)
def test_what_may_be_asked(folder: Path, query: str, answer: object) -> None:
    assert rows(folder, query) == answer


def test_what_is_withdrawn_is_in_no_view(folder: Path) -> None:
    assert rows(folder, "SELECT count(*) FROM images", hidden=["nhm-a.1", "nhm-a.'; --"]) == [(3,)]
    assert rows(folder, "SELECT * FROM gbif WHERE genus = 'Carabus'", hidden=["nhm-a.1"]) == []


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM '/etc/passwd'",
        "FROM read_text('/etc/passwd')",
        "SELECT content FROM glob('/*')",
        "SELECT getenv('HOME')",
        "SELECT current_setting('temp_directory')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM pragma_version()",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT * FROM memory.main.images",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM no_images",
        "SELECT query_table('images')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM range(1000000000000)",
        "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT * FROM t",
        "SELECT (SELECT content FROM read_text('/etc/passwd'))",
        "SELECT 1 ORDER BY (SELECT getenv('HOME'))",
        "SELECT max(image_id) FILTER (WHERE getenv('HOME') = 'x') FROM images",
        "SELECT 'x'::my_type",
        "SELECT ?",
        "SELECT $1",
        "SELECT 1; SELECT 2",
        "COPY (SELECT 1) TO 'x'",
        "ATTACH 'x'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '1TB'",
        "PRAGMA version",
        "CREATE TABLE x (y INT)",
        "DROP VIEW images",
        "DESCRIBE images",
        "EXPLAIN SELECT 1",
        "CALL pragma_version()",
        "",
        "SELECT",
        "garbage",
        "SELECT 1 AS a, 2 AS a",
        "SELECT nothing FROM images",
        "SELECT " + "abs(" * 300 + "1" + ")" * 300,
        "SELECT '" + "x" * 200_000 + "'",
    ],
)
def test_what_may_not_be_asked(folder: Path, query: str) -> None:
    with pytest.raises(BadInput) as caught:
        rows(folder, query)
    assert "\n" not in caught.value.sentence
    assert caught.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "is empty."),
        ("DROP VIEW images", "is no SELECT."),
        ("SELECT 1; SELECT 2", "more than one statement."),
    ],
)
def test_what_may_not_be_asked_is_told_for_what_it_is(folder: Path, query: str, says: str) -> None:
    with pytest.raises(BadInput) as caught:
        rows(folder, query)
    assert caught.value.sentence.endswith(says)


def test_an_answer_that_takes_too_long_is_stopped(folder: Path) -> None:
    many = ", ".join(f"images i{n}" for n in range(16))
    with pytest.raises(BadInput, match=r"longer than 0\.5 seconds"):
        rows(folder, f"SELECT count(DISTINCT i0.path || i7.path || i15.path) FROM {many}", seconds=0.5)


def test_what_is_run_is_written_anew() -> None:
    sql, names = checked_sql("select /* a */ IMAGE_ID from Images -- b", VIEWS)
    assert "--" not in sql
    assert "/*" not in sql
    assert names == {"images"}


def test_an_archive_without_images_can_be_asked(tmp_path: Path) -> None:
    with asked_in_sql(
        "SELECT count(*) AS n FROM images", seconds=30, images=lambda: ([], Withdrawn()), ledger={}
    ) as found:
        assert found.read_all().to_pylist() == [{"n": 0}]
    assert index_bytes([])
