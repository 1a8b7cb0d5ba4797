"""The seam between the catalogue's SQL and whoever answers it: what is said differently to each is here.

The SQL of `sql.py`, `rows.py`, `leasing.py` and `recorded.py` is what DuckDB and PostgreSQL both speak;
values are bound as `$1`, `$2`, each with its type where it may be NULL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

Row = tuple[Any, ...]
COLUMNS = {
    "packages": ("VARCHAR", "VARCHAR", "VARCHAR", "TIMESTAMP", "BIGINT"),
    "objects": ("VARCHAR", "VARCHAR", "BIGINT", "VARCHAR"),
    "copies": ("VARCHAR", "VARCHAR", "VARCHAR", "TIMESTAMP", "VARCHAR"),
    "events": ("VARCHAR", "TIMESTAMP", *["VARCHAR"] * 7),
    "leases": ("VARCHAR", "VARCHAR", "VARCHAR", "TIMESTAMP"),
}
"""Every table that rows are written to, and the types of its columns."""


class Database(Protocol):
    """An open database, for as long as one visit lasts."""

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Row]:
        """All rows of the answer; none where there is no answer."""
        ...

    def table(self, query: str) -> pa.Table:
        """The answer by columns; values are not bound here."""
        ...

    def insert(self, table: str, rows: Sequence[Row], conflict: str = "") -> None:
        """Add rows to one of COLUMNS, however many.

        conflict : `ON CONFLICT …`, where a row may be there.
        """
        ...

    def transaction(self) -> AbstractContextManager[None]:
        """All that is written in it, or nothing, and nobody else writes meanwhile."""
        ...


def unnested(table: str, conflict: str = "") -> str:
    """An INSERT that takes columns as lists: a row at a time would be a hundred times slower."""
    columns = ", ".join(f"unnest(${n}::{kind}[])" for n, kind in enumerate(COLUMNS[table], start=1))
    return f"INSERT INTO {table} SELECT {columns} {conflict}"  # our own words only


def by_columns(rows: Iterable[Row]) -> list[list[Any]]:
    """The values of `unnested`."""
    return [list(column) for column in zip(*rows, strict=True)]
