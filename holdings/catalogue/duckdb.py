"""The catalogue in one DuckDB file, opened for short transactions so that commands can take turns."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdings.catalogue import leasing, rows
from holdings.catalogue.connecting import REBUILD_HINT, connected, transaction
from holdings.catalogue.gate import Patience, gate
from holdings.catalogue.index import INDEX_FOLDER
from holdings.catalogue.index_folder import FolderIndex
from holdings.catalogue.index_lookup import WORTH_MERGING
from holdings.catalogue.interface import Entry
from holdings.catalogue.leasing import Lease
from holdings.catalogue.migrating import migrate, newest_version, version_of
from holdings.catalogue.recorded import RecordedPackages
from holdings.catalogue.remembered import RememberedPackages, Stamp, stamp_of
from holdings.errors import BadInput, NotFound
from holdings.observing import Observer, nobody
from holdings.records import Copy, Event, EventType, Package, Withdrawal

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection


class DuckDBCatalogue:
    """The ledger in a file. Threads and processes may share it; each verb is one short visit.

    The file must be there: `holdings.opening.open_house` makes a first one, since only it can
    tell a new house from one whose catalogue was lost.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 30.0, observer: Observer = nobody) -> None:
        self.path = path.absolute()
        self._wait_seconds = wait_seconds
        self._observer = observer
        self._batch = threading.local()
        self._id: str | None = None
        recorded = RememberedPackages(RecordedPackages(self._visit, self.moment), self._stamp)
        self.images = FolderIndex(self.path.parent / INDEX_FOLDER, recorded, observer=observer)

    @property
    def catalogue_id(self) -> str:
        if self._id is None:
            self._id = str(self._rows("SELECT catalogue_id FROM catalogue")[0][0])
        return self._id

    def record(self, entry: Entry) -> None:
        with self._visit(write=True) as connection, transaction(connection):
            rows.write(connection, entry)
        if entry.packages and self._held is None:
            self.images.merge(at_least=WORTH_MERGING)

    def package(self, package_id: str) -> Package:
        query = f"{rows.SELECT_PACKAGES} WHERE p.package_id = ? ORDER BY o.key"
        found = rows.read_packages(self._rows(query, package_id))
        if not found:
            raise NotFound(
                f"There is no package {package_id[:200]} in the catalogue.", hint="holdfast find shows them."
            )
        return found[0]

    def packages(
        self, *, collection: str | None = None, package_ids: Collection[str] | None = None
    ) -> list[Package]:
        query = f"""
            {rows.SELECT_PACKAGES} WHERE ($1 IS NULL OR p.collection = $1)
            AND ($2 IS NULL OR p.package_id IN (SELECT unnest($2::VARCHAR[]))) ORDER BY p.package_id, o.key
        """
        named = None if package_ids is None else list(package_ids)
        return rows.read_packages(self._rows(query, collection, named))

    def copies(self, *, package_id: str | None = None, store: str | None = None) -> list[Copy]:
        query = """
            SELECT package_id, store, status, verified_at, made_by FROM copies
            WHERE ($1 IS NULL OR package_id = $1) AND ($2 IS NULL OR store = $2) ORDER BY package_id, store
        """
        return [rows.read_copy(row) for row in self._rows(query, package_id, store)]

    def events(
        self,
        *,
        package_id: str | None = None,
        types: Collection[EventType] = (),
        since: datetime | None = None,
        latest: int | None = None,
    ) -> list[Event]:
        query = f"""
            {rows.SELECT_EVENTS} WHERE ($1 IS NULL OR package_id = $1) AND (len($2) = 0 OR event_type IN $2)
            AND ($3 IS NULL OR happened_at >= $3::TIMESTAMP) ORDER BY event_id DESC LIMIT $4
        """
        begin = None if since is None else rows.naive(since)
        newest_first = self._rows(query, package_id, [str(kind) for kind in types], begin, latest)
        return [rows.read_event(row) for row in reversed(newest_first)]

    def withdrawals(self, *, package_id: str | None = None) -> list[Withdrawal]:
        query = """
            SELECT package_id, image_id, happened_at, withdrawn_by, reason FROM withdrawals
            WHERE $1 IS NULL OR package_id = $1 ORDER BY package_id, image_id
        """
        return [rows.read_withdrawal(row) for row in self._rows(query, package_id)]

    @contextmanager
    def sql(self, query: str, *, seconds: float) -> Iterator[pa.RecordBatchReader]:
        from holdings.catalogue.index_sql import asked_in_sql  # noqa: PLC0415  # brings pyarrow, see below

        ledger = {
            "packages": self.package_table,
            "copies": self.copy_table,
            "events": lambda: self._arrow(rows.SELECT_EVENTS),
            "withdrawals": lambda: self._arrow("FROM withdrawals"),
        }
        with asked_in_sql(query, seconds=seconds, images=self.images.files, ledger=ledger) as reader:
            yield reader

    def package_table(self) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415  # most verbs do without it, and it takes long to import

        query = """
            SELECT package_id, kind, collection, created_at, coalesce(sum(size_bytes), 0)::BIGINT AS bytes,
                   count(key)::INTEGER AS objects, images, happened_at AS withdrawn_at
            FROM packages LEFT JOIN objects USING (package_id)
            LEFT JOIN (FROM withdrawals WHERE image_id IS NULL) USING (package_id)
            GROUP BY ALL ORDER BY package_id
        """
        text, moment = pa.string(), pa.timestamp("us", tz="UTC")
        kinds = {"package_id": text, "kind": text, "collection": text, "created_at": moment}
        kinds |= {"bytes": pa.int64(), "objects": pa.int32(), "images": pa.int64(), "withdrawn_at": moment}
        return self._table(query, pa.schema(kinds))

    def copy_table(self) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415  # as above

        query = (
            "SELECT package_id, store, status, made_by, verified_at FROM copies ORDER BY package_id, store"
        )
        text, moment = pa.string(), pa.timestamp("us", tz="UTC")
        names = ("package_id", "store", "status", "made_by")
        return self._table(query, pa.schema({**dict.fromkeys(names, text), "verified_at": moment}))

    def lease(self, wanted: Sequence[Lease], *, now: datetime) -> list[Lease]:
        with self._visit(write=True) as connection, transaction(connection):
            return leasing.take(connection, wanted, now=now)

    def give_back(self, holder: str, package_ids: Collection[str] | None = None) -> None:
        named = None if package_ids is None else list(package_ids)
        with self._visit(write=True) as connection, transaction(connection):
            leasing.give_back(connection, holder, named)

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
        with self._visit(write=write) as connection:
            self._batch.connection = connection
            try:
                yield
            finally:
                self._batch.connection = None

    @property
    def _held(self) -> DuckDBPyConnection | None:
        """What this thread keeps open."""
        held: DuckDBPyConnection | None = getattr(self._batch, "connection", None)
        return held

    def _stamp(self) -> Stamp | None:
        return None if self._held is not None else stamp_of(self.path)

    def close(self) -> None:
        """Nothing is held open between verbs."""

    @contextmanager
    def _visit(self, *, write: bool = False) -> Iterator[DuckDBPyConnection]:
        if (held := self._held) is not None:
            yield held
            return
        if not self.path.exists():
            raise BadInput(f"There is no catalogue {self.path}.", hint=REBUILD_HINT)
        with ExitStack() as stack:
            connection = self._enter(stack, write=write)
            if version_of(connection, self.path) < newest_version():
                stack.close()
                migrate(self.path, patience=self._patience())
                connection = self._enter(stack, write=write)
            yield connection

    def _enter(self, stack: ExitStack, *, write: bool) -> DuckDBPyConnection:
        patience = self._patience()
        stack.enter_context(gate(patience, exclusive=write))
        return stack.enter_context(connected(patience, read_only=not write))

    def _patience(self) -> Patience:
        return Patience(path=self.path, seconds=self._wait_seconds, observer=self._observer)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._visit() as connection:
            return connection.execute(query, list(values)).fetchall()

    def _table(self, query: str, schema: pa.Schema) -> pa.Table:
        return self._arrow(query).cast(schema)

    def _arrow(self, query: str) -> pa.Table:
        with self._visit() as connection:
            return connection.sql(query).to_arrow_table()
