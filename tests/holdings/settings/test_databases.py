"""The address of a database: as people write it, and never with a secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdings.errors import BadInput
from holdings.settings import CatalogueSettings, read_settings
from holdings.settings.template import template_text

PATH = 'path = "catalogue/catalogue.duckdb"'
SECRET = "hunter2"


def read(folder: Path, lines: str) -> CatalogueSettings:
    path = folder / "holdfast.toml"
    path.write_text(template_text().replace(PATH, lines))
    return read_settings(path).catalogue


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://holdfast@db.example.org/holdfast?sslmode=verify-full",
        "postgres://db:5432,db2:5433/holdfast?target_session_attrs=read-write",
        "postgresql://holdfast@[::1]:5432/holdfast",
        "postgresql:///holdfast?host=/var/run/postgresql",
        "postgresql://%2Fvar%2Frun%2Fpostgresql/holdfast?passfile=/etc/holdfast/pgpass",
        "postgresql://?service=holdfast",
    ],
)
def test_an_address_is_kept_as_it_is_written(tmp_path: Path, url: str) -> None:
    found = read(tmp_path, f'url = "{url}"\nschema_name = "herbaria"\nfolder = "mine"')
    assert (found.url, found.schema_name) == (url, "herbaria")
    assert found.folder == tmp_path / "mine"


def test_without_an_address_it_is_a_file(tmp_path: Path) -> None:
    found = read(tmp_path, PATH)
    assert (found.url, found.folder) == (None, tmp_path / "catalogue")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://holdfast:{SECRET}@db/holdfast",
        f"postgresql://:{SECRET}@db/holdfast",
        f"postgresql://holdfast:x@{SECRET}@db/holdfast",
        f"postgresql://holdfast:x/{SECRET}@db/holdfast",
        f"postgresql://holdfast:1/{SECRET}@db",
        f"postgresql://holdfast:#{SECRET}@db/holdfast",
        f"postgresql://holdfast:?{SECRET}@db/holdfast",
        f"postgresql://holdfast:5432?{SECRET}@db/holdfast",
        f"postgresql://holdfast:{SECRET} @db/holdfast",
        f"postgresql://holdfast@db/holdfast?password={SECRET}",
        f"postgresql://holdfast@db/holdfast?sslmode=require&pass%77ord={SECRET}",
        f"postgresql://holdfast@db/holdfast?sslpassword={SECRET}",
    ],
)
def test_a_password_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput, match=r"catalogue\.url holds a password.*PGPASSFILE") as caught:
        read(tmp_path, f'url = "{url}"')
    assert SECRET not in f"{caught.value.sentence}{caught.value.hint}{caught.value.detail}"


@pytest.mark.parametrize(
    "url",
    ["", "mysql://db/x", "postgresql:db", "postgresql://db:port/x", "postgresql://db/x/y", f"x:{SECRET}"],
)
def test_what_is_no_address_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput, match=r"catalogue\.url is no address") as caught:
        read(tmp_path, f'url = "{url}"')
    assert SECRET not in caught.value.sentence


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (f'{PATH}\nurl = "postgresql://db/x"', "path stands beside url"),
        ('folder = "mine"', "folder is for a catalogue with url only"),
        ('url = "postgresql://db/x"\nschema_name = "public"', "is not public"),
        ('url = "postgresql://db/x"\nschema_name = "x; drop"', "schema of our own"),
        ('url = "postgresql://db/x"\nfolder = "stores/hot/x"', "lies inside the store 'hot'"),
    ],
)
def test_a_file_or_a_database(tmp_path: Path, lines: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        read(tmp_path, lines)
