"""A PostgreSQL session, as the catalogue's SQL sees it (`holdings.catalogue.database`)."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

import psycopg
from psycopg import sql

from holdings.catalogue.database import Row, by_columns, unnested
from holdings.catalogue.gate import Waiter
from holdings.catalogue.postgresql.sessions import Connection

if TYPE_CHECKING:
    import pyarrow as pa

_OPEN = {psycopg.pq.TransactionStatus.INTRANS, psycopg.pq.TransactionStatus.INERROR}
_MANY = 1_000
"""Of so many rows and more, COPY takes less time than lists do."""
_TURN = "1s"
"""How long one asks for the lock before saying that one waits."""
_TYPES = {16: "bool", 20: "int64", 23: "int32", 25: "string", 1043: "string", 1114: "timestamp"}
"""Arrow's name for each type of a column that our tables have, by PostgreSQL's number for it."""


class InPostgres:
    """A session for one visit.

    waiter : how long to wait for others who write.
    """

    def __init__(self, connection: Connection, schema: str, waiter: Waiter) -> None:
        self.connection = connection
        self.schema = schema
        self._waiter = waiter
        self._is_touched = False

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        cursor = self.connection.execute(query, list(values))
        return cursor.fetchall() if cursor.description else []

    def table(self, query: str) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415  # most verbs do without it, and it takes long to import
        from pyarrow import csv  # noqa: PLC0415

        types = self._types(query)
        answer = io.BytesIO()
        self.copy_out(query, answer)
        if not answer.tell():
            return pa.schema(types).empty_table()
        answer.seek(0)
        return csv.read_csv(
            answer,
            read_options=csv.ReadOptions(column_names=list(types)),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                column_types=types,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )

    def _types(self, query: str) -> dict[str, pa.DataType]:
        import pyarrow as pa  # noqa: PLC0415  # as above

        cursor = self.connection.execute(f"SELECT * FROM ({query}) AS asked LIMIT 0")  # noqa: S608  # our own words only
        names = {column.name: _TYPES[column.type_code] for column in cursor.description or ()}
        return {
            name: pa.timestamp("us") if kind == "timestamp" else pa.type_for_alias(kind)
            for name, kind in names.items()
        }

    def copy_out(self, query: str, target: BinaryIO) -> None:
        """The answer as CSV without names; NULL is nothing at all, an empty text is a pair of quotes."""
        with self.connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
            for block in copy:
                target.write(block)

    def insert(self, table: str, rows: Sequence[Row], conflict: str = "") -> None:
        if not rows:
            return
        self._is_touched = self._is_touched or table in ("packages", "events")
        if len(rows) < _MANY:
            self.rows(unnested(table, conflict), by_columns(rows))
        elif not conflict:
            self._copy_in(table, rows)
        else:
            # COPY knows no conflicts.
            self.rows(f"CREATE TEMPORARY TABLE coming (LIKE {table}) ON COMMIT DROP")
            self._copy_in("coming", rows)
            self.rows(f"INSERT INTO {table} SELECT * FROM coming {conflict}")  # noqa: S608  # as above
            self.rows("DROP TABLE coming")

    def _copy_in(self, table: str, rows: Sequence[Row]) -> None:
        with self.connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    @contextmanager
    def transaction(self, *, ends_by_itself: bool = False) -> Iterator[None]:
        """One writer at a time, over all machines; readers do not wait, and see it when it is whole.

        ends_by_itself : what was not committed by then is rolled back.
        """
        self._take_turn()
        self._is_touched = False
        try:
            yield
            if not ends_by_itself:
                self._say_that_it_changed()
                self.commit()
        finally:
            self._roll_back()

    def commit(self) -> None:
        """The end of a transaction: it is on the disk when this returns."""
        self.connection.execute("COMMIT")

    def _say_that_it_changed(self) -> None:
        if self._is_touched:
            self.rows("UPDATE revision SET number = number + 1")

    def _roll_back(self) -> None:
        """Where a transaction is still open; a session that cannot even do that is not used again."""
        if self.connection.info.transaction_status in _OPEN:
            with suppress(psycopg.Error):
                self.connection.execute("ROLLBACK")

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Several questions about one and the same moment."""
        self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            self._roll_back()

    def _take_turn(self) -> None:
        """Begin a transaction with the lock of this catalogue; it ends with the transaction, or with us.

        A lock of the database's own, since what it guards may not be there yet.
        """
        begin = sql.SQL(
            "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout TO {}; "
            "SELECT pg_advisory_xact_lock({}); SET LOCAL lock_timeout TO 0"
        ).format(_TURN, lock_of(self.schema))
        while True:
            try:
                self.connection.execute(begin)
            except psycopg.errors.LockNotAvailable:
                self.connection.execute("ROLLBACK")
            else:
                return
            self._waiter.wait()


def lock_of(schema: str) -> int:
    """The number of the lock that whoever writes to that schema holds."""
    digest = hashlib.sha256(f"holdfast {schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)
