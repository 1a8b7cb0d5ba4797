"""The DuckDB file as a whole: what is made is made beside it, and takes its name when it is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holdings.catalogue import rows
from holdings.catalogue.connecting import InDuckDB, connected, transaction
from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.gate import Patience, gate
from holdings.catalogue.index import INDEX_FOLDER
from holdings.catalogue.index_folder import IndexFiles
from holdings.catalogue.interface import Entry
from holdings.catalogue.migrating import (
    beside,
    build_catalogue,
    copy_database,
    create_catalogue,
    log_of,
    sweep,
    sync_file,
    sync_folder,
)
from holdings.clock import Clock
from holdings.errors import Corrupt
from holdings.observing import Observer, nobody
from holdings.settings import Settings


class FileKeeper:
    """Keeps the catalogue at `path`, and the indexes in the folder beside it."""

    def __init__(self, settings: Settings, *, observer: Observer = nobody) -> None:
        self._path = settings.catalogue.path.absolute()
        self._seconds = settings.catalogue.wait_seconds
        self._observer = observer

    @property
    def shown(self) -> str:
        return str(self._path)

    def exists(self) -> bool:
        return self._path.exists()

    def create(self, catalogue_id: str) -> None:
        create_catalogue(self._path, catalogue_id, patience=self._patience())

    def open(self) -> DuckDBCatalogue:
        return DuckDBCatalogue(self._path, wait_seconds=self._seconds, observer=self._observer)

    @contextmanager
    def replacing(self) -> Iterator[FileReplacement]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        patience = self._patience()
        with gate(patience, exclusive=True):
            yield FileReplacement(self._path, patience)

    def copy_to(self, path: Path) -> None:
        patience = self._patience()
        with gate(patience, exclusive=True), connected(patience) as connection:
            copy_database(connection, path)
        # After the database: what it names is in the folder by then, and indexes never change.
        _copy_indexes(self._path.parent / INDEX_FOLDER, path.parent / INDEX_FOLDER)

    def close(self) -> None:
        """Nothing is held open."""

    def _patience(self) -> Patience:
        return Patience(path=self._path, seconds=self._seconds, observer=self._observer)


class FileReplacement:
    """To be used inside the gate."""

    def __init__(self, path: Path, patience: Patience) -> None:
        self._path = path
        self._patience = patience
        # The folder that is in use: an index never changes, so the old catalogue loses nothing.
        self.indexes = IndexFiles(path.parent / INDEX_FOLDER)

    def put(self, catalogue_id: str, entry: Entry, clock: Clock) -> str | None:
        """Build beside, then swap; the old file keeps a name of its own."""
        path, patience = self._path, self._patience
        sweep(path)
        new = beside(path, "rebuilt")
        try:
            build_catalogue(new, catalogue_id, patience=patience)
            here = Patience(path=new, seconds=patience.seconds)
            with connected(here) as connection, transaction(connection):
                rows.write(InDuckDB(connection), entry)
            sync_file(new)
            _take_in_log(patience)
            backup = _set_aside(path, clock)
            new.replace(path)
            sync_folder(path.parent)
        finally:
            for rest in (new, log_of(new)):
                rest.unlink(missing_ok=True)
        return str(backup) if backup else None


def _take_in_log(patience: Patience) -> None:
    """Let DuckDB take the old file's log into it, so that a kill from here on loses nothing of either."""
    if patience.path.exists():
        with suppress(Corrupt), connected(patience) as connection:
            connection.execute("CHECKPOINT")


def _set_aside(path: Path, clock: Clock) -> Path | None:
    """Give the old file a second name; the log of a damaged one goes with it, away from the new one."""
    if not path.exists():
        backup = None
    else:
        backup = path.with_name(f"{path.stem}.{clock.now():%Y%m%dT%H%M%S%fZ}.bak")
        os.link(path, backup)
    with suppress(FileNotFoundError):
        log_of(path).rename(log_of(backup) if backup else beside(path, "lost.wal"))
    return backup


def _copy_indexes(source: Path, target: Path) -> None:
    target.mkdir()
    for path in sorted(source.glob("[!.]*.parquet")):
        shutil.copyfile(path, target / path.name)
        sync_file(target / path.name)
    sync_folder(target)
