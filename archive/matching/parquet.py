"""Tables in Parquet. Everything becomes text, as in the other forms; a nested column is told and left out."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from archive.matching.bounds import MAX_FIELD_CHARACTERS, MAX_TABLE_BYTES
from archive.matching.findings import Findings, shown
from archive.matching.headers import check_columns, name_columns
from archive.matching.records import Records, Row
from archive.matching.sources import file_source
from holdings.errors import BadInput

_PARTS = "Leave the long column away, or give the records in parts."
_BATCH_ROWS, _BATCH_BYTES = 5_000, 16 << 20
_NUMBER_BYTES = 32
"""Of a number or a date as text."""
_READ_BYTES = 1 << 16
"""Of a column at once; otherwise it is read whole, for all rows of a group."""
_WEIGHING: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "100MB",
    "threads": 1,
    "max_temp_directory_size": "0MB",
}


def read_parquet(path: Path, records: Records) -> None:
    """A Parquet file of any flat schema; its column names are read as headers are."""
    file_source(path).check_table_size()
    try:
        with pq.ParquetFile(path) as opened:
            schema = opened.schema_arrow
        findings = Findings(records.origin)
        flat = _flat(schema, records.origin, findings)
        sheet = records.sheet(records.origin, "row")
        sheet.name_columns(name_columns(flat, records.origin, findings))
        rows = _rows_at_once(path, schema, flat)
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_READ_BYTES) as opened:
            sheet.add(_rows(opened, flat, rows))
        records.findings.extend(findings.done())
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> BadInput:
    because = str(error).strip().partition("\n")[0].rstrip(".")
    return BadInput(
        f"{path.name} is not a Parquet file that can be read: {because}.",
        hint="Write it again, or give the records as a table.",
    )


def _rows_at_once(path: Path, schema: pa.Schema, names: Sequence[str]) -> int:
    """How many rows surely fit into memory; BadInput where the table is larger than any should be.

    It is weighed before any text is unfolded: what is a megabyte said a million times is small in the file.
    DuckDB does it in bounded memory. Arrow needs a dictionary of all values, or every value by itself.
    """
    # Takes long to import, and most metadata is no Parquet.
    import duckdb  # noqa: PLC0415

    texts = [place for place, field in enumerate(schema) if field.name in names and _is_text(field.type)]
    weighed = ", ".join(f"sum(strlen(c{place})), max(strlen(c{place}))" for place in texts)
    # By place: DuckDB takes names that differ by case alone for the same.
    named = ", ".join(f"c{place}" for place in range(len(schema)))
    query = f"SELECT {weighed or 'NULL'} FROM read_parquet(?, hive_partitioning = false) AS t ({named})"
    try:
        with duckdb.connect(config=_WEIGHING) as scales:
            # Otherwise it reads a group of rows whole, and these may be hundreds of megabytes.
            scales.execute("SET disable_parquet_prefetching = true")
            found = scales.execute(query, [glob.escape(str(path.resolve()))]).fetchone()
    except duckdb.OutOfMemoryException:
        found = (MAX_TABLE_BYTES + 1, 0)
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    sizes = [int(size or 0) for size in found or ()]
    if sum(sizes[::2]) > MAX_TABLE_BYTES:
        raise BadInput(
            f"{path.name} would unfold to more than {MAX_TABLE_BYTES:,} bytes of metadata.",
            hint=_PARTS,
        )
    if max(sizes[1::2], default=0) > 4 * MAX_FIELD_CHARACTERS:
        raise BadInput(
            f"{path.name} has a field of more than {MAX_FIELD_CHARACTERS:,} characters.",
            hint=_PARTS,
        )
    longest = sum(sizes[1::2]) + len(names) * _NUMBER_BYTES + 1
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // longest))


def _rows(opened: pq.ParquetFile, names: Sequence[str], at_once: int) -> Iterator[Row]:
    number = 0
    for batch in opened.iter_batches(batch_size=at_once, columns=list(names), use_threads=False):
        columns = (column.cast(pa.string()).to_pylist() for column in batch.columns)
        for row in zip(*columns, strict=True):
            number += 1
            yield number, row


def _flat(schema: pa.Schema, origin: str, findings: Findings) -> list[str]:
    check_columns(len(schema), origin)
    if len(set(schema.names)) < len(schema.names):
        raise BadInput(
            f"{origin} has two columns of the same name.",
            hint="Name one of them otherwise.",
        )
    nested = [field.name for field in schema if pa.types.is_nested(field.type) or _is_bytes(field.type)]
    for name in nested:
        findings.add(
            "column-not-read", f"{origin}: the column {shown(name)} holds lists or bytes and is not read."
        )
    return [name for name in schema.names if name not in set(nested)]


def _is_text(kind: pa.DataType) -> bool:
    text = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(text) or pa.types.is_large_string(text))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )
