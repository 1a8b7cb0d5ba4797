"""The verbs of a catalogue, in SQL that every engine speaks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from holdings.arrays import spare_pandas
from holdings.catalogue import leasing, rows
from holdings.catalogue.database import Database, Row
from holdings.catalogue.index_folder import FolderIndex
from holdings.catalogue.interface import Entry
from holdings.catalogue.leasing import Lease
from holdings.clock import from_iso
from holdings.errors import NotFound
from holdings.records import Copy, CopyStatus, Event, EventType, Outcome, Package, PackageKind, Withdrawal

if TYPE_CHECKING:
    import pyarrow as pa


class SqlCatalogue(ABC):
    """What is the same whoever answers. Threads and processes may share it; each verb is one short visit."""

    images: FolderIndex
    _id: str | None = None

    @abstractmethod
    def _visit(self, *, write: bool = False) -> AbstractContextManager[Database]:
        """The open database for one verb."""

    @abstractmethod
    def close(self) -> None: ...

    @property
    def catalogue_id(self) -> str:
        if self._id is None:
            self._id = str(self._rows("SELECT catalogue_id FROM catalogue")[0][0])
        return self._id

    def record(self, entry: Entry) -> None:
        with self._visit(write=True) as database, database.transaction():
            rows.write(database, entry)

    def package(self, package_id: str) -> Package:
        query = f"{rows.SELECT_PACKAGES} WHERE p.package_id = $1::VARCHAR ORDER BY o.key"
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
            {rows.SELECT_PACKAGES} WHERE ($1::VARCHAR IS NULL OR p.collection = $1::VARCHAR)
            AND ($2::VARCHAR[] IS NULL OR p.package_id IN (SELECT unnest($2::VARCHAR[])))
            ORDER BY p.package_id, o.key
        """
        named = None if package_ids is None else list(package_ids)
        return rows.read_packages(self._rows(query, collection, named))

    def latest_bags(self, package_ids: Collection[str], *, collection: str, most: int) -> list[str]:
        query = """
            SELECT package_id FROM packages
            WHERE package_id IN (SELECT unnest($1::VARCHAR[]))
            AND collection = $2::VARCHAR AND kind = $3::VARCHAR
            AND package_id NOT IN (SELECT package_id FROM withdrawals WHERE image_id IS NULL)
            ORDER BY created_at DESC, package_id DESC LIMIT $4::BIGINT
        """
        found = self._rows(query, list(package_ids), collection, PackageKind.BAG.value, most)
        return [package_id for (package_id,) in found]

    def copies(
        self,
        *,
        package_id: str | None = None,
        store: str | None = None,
        package_ids: Collection[str] | None = None,
    ) -> list[Copy]:
        query = """
            SELECT package_id, store, status, verified_at, made_by FROM copies
            WHERE ($1::VARCHAR IS NULL OR package_id = $1::VARCHAR)
            AND ($2::VARCHAR IS NULL OR store = $2::VARCHAR)
            AND ($3::VARCHAR[] IS NULL OR package_id IN (SELECT unnest($3::VARCHAR[])))
            ORDER BY package_id, store
        """
        named = None if package_ids is None else list(package_ids)
        return [rows.read_copy(row) for row in self._rows(query, package_id, store, named)]

    def events(
        self,
        *,
        package_id: str | None = None,
        types: Collection[EventType] = (),
        since: datetime | None = None,
        latest: int | None = None,
    ) -> list[Event]:
        query = f"""
            {rows.SELECT_EVENTS} WHERE ($1::VARCHAR IS NULL OR package_id = $1::VARCHAR)
            AND ($2::VARCHAR[] IS NULL OR event_type IN (SELECT unnest($2::VARCHAR[])))
            AND ($3::TIMESTAMP IS NULL OR happened_at >= $3::TIMESTAMP)
            ORDER BY event_id DESC LIMIT $4::BIGINT
        """
        begin = None if since is None else rows.naive(since)
        kinds = [str(kind) for kind in types] or None
        newest_first = self._rows(query, package_id, kinds, begin, latest)
        return [rows.read_event(row) for row in reversed(newest_first)]

    def withdrawals(self, *, package_id: str | None = None) -> list[Withdrawal]:
        query = """
            SELECT package_id, image_id, happened_at, withdrawn_by, reason FROM withdrawals
            WHERE $1::VARCHAR IS NULL OR package_id = $1::VARCHAR
        """
        found = [rows.read_withdrawal(row) for row in self._rows(query, package_id)]
        # Sorted here: the view's column is sorted by a database as its own language does.
        return sorted(found, key=lambda each: (each.package_id, each.image_id is None, each.image_id or ""))

    @contextmanager
    def sql(self, query: str, *, seconds: float) -> Iterator[pa.RecordBatchReader]:
        from holdings.catalogue.index_sql import asked_in_sql  # noqa: PLC0415  # brings pyarrow, see below

        ledger = {
            "packages": self.package_table,
            "copies": self.copy_table,
            "events": lambda: self._arrow(rows.SELECT_EVENTS),
            "withdrawals": lambda: self._arrow("SELECT * FROM withdrawals"),
        }
        with asked_in_sql(query, seconds=seconds, images=self.images.files, ledger=ledger) as reader:
            yield reader

    def asserted(self) -> Mapping[str, tuple[int, datetime]]:
        query = """
            SELECT c.store, count(*), min(told.at) FROM copies AS c JOIN (
                SELECT package_id, store, max(happened_at) AS at FROM events
                WHERE event_type = $1::VARCHAR AND outcome = $2::VARCHAR GROUP BY package_id, store
            ) AS told ON told.package_id = c.package_id AND told.store = c.store
            WHERE c.status = $3::VARCHAR AND (c.verified_at IS NULL OR told.at > c.verified_at)
            GROUP BY c.store ORDER BY c.store
        """
        words = (EventType.ASSERTION.value, Outcome.SUCCESS.value, CopyStatus.VERIFIED.value)
        return {store: (copies, rows.aware(at)) for store, copies, at in self._rows(query, *words)}

    def locked(self) -> Mapping[tuple[str, str], datetime]:
        query = """
            SELECT package_id, store, max(detail::JSON ->> 'locked_until') FROM events
            WHERE store IS NOT NULL AND detail LIKE $1::VARCHAR GROUP BY package_id, store
        """
        found = self._rows(query, '%"locked_until":"%')
        return {(package_id, store): from_iso(until) for package_id, store, until in found if until}

    def looked_at(self) -> Mapping[tuple[str, str], datetime]:
        query = """
            SELECT c.package_id, c.store, max(e.happened_at) FROM copies AS c
            JOIN events AS e ON e.package_id = c.package_id AND e.store = c.store
            WHERE e.event_type IN ($1::VARCHAR, $2::VARCHAR)
                AND (c.verified_at IS NULL OR e.happened_at > c.verified_at)
            GROUP BY c.package_id, c.store
        """
        words = (EventType.FIXITY_CHECK.value, EventType.ASSERTION.value)
        return {(package_id, store): rows.aware(at) for package_id, store, at in self._rows(query, *words)}

    def package_table(self) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415  # most verbs do without it, and it takes long to import

        query = """
            SELECT package_id, kind, collection, created_at, coalesce(bytes, 0)::BIGINT AS bytes,
                   coalesce(objects, 0)::INTEGER AS objects, images, happened_at AS withdrawn_at
            FROM packages LEFT JOIN (
                SELECT package_id, sum(size_bytes) AS bytes, count(*) AS objects
                FROM objects GROUP BY package_id
            ) AS held USING (package_id) LEFT JOIN (
                SELECT package_id, happened_at FROM withdrawals WHERE image_id IS NULL
            ) AS gone USING (package_id) ORDER BY package_id
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
        with self._visit(write=True) as database, database.transaction():
            return leasing.take(database, wanted, now=now)

    def give_back(self, holder: str, package_ids: Collection[str] | None = None) -> None:
        named = None if package_ids is None else list(package_ids)
        with self._visit(write=True) as database, database.transaction():
            leasing.give_back(database, holder, named)

    def _rows(self, query: str, *values: object) -> list[Row]:
        with self._visit() as database:
            return database.rows(query, values)

    def _table(self, query: str, schema: pa.Schema) -> pa.Table:
        spare_pandas()
        return self._arrow(query).cast(schema)

    def _arrow(self, query: str) -> pa.Table:
        with self._visit() as database:
            return database.table(query)
