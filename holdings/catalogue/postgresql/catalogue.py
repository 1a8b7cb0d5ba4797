"""The catalogue in a PostgreSQL database: several machines use it at once, one writes at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holdings.catalogue.index import INDEX_FOLDER
from holdings.catalogue.migrating import newest_version
from holdings.catalogue.postgresql import schema
from holdings.catalogue.postgresql.database import InPostgres
from holdings.catalogue.postgresql.indexes import SharedIndex
from holdings.catalogue.postgresql.sessions import Sessions
from holdings.catalogue.recorded import RecordedPackages
from holdings.catalogue.remembered import RememberedPackages, Stamp
from holdings.catalogue.sql import SqlCatalogue
from holdings.observing import Observer, nobody


class PostgresCatalogue(SqlCatalogue):
    """The ledger on a server.

    folder : what this machine keeps for itself: the image indexes that it has looked into.

    The tables must be there, as the file of a DuckDBCatalogue must.
    """

    def __init__(self, sessions: Sessions, folder: Path, *, observer: Observer = nobody) -> None:
        self._sessions = sessions
        self._mine = threading.local()
        recorded = RememberedPackages(RecordedPackages(self._visit, self.moment), self._stamp)
        self.images = SharedIndex(folder / INDEX_FOLDER, recorded, self._visit, observer=observer)

    def close(self) -> None:
        self._sessions.close()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Several questions of this thread about one moment; others go on writing."""
        if self._held is not None:
            yield
            return
        with self._visit() as database, database.moment():
            self._mine.database = database
            try:
                yield
            finally:
                self._mine.database = None

    @property
    def _held(self) -> InPostgres | None:
        held: InPostgres | None = getattr(self._mine, "database", None)
        return held

    def _stamp(self) -> Stamp | None:
        if self._held is not None:
            return None
        return int(self._rows("SELECT number FROM revision")[0][0]), 0, 0

    @contextmanager
    def _visit(self, *, write: bool = False) -> Iterator[InPostgres]:
        if (held := self._held) is not None and not write:
            yield held
            return
        with self._sessions.one() as connection:
            address = self._sessions.address
            database = InPostgres(connection, address.schema, self._sessions.waiter())
            # Asked each time, as of the file: another machine may have brought the tables forward.
            if schema.check(database, address.shown) < newest_version():
                schema.migrate(database, address.shown)
            yield database
