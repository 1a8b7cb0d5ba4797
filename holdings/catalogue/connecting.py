"""Opening the DuckDB file, and saying in our words what DuckDB says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from holdings.catalogue.database import Row, by_columns, unnested
from holdings.catalogue.gate import Patience
from holdings.errors import Corrupt, HoldfastError, Unavailable

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

REBUILD_HINT = "holdfast catalogue rebuild makes it again from the stores."
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # A catalogue never fetches code from anywhere.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_ROWS_AT_ONCE = 10_000
_REFUSED = ("No space left", "Permission denied", "Operation not permitted", "Read-only file system")
"""What the operating system says where the file itself is as it was."""
_BROKEN = (duckdb.IOException, duckdb.InternalException, duckdb.FatalException, duckdb.SerializationException)


@contextmanager
def connected(patience: Patience, *, read_only: bool = False) -> Iterator[DuckDBPyConnection]:
    """A connection for a moment. To be used inside the gate.

    Raises CatalogueBusy, Corrupt (not a database, or damaged), Unavailable (no room, no right).
    """
    with told(patience.path), closing(_connect(patience, read_only=read_only)) as connection:
        yield connection


@contextmanager
def transaction(connection: DuckDBPyConnection) -> Iterator[DuckDBPyConnection]:
    """All of it or nothing; on the disk when it ends."""
    connection.begin()
    try:
        yield connection
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


class InDuckDB:
    """An open file, as the catalogue's SQL sees it (`holdings.catalogue.database`)."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self.connection = connection

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        return self.connection.execute(query, list(values)).fetchall()

    def table(self, query: str) -> pa.Table:
        return self.connection.sql(query).to_arrow_table()

    def insert(self, table: str, rows: Sequence[Row], conflict: str = "") -> None:
        query = unnested(table, conflict)
        for begin in range(0, len(rows), _ROWS_AT_ONCE):
            self.connection.execute(query, by_columns(rows[begin : begin + _ROWS_AT_ONCE]))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with transaction(self.connection):
            yield


def _connect(patience: Patience, *, read_only: bool) -> DuckDBPyConnection:
    while True:
        try:
            return duckdb.connect(patience.path, read_only=read_only, config=_CONFIG)
        except duckdb.IOException as error:
            # Somebody has opened the file with another program, which knows no gate.
            if "Could not set lock" not in str(error):
                raise
        patience.wait()


@contextmanager
def told(path: Path) -> Iterator[None]:
    """DuckDB's errors, as ours. Those that are our own mistakes pass through."""
    try:
        yield
    except duckdb.Error as error:
        raise (_translated(error, path) or error) from None


def _translated(error: duckdb.Error, path: Path) -> HoldfastError | None:
    text = str(error)
    if any(reason in text for reason in _REFUSED):
        return Unavailable(
            f"The catalogue {path} cannot be used: {text.splitlines()[0]}",
            hint="Is there room, and may you write there?",
            detail=text,
        )
    # A damaged page surfaces as the bare base class.
    if type(error) is duckdb.Error or isinstance(error, _BROKEN):
        return Corrupt(
            f"The catalogue {path} is damaged or is no DuckDB file.", hint=REBUILD_HINT, detail=text
        )
    return None
