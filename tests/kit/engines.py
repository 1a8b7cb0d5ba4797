"""A test that holds for every catalogue is written once, and run against a file and against a server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from holdings.catalogue.keeping import Keeper, keeper_of
from holdings.catalogue.sql import SqlCatalogue
from holdings.house import House
from holdings.observing import Observer, nobody
from holdings.settings import Settings, read_settings
from holdings.settings.template import write_template
from tests.kit import houses
from tests.kit.postgres import Postgres

ID = "0" * 32
TABLES = ("packages", "objects", "copies", "events", "leases")


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One kind of catalogue, for one test."""

    name: str
    settings: Settings
    server: Postgres | None
    """None where the catalogue is a file."""

    def keeper(self, *, wait_seconds: float | None = None, observer: Observer = nobody) -> Keeper:
        """Whoever keeps this test's catalogue."""
        settings = self.settings
        if wait_seconds is not None:
            path = settings.path
            path.write_text(path.read_text().replace('wait = "30 s"', f'wait = "{wait_seconds} s"'))
            settings = read_settings(path)
        return keeper_of(settings, observer=observer)

    def lose(self, house: House) -> None:
        """The catalogue of a house is gone, with all that this machine kept beside it."""
        folder = house.settings.catalogue.folder
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        if folder.exists():
            folder.rmdir()
        if self.server is not None:
            self.server.ask(f"DROP SCHEMA {house.settings.catalogue.schema_name} CASCADE")


@pytest.fixture(params=["duckdb", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Houses that are made in this test have a catalogue of this kind."""
    server: Postgres | None = None
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        monkeypatch.setattr(houses, "CATALOGUE", in_a_schema(server))
    return an_engine(tmp_path / "engine", request.param, server)


def an_engine(folder: Path, name: str, server: Postgres | None) -> Engine:
    """Settings in `folder` that name the catalogue of houses made now."""
    write_template(folder)
    path = folder / "holdfast.toml"
    if houses.CATALOGUE is not None:
        path.write_text(houses.with_catalogue(path.read_text(), houses.CATALOGUE))
    return Engine(name=name, settings=read_settings(path), server=server)


def in_a_schema(server: Postgres) -> str:
    """Lines of a holdfast.toml that name a schema of its own; the server is thrown away with it."""
    return f'url = "{server.url()}"\nschema_name = "t_{secrets.token_hex(6)}"'


@pytest.fixture
def open_catalogue(engine: Engine) -> Iterator[Callable[[], SqlCatalogue]]:
    """Gives the test's one catalogue, opened anew each time."""
    with ExitStack() as stack:
        keeper = stack.enter_context(closing(engine.keeper()))
        keeper.create(ID)

        def opened() -> SqlCatalogue:
            catalogue = stack.enter_context(closing(keeper.open()))
            assert isinstance(catalogue, SqlCatalogue)
            return catalogue

        yield opened


@pytest.fixture
def catalogue(open_catalogue: Callable[[], SqlCatalogue]) -> SqlCatalogue:
    """An empty catalogue."""
    return open_catalogue()


def all_rows(catalogue: object) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but those that tell of the schema."""
    assert isinstance(catalogue, SqlCatalogue)
    return {name: sorted(catalogue._rows(f"SELECT * FROM {name}"), key=repr) for name in TABLES}
