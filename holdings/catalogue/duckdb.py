"""The catalogue in one DuckDB file, opened for short transactions so that commands can take turns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from holdings.catalogue.connecting import REBUILD_HINT, InDuckDB, connected
from holdings.catalogue.gate import Patience, gate
from holdings.catalogue.index import INDEX_FOLDER
from holdings.catalogue.index_folder import FolderIndex
from holdings.catalogue.index_lookup import WORTH_MERGING
from holdings.catalogue.interface import Entry
from holdings.catalogue.migrating import migrate, newest_version, version_of
from holdings.catalogue.recorded import RecordedPackages
from holdings.catalogue.remembered import RememberedPackages, Stamp, stamp_of
from holdings.catalogue.sql import SqlCatalogue
from holdings.errors import BadInput
from holdings.observing import Observer, nobody


class DuckDBCatalogue(SqlCatalogue):
    """The ledger in a file. Threads and processes may share it; each verb is one short visit.

    The file must be there: `holdings.opening.open_house` makes a first one, since only it can
    tell a new house from one whose catalogue was lost.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 30.0, observer: Observer = nobody) -> None:
        self.path = path.absolute()
        self._wait_seconds = wait_seconds
        self._observer = observer
        self._batch = threading.local()
        recorded = RememberedPackages(RecordedPackages(self._visit, self.moment), self._stamp)
        self.images = FolderIndex(self.path.parent / INDEX_FOLDER, recorded, observer=observer)

    def record(self, entry: Entry) -> None:
        super().record(entry)
        if entry.packages and self._held is None:
            self.images.merge(at_least=WORTH_MERGING)

    def close(self) -> None:
        """Nothing is held open between verbs."""

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Keep the file open over many verbs of this thread; everybody else waits meanwhile.

        Each `record` in it is still a transaction of its own.
        """
        with self._keep_open(write=True):
            yield

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Keep the file open over several questions of this thread; nobody writes meanwhile."""
        if self._held is not None:
            yield
            return
        with self._keep_open(write=False):
            yield

    @contextmanager
    def _keep_open(self, *, write: bool) -> Iterator[None]:
        with self._visit(write=write) as database:
            self._batch.database = database
            try:
                yield
            finally:
                self._batch.database = None

    @property
    def _held(self) -> InDuckDB | None:
        """What this thread keeps open."""
        held: InDuckDB | None = getattr(self._batch, "database", None)
        return held

    def _stamp(self) -> Stamp | None:
        return None if self._held is not None else stamp_of(self.path)

    @contextmanager
    def _visit(self, *, write: bool = False) -> Iterator[InDuckDB]:
        if (held := self._held) is not None:
            yield held
            return
        if not self.path.exists():
            raise BadInput(f"There is no catalogue {self.path}.", hint=REBUILD_HINT)
        with ExitStack() as stack:
            database = self._enter(stack, write=write)
            if version_of(database.connection, self.path) < newest_version():
                stack.close()
                migrate(self.path, patience=self._patience())
                database = self._enter(stack, write=write)
            yield database

    def _enter(self, stack: ExitStack, *, write: bool) -> InDuckDB:
        patience = self._patience()
        stack.enter_context(gate(patience, exclusive=write))
        return InDuckDB(stack.enter_context(connected(patience, read_only=not write)))

    def _patience(self) -> Patience:
        return Patience(path=self.path, seconds=self._wait_seconds, observer=self._observer)
