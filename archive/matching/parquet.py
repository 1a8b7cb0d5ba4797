"""Tables in Parquet. Everything becomes text, as in the other forms; a nested column is told and left out."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from archive.matching.bounds import MAX_FIELD_CHARACTERS, MAX_TABLE_BYTES, check_columns
from archive.matching.claims import roles_of
from archive.matching.findings import Findings, shown
from archive.matching.headers import name_columns
from archive.matching.records import Records, Row
from archive.matching.sources import file_source
from holdings.errors import BadInput

_PARTS = "Leave the long column away, or give the records in parts."
_BATCH_ROWS, _BATCH_BYTES = 5_000, 8 << 20
_NUMBER_BYTES = 32
"""Of a number or a date as text."""
_READ_BYTES = 1 << 16
"""Of a column at once; otherwise it is read whole, for all rows of a group."""
_COLUMN_BYTES, _COLUMNS_BYTES = 2 << 20, 32 << 20
"""What one column takes at most while it is read, its page and the dictionary of its values by the custom of
writers; and what those that are read together may take."""
_WEIGHED_COLUMNS = 100
"""At once: DuckDB holds a piece of each in memory, too."""
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
        named = dict(zip(flat, name_columns(flat, records.origin, findings), strict=True))
        rows = _rows_at_once(path, schema, flat)
        for part, columns in enumerate(_parts(path, named)):
            sheet.name_columns(named[name] for name in columns)
            with pq.ParquetFile(path, pre_buffer=False, buffer_size=_READ_BYTES) as opened:
                found = _rows(opened, columns, rows)
                sheet.add_more(part, found) if part else sheet.add(found)
        records.findings.extend(findings.done())
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> BadInput:
    because = str(error).strip().partition("\n")[0].rstrip(".")
    return BadInput(
        f"{path.name} is not a Parquet file that can be read: {because}.",
        hint="Write it again, or give the records as a table.",
    )


def _parts(path: Path, named: Mapping[str, str]) -> Iterator[list[str]]:
    """The columns that are read together: first those by which images are found, then the others.

    Parquet lies by columns, and a piece of each is in memory while rows are made of them.
    """
    told = [place for place, _ in roles_of(list(named.values()))]
    names = list(named)
    first = [names[place] for place in told]
    part, size, sizes = first, 0, _bytes_of_columns(path)
    for name in names:
        if name in set(first):
            continue
        takes = min(sizes.get(name, _COLUMN_BYTES), _COLUMN_BYTES) + _READ_BYTES
        if part and size + takes > _COLUMNS_BYTES:
            yield part
            part, size = [], 0
        part = [*part, name]
        size += takes
    yield part


def _bytes_of_columns(path: Path) -> dict[str, int]:
    """Of the largest piece of each column in a group of rows."""
    sizes: dict[str, int] = {}
    with pq.ParquetFile(path) as opened:
        for group in range(opened.metadata.num_row_groups):
            for place in range(opened.metadata.num_columns):
                column = opened.metadata.row_group(group).column(place)
                name = column.path_in_schema
                sizes[name] = max(sizes.get(name, 0), column.total_uncompressed_size)
    return sizes


def _rows_at_once(path: Path, schema: pa.Schema, names: Sequence[str]) -> int:
    """How many rows surely fit into memory; BadInput where the table is larger than any should be.

    It is weighed before any text is unfolded: what is a megabyte said a million times is small in the file.
    DuckDB does it in bounded memory. Arrow needs a dictionary of all values, or every value by itself.
    """
    texts = [place for place, field in enumerate(schema) if field.name in names and _is_text(field.type)]
    whole, longest = 0, len(names) * _NUMBER_BYTES + 1
    for start in range(0, len(texts), _WEIGHED_COLUMNS):
        total, field, row = _weighed(path, texts[start : start + _WEIGHED_COLUMNS], len(schema))
        whole, longest = whole + total, longest + row
        if whole > MAX_TABLE_BYTES:
            raise BadInput(
                f"{path.name} would unfold to more than {MAX_TABLE_BYTES:,} bytes of metadata.",
                hint=_PARTS,
            )
        if field > 4 * MAX_FIELD_CHARACTERS:
            raise BadInput(
                f"{path.name} has a field of more than {MAX_FIELD_CHARACTERS:,} characters.",
                hint=_PARTS,
            )
        if longest > _BATCH_BYTES:
            raise BadInput(
                f"{path.name} has records of more than {_BATCH_BYTES:,} bytes.",
                hint=_PARTS,
            )
    return max(1, min(_BATCH_ROWS, _BATCH_BYTES // longest))


def _weighed(path: Path, places: Sequence[int], columns: int) -> tuple[int, int, int]:
    """Bytes of text in some columns: of all rows, of the longest field, and of the longest row."""
    # Takes long to import, and most metadata is no Parquet.
    import duckdb  # noqa: PLC0415

    lengths = [f"coalesce(strlen(c{place}), 0)" for place in places]
    # By place: DuckDB takes names that differ by case alone for the same.
    named = ", ".join(f"c{place}" for place in range(columns))
    query = (
        f"SELECT sum(of_row), max(longest), max(of_row) FROM (SELECT {' + '.join(lengths)} AS of_row,"
        f" greatest({', '.join(lengths)}) AS longest"
        f" FROM read_parquet(?, hive_partitioning = false) AS t ({named}))"
    )
    try:
        with duckdb.connect(config=_WEIGHING) as scales:
            # Otherwise it reads a group of rows whole, and these may be hundreds of megabytes.
            scales.execute("SET disable_parquet_prefetching = true")
            found = scales.execute(query, [glob.escape(str(path.resolve()))]).fetchone()
    except duckdb.OutOfMemoryException:
        found = (MAX_TABLE_BYTES + 1, 0, 0)
    except duckdb.Error as error:
        raise _unreadable(path, error) from None
    total, field, row = (int(size or 0) for size in found or (0, 0, 0))
    return total, field, row


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
