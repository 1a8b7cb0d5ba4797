"""The image index of one package: a Parquet file that says what its images are and where their bytes lie."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING, Any, BinaryIO

from holdings.arrays import maps, no_rows, real_numbers, texts, whole_numbers
from holdings.catalogue.interface import image_records
from holdings.errors import Corrupt
from holdings.records import Image

if TYPE_CHECKING:
    import pyarrow as pa

INDEX_FOLDER = "index"
"""Beside the database."""
INDEX_NAME = "index.parquet"
"""The object of a package that holds its index."""
FETCH_HINT = "holdfast catalogue rebuild fetches it from the stores."
ROW_GROUP = 65_536
_BATCH = 4_096
"""Images that are Python objects at once; what waits for its row group waits as Arrow, ten times smaller."""
NAMES = tuple(field.name for field in fields(Image))
_NUMBERS = ("size_bytes", "width_px", "height_px", "offset", "bits_per_sample", "pages")
_ALWAYS_THERE = frozenset(
    ("image_id", "package_id", "path", "size_bytes", "sha256", "media_type", "object_key", "offset", "terms")
)
_ADDED = (
    *("sha512", "puid", "bits_per_sample", "colour_space", "icc_profile", "resolution_ppi", "pages"),
    *("captured_at", "camera", "specimen", "terms"),
)
"""What the first form of the index had not."""
_REPEATING = [
    *("package_id", "media_type", "object_key", "puid", "colour_space", "icc_profile", "camera"),
    "terms.key_value.key",
]


def index_schema() -> pa.Schema:
    """The columns of an index: the fields of `holdings.records.Image`."""
    import pyarrow as pa  # noqa: PLC0415  # takes long to import; commands that need no index do without

    number, terms = pa.int64(), pa.map_(pa.string(), pa.field("value", pa.string(), nullable=False))
    kinds = dict.fromkeys(_NUMBERS, number) | {"resolution_ppi": pa.float64(), "terms": terms}
    return pa.schema(
        [pa.field(name, kinds.get(name, pa.string()), nullable=name not in _ALWAYS_THERE) for name in NAMES]
    )


Columns = Mapping[str, Sequence[object]]
"""Of many images, by the fields of `Image`: where thousands are at hand, no object is made of each."""


def index_bytes(images: Sequence[Image]) -> bytes:
    """The index of one package as Parquet; the same images give the same bytes."""
    sink = io.BytesIO()
    write_index(images, sink)
    return sink.getvalue()


def index_of_columns(columns: Columns) -> bytes:
    """What `index_bytes` makes of the same images."""
    sink = io.BytesIO()
    count = len(columns["image_id"])
    parts = (
        {name: columns[name][start : start + _BATCH] for name in NAMES} for start in range(0, count, _BATCH)
    )
    _write(map(_batch, parts), sink)
    return sink.getvalue()


def write_index(images: Iterable[Image], sink: BinaryIO) -> int:
    """Write the index of one package as its images come, and say how many came.

    Memory is that of one row group, however many images there are. The same images give the
    same bytes. Checksums are random: statistics of them would only take room.
    """
    return _write(map(_batch, _columns(images)), sink)


def _write(batches: Iterator[pa.RecordBatch], sink: BinaryIO) -> int:
    import pyarrow as pa  # noqa: PLC0415  # as above
    import pyarrow.parquet as pq  # noqa: PLC0415

    rows = 0
    with pq.ParquetWriter(
        sink,
        index_schema(),
        compression="zstd",
        use_dictionary=_REPEATING,
        write_statistics=["image_id", "path", "size_bytes", "offset", "captured_at", "specimen"],
        store_schema=False,
    ) as writer:
        for group in _groups(batches):
            writer.write_table(pa.Table.from_batches(group), row_group_size=ROW_GROUP)
            rows += sum(batch.num_rows for batch in group)
    return rows


def _columns(images: Iterable[Image]) -> Iterator[Columns]:
    waiting = iter(images)
    while some := list(islice(waiting, _BATCH)):
        yield {name: list(map(attrgetter(name), some)) for name in NAMES}


def _batch(columns: Columns) -> pa.RecordBatch:
    import pyarrow as pa  # noqa: PLC0415  # as above

    schema = index_schema()
    return pa.RecordBatch.from_arrays([_array(columns[field.name], field) for field in schema], schema=schema)


def _array(values: Sequence[Any], field: pa.Field) -> pa.Array:
    import pyarrow as pa  # noqa: PLC0415  # as above

    if field.name == "terms":
        return maps((sorted(terms.items()) for terms in values), field.type)
    make = {pa.int64(): whole_numbers, pa.float64(): real_numbers}.get(field.type, texts)
    return make(values)


def _groups(batches: Iterator[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """What fills one row group each."""
    while group := list(islice(batches, ROW_GROUP // _BATCH)):
        yield group


def read_index(data: bytes, *, origin: str = "an image index") -> list[Image]:
    """The images of an index, in order. Raises Corrupt naming `origin` where it is none."""
    return image_records(index_table(data, origin))


def index_table(data: bytes, origin: str, *, row: int | None = None) -> pa.Table:
    """An index as it is now, whichever form it was written in.

    row : reads only the row group that holds it, and gives that row alone; None reads all.

    Raises Corrupt naming `origin`.
    """
    import pyarrow as pa  # noqa: PLC0415  # as above
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        _check_columns(file.schema_arrow, origin)
        # One thread: thousands of small files gain nothing from more.
        table = file.read(use_threads=False) if row is None else _row(file, row)
        return _as_now(table)
    except (pa.ArrowException, OSError) as error:
        raise Corrupt(f"{origin} is no image index.", hint=FETCH_HINT, detail=str(error)) from None


def _row(file: pa.parquet.ParquetFile, row: int) -> pa.Table:
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if 0 <= row < rows:
            return file.read_row_group(group, use_threads=False).slice(row, 1)
        row -= rows
    return no_rows(file.schema_arrow)


def _check_columns(found: pa.Schema, origin: str) -> None:
    import pyarrow as pa  # noqa: PLC0415  # as above

    now = index_schema()
    first = pa.schema([field for field in now if field.name not in _ADDED])
    if not any(found.equals(form, check_metadata=False) for form in (now, first)):
        raise Corrupt(f"{origin} has not the columns of an image index.", hint=FETCH_HINT, detail=str(found))


def _as_now(table: pa.Table) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # as above

    schema = index_schema()
    if table.schema.names == schema.names:
        return table
    nothing = {"terms": maps([()] * table.num_rows, schema.field("terms").type)}
    return pa.table(
        [
            table[field.name]
            if field.name in table.schema.names
            else nothing.get(field.name, pa.nulls(table.num_rows, field.type))
            for field in schema
        ],
        schema=schema,
    )
