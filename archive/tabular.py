"""Big answers as files: rows are written as they come, so memory does not grow with the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from archive.landing import check_target, landing_file
from holdings.arrays import texts
from holdings.errors import BadInput

if TYPE_CHECKING:
    import pyarrow as pa

Batches = Callable[[], Iterator["pa.RecordBatch"]]
"""Asks anew each time it is called."""
TERMS = "terms"


def check_table_target(target: Path) -> None:
    """BadInput where `target` is there already, or is neither .csv nor .parquet."""
    if target.suffix.lower() not in (".csv", ".parquet"):
        raise BadInput(
            f"{target} is to be a table, and its name ends with neither .csv nor .parquet.",
            hint=f"For example: {target.stem or 'found'}.csv",
        )
    check_target(target)


def write_table(batches: Batches, schema: pa.Schema, target: Path) -> int:
    """Write what `batches` gives into `target`, whole or not at all; returns the number of rows."""
    check_table_target(target)
    with landing_file(target, overwrite=False) as file:
        write = write_csv if target.suffix.lower() == ".csv" else _write_parquet
        return write(batches, schema, file)


def write_csv(batches: Batches, schema: pa.Schema, file: BinaryIO) -> int:
    """UTF-8 with a header. Each matched term becomes a column; other nested values are JSON."""
    import pyarrow as pa  # noqa: PLC0415  # takes long to import; commands without tables do without
    from pyarrow import csv  # noqa: PLC0415

    names = _term_names(batches()) if _has_terms(schema) else []
    nothing = pa.RecordBatch.from_arrays([pa.nulls(0, kind) for kind in schema.types], schema=schema)
    flat_schema = _flat(nothing, names).schema
    rows = 0
    with csv.CSVWriter(file, flat_schema) as writer:
        for batch in batches():
            writer.write_batch(_flat(batch, names).cast(flat_schema))
            rows += batch.num_rows
    return rows


def _write_parquet(batches: Batches, schema: pa.Schema, file: BinaryIO) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415  # as above

    rows = 0
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for batch in batches():
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _has_terms(schema: pa.Schema) -> bool:
    import pyarrow as pa  # noqa: PLC0415  # as above

    return TERMS in schema.names and pa.types.is_map(schema.field(TERMS).type)


def _term_names(batches: Iterable[pa.RecordBatch]) -> list[str]:
    """The names of all terms that any row has, in order."""
    found: set[str] = set()
    for batch in batches:
        found.update(batch.column(TERMS).keys.unique().to_pylist())
    return sorted(found)


def _flat(batch: pa.RecordBatch, term_names: list[str]) -> pa.RecordBatch:
    """The same rows without anything nested."""
    import pyarrow as pa  # noqa: PLC0415  # as above

    columns: dict[str, Any] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if name == TERMS and pa.types.is_map(column.type):
            columns |= {term: _values(column, term) for term in term_names}
        elif pa.types.is_nested(column.type):
            columns[name] = texts([_json(value) for value in column.to_pylist()])
        else:
            columns[name] = column
    return pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))


def _values(terms: pa.MapArray, name: str) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415  # as above
    import pyarrow.compute as pc  # noqa: PLC0415

    return pc.map_lookup(terms, pa.scalar(name), "first")


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, default=str, ensure_ascii=False)
