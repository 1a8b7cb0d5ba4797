"""A catalogue as a whole: found, made, put in the place of another, copied away; a file or a database."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from holdings.catalogue.interface import Catalogue, Entry
from holdings.clock import Clock
from holdings.observing import Observer, nobody
from holdings.settings import Settings


class KeepsIndexes(Protocol):
    """Where image indexes are put."""

    def holds(self, package_id: str, sha256: str) -> bool:
        """Whether the index of that package is there, with those very bytes."""
        ...

    def add(self, package_id: str, parquet: bytes) -> None:
        """Keep it. Idempotent."""
        ...


class Replacement(Protocol):
    """A catalogue that is being made while nobody writes to the one that is there."""

    @property
    def indexes(self) -> KeepsIndexes:
        """Those of the new catalogue; good ones of the old are among them."""
        ...

    def put(self, catalogue_id: str, entry: Entry, clock: Clock) -> str | None:
        """Fill it and put it in its place, whole or not at all.

        Returns where the one before is kept; None where there was none.
        """
        ...


class Keeper(Protocol):
    """What can be done to the catalogue of one `holdfast.toml`."""

    @property
    def shown(self) -> str:
        """As sentences name it."""
        ...

    def exists(self) -> bool:
        """Whether there is one. Raises Unavailable where that cannot be told."""
        ...

    def create(self, catalogue_id: str) -> None:
        """An empty one, whole or not at all; nothing happens where there is one."""
        ...

    def open(self) -> Catalogue:
        """The one that is there; it is looked for when it is asked first."""
        ...

    def replacing(self) -> AbstractContextManager[Replacement]:
        """Others wait meanwhile. What is not put in its place by then leaves nothing behind."""
        ...

    def copy_to(self, path: Path) -> None:
        """The ledger into a new DuckDB file, its indexes into the folder `index` beside it."""
        ...

    def close(self) -> None:
        """Give back what `exists` and the others opened; not what `open` gave."""
        ...


def keeper_of(settings: Settings, *, observer: Observer = nobody) -> Keeper:
    """Whoever keeps the catalogue that `settings` name."""
    # One engine is enough for one command, and each takes long to import.
    if settings.catalogue.url is None:
        from holdings.catalogue.keeping_file import FileKeeper  # noqa: PLC0415

        return FileKeeper(settings, observer=observer)
    from holdings.catalogue.postgresql.keeping import PostgresKeeper  # noqa: PLC0415

    return PostgresKeeper(settings, observer=observer)
