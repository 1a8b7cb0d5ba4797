"""Rows out of index files, as they come: memory does not grow with the answer."""

from __future__ import annotations

import glob
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holdings.catalogue.index import FETCH_HINT, NAMES, index_schema
from holdings.catalogue.index_query import ImageQuery, Withdrawn, conditions
from holdings.errors import Corrupt

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

_FILES_AT_ONCE = 1000
_ROWS_AT_ONCE = 10_000
NO_IMAGES = "no_images"
CONFIG: Mapping[str, str] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "512MB",
}
SOURCE = f"""(
    SELECT {", ".join(f'"{name}"' for name in NAMES if name != "terms")}, coalesce(terms, MAP {{}}) AS terms
    FROM (SELECT * FROM read_parquet($paths, hive_partitioning = false, union_by_name = true)
          UNION ALL BY NAME SELECT * FROM {NO_IMAGES})
)"""  # noqa: S608  # our own words only
"""All images of the files `$paths`, in order; the empty table brings the columns that old files have not."""

_SQL_TYPES = {
    "string": "VARCHAR",
    "int64": "BIGINT",
    "double": "DOUBLE",
    "map<string, string>": "MAP(VARCHAR, VARCHAR)",
}
_mine = threading.local()


def engine() -> DuckDBPyConnection:
    """A connection to this thread's own empty DuckDB, for the files of the index; to be closed."""
    # One for each thread and kept: to open it takes longer than to find an image among millions.
    kept: DuckDBPyConnection | None = getattr(_mine, "engine", None)
    if kept is None:
        kept = _mine.engine = open_engine()
    return kept.cursor()


def open_engine(**config: str) -> DuckDBPyConnection:
    """A DuckDB of its own, which knows the empty table of SOURCE."""
    import duckdb  # noqa: PLC0415  # takes long to import; commands that need no index do without

    connection = duckdb.connect(":memory:", config={**CONFIG, **config})
    # Said in words: to register an Arrow table makes DuckDB load pandas, which takes longer than to search.
    columns = ", ".join(f'"{field.name}" {_SQL_TYPES[str(field.type)]}' for field in index_schema())
    connection.execute(f"CREATE TABLE {NO_IMAGES} ({columns})")
    return connection


def as_duckdb_reads(path: Path) -> str:
    """A path that is itself, where DuckDB would see a pattern."""
    return glob.escape(str(path))


def search(paths: Sequence[Path], query: ImageQuery, withdrawn: Withdrawn) -> Iterator[pa.RecordBatch]:
    """Images of the files `paths`, which come in the order of their packages.

    Some files at a time: with a limit, what comes after it is never opened.
    """
    import duckdb  # noqa: PLC0415  # takes long to import; commands that need no index do without

    sql, values = _statement(query, withdrawn)
    left = query.limit if query.limit is not None else 2**62
    try:
        with closing(engine()) as connection:
            for begin in range(0, len(paths), _FILES_AT_ONCE):
                if left == 0:
                    return
                some = [as_duckdb_reads(path) for path in paths[begin : begin + _FILES_AT_ONCE]]
                found = connection.sql(sql, params={**values, "paths": some, "limit": left})
                for batch in found.to_arrow_reader(_ROWS_AT_ONCE):
                    left -= batch.num_rows
                    yield _as_index(batch)
    except (duckdb.Error, ValueError) as error:
        raise Corrupt("An image index cannot be read.", hint=FETCH_HINT, detail=str(error)) from None


def _statement(query: ImageQuery, withdrawn: Withdrawn) -> tuple[str, dict[str, Any]]:
    where, values = conditions(query)
    names = ", ".join(f'"{name}"' for name in NAMES)
    if query.withdrawn:
        where += (
            " AND (list_contains($withdrawn_packages, package_id) OR list_contains($withdrawn, image_id))"
        )
        values |= {"withdrawn_packages": sorted(withdrawn.packages), "withdrawn": sorted(withdrawn.images)}
    elif withdrawn.images:
        where += " AND NOT list_contains($withdrawn, image_id)"
        values |= {"withdrawn": sorted(withdrawn.images)}
    # Our own words only; what comes from outside is bound.
    return f"SELECT {names} FROM {SOURCE} WHERE {where} LIMIT $limit", values  # noqa: S608


def _as_index(batch: pa.RecordBatch) -> pa.RecordBatch:
    import pyarrow as pa  # noqa: PLC0415  # as above

    (whole,) = pa.Table.from_batches([batch]).cast(index_schema()).to_batches() or [None]
    return whole
