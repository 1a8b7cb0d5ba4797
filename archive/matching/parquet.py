"""Tables in Parquet. Everything becomes text, as in the other forms; a nested column is told and left out."""

from __future__ import annotations

from array import array
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from archive.matching.bounds import MAX_FIELD_CHARACTERS, MAX_TABLE_BYTES
from archive.matching.delimited import check_record_count
from archive.matching.findings import Findings, shown
from archive.matching.headers import check_columns, name_columns
from archive.matching.interface import Lines, Sheet
from archive.matching.sources import file_source
from holdings.errors import BadInput

_BATCH_ROWS = 5_000


def read_parquet(path: Path) -> Sheet:
    """A Parquet file of any flat schema; its column names are read as headers are."""
    file_source(path).check_table_size()
    try:
        with pq.ParquetFile(path) as opened:
            flat = _flat(opened.schema_arrow, path.name, Findings(path.name))
            text = [name for name in flat if _is_text(opened.schema_arrow.field(name).type)]
        with pq.ParquetFile(path, read_dictionary=text) as opened:
            return _sheet(opened, path.name)
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{path.name} is not a Parquet file that can be read: {error}.") from None


def _sheet(opened: pq.ParquetFile, origin: str) -> Sheet:
    check_record_count(opened.metadata.num_rows)
    findings = Findings(origin)
    flat = _flat(opened.schema_arrow, origin, findings)
    names = name_columns(flat, origin, findings)
    schema = pa.schema([(name, pa.string()) for name in names])
    batches, size_bytes = [], 0
    for batch in opened.iter_batches(batch_size=_BATCH_ROWS, columns=flat):
        # Text comes as a dictionary: a megabyte said a million times is weighed before it is unfolded.
        size_bytes += sum(_unfolded_bytes(column, origin) for column in batch.columns)
        if size_bytes > MAX_TABLE_BYTES:
            raise BadInput(f"{origin} would unfold to more than {MAX_TABLE_BYTES:,} bytes of metadata.")
        batches.append(pa.RecordBatch.from_arrays([_text(column) for column in batch.columns], schema=schema))
    table = pa.Table.from_batches(batches, schema=schema)
    lines = Lines(origin=origin, unit="row", numbers=array("q", range(1, table.num_rows + 1)))
    return Sheet(terms=table, lines=lines, findings=findings.done())


def _flat(schema: pa.Schema, origin: str, findings: Findings) -> list[str]:
    check_columns(len(schema), origin)
    if len(set(schema.names)) < len(schema.names):
        raise BadInput(f"{origin} has two columns of the same name.")
    nested = [field.name for field in schema if pa.types.is_nested(field.type) or _is_bytes(field.type)]
    for name in nested:
        findings.add(
            "column-not-read", f"{origin}: the column {shown(name)} holds lists or bytes and is not read."
        )
    return [name for name in schema.names if name not in set(nested)]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind)
    )


def _unfolded_bytes(column: pa.Array, origin: str) -> int:
    if not isinstance(column, pa.DictionaryArray):
        return int(column.nbytes)
    lengths = pc.binary_length(column.dictionary).take(column.indices)
    if (pc.max(lengths).as_py() or 0) > 4 * MAX_FIELD_CHARACTERS:
        raise BadInput(f"{origin} has a field of more than {MAX_FIELD_CHARACTERS:,} characters.")
    return int(pc.sum(lengths).as_py() or 0)


def _text(column: pa.Array) -> pa.Array:
    plain = column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
    text = plain.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
