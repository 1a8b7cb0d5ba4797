"""The table of a collection: a row per image, in Parquet, for DuckDB, pandas and our own reader.

Terms of Darwin Core and Audiovisual Core have their own names in lower case, as GBIF's
snapshots have them; what no standard has a word for follows. Partitioned by collection
(`specimens/collection=ID/part-0.parquet`), so that one pattern over a bucket is one table.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from archive.collection.built import BuiltImage, from_row
from holdings.errors import Corrupt
from holdings.records import StoredObject, image_id

_ROW_GROUP = 5_000
"""Images: one of them is found without decoding where the tiles of all the others lie."""
_text, _number = pa.string(), pa.int64()
_objects = pa.list_(pa.struct([("key", _text), ("size_bytes", _number), ("sha256", _text)]))
_DARWIN_CORE = (
    *("institutioncode", "collectioncode", "scientificname", "family", "genus", "typestatus"),
    *("country", "locality", "eventdate", "recordedby"),
)
"""Terms that people ask by; all of them are in `terms`."""
_SCHEMA = pa.schema(
    {
        # Darwin Core, Audiovisual Core
        "catalognumber": _text,
        **dict.fromkeys(_DARWIN_CORE, _text),
        "providermanagedid": _text,
        "accessuri": _text,
        "format": _text,
        "pixelxdimension": _number,
        "pixelydimension": _number,
        "hashfunction": _text,
        "hashvalue": _text,
        "derivedfrom": _text,
        "comments": _text,
        # ours
        "ordinal": _number,
        "source_image_ids": pa.list_(_text),
        "source_package_id": _text,
        "source_path": _text,
        "source_sha256": pa.list_(_text),
        "source_media_type": _text,
        "source_bytes": _number,
        "terms": pa.map_(_text, _text),
        "key": _text,
        "size_bytes": _number,
        "objects": _objects,
        "copies": _objects,
        "form": _text,
        "layout": _text,
        "codec": _text,
        "is_lossy": pa.bool_(),
        "needs": _text,
        "axes": _text,
        "size": pa.list_(_number),
        "channels": pa.list_(_text),
        "dtype": _text,
        "spacing_um": pa.list_(pa.float64()),
        "first_level": pa.int32(),
        "levels": pa.int32(),
        "pixels_sha256": _text,
        "tile_offset": pa.list_(_number),
        "tile_bytes": pa.list_(_number),
        "notes": pa.list_(_text),
    }
)
_AS_THEY_ARE = (
    *("ordinal", "source_image_ids", "source_path", "source_sha256", "source_media_type", "source_bytes"),
    *("key", "form", "layout", "codec", "is_lossy", "needs", "axes", "size"),
    *("channels", "dtype", "spacing_um", "first_level", "levels", "pixels_sha256", "notes"),
)
"""Fields of `BuiltImage` that are a column of the same name."""


def index_key(collection: str) -> str:
    """Where the table lies inside the package."""
    return f"specimens/collection={collection}/part-0.parquet"


def index_bytes(package_id: str, images: Sequence[BuiltImage]) -> bytes:
    """The table of a collection; the same images give the same bytes."""
    sink = io.BytesIO()
    table = pa.Table.from_pylist([_row(package_id, built) for built in images], schema=_SCHEMA)
    pq.write_table(
        table,
        sink,
        compression="zstd",
        row_group_size=_ROW_GROUP,
        write_statistics=["ordinal", "providermanagedid", "catalognumber", "source_path", "pixelxdimension"],
        store_schema=False,
    )
    return sink.getvalue()


def read_index(data: bytes, *, origin: str, ordinal: int | None = None) -> list[BuiltImage]:
    """The images of a table (or the one of that number), in order.

    Raises Corrupt naming `origin` where it is none of ours.
    """
    wanted = None if ordinal is None else pc.field("ordinal") == ordinal
    with _ours(origin):
        return [_built(row) for row in pq.read_table(pa.BufferReader(data), filters=wanted).to_pylist()]


def ordinal_made_of(data: bytes, source_image_id: str, *, origin: str) -> int | None:
    """The number of the image that was made of that original; None where there is none. Raises Corrupt."""
    with _ours(origin):
        table = pq.read_table(pa.BufferReader(data), columns=["ordinal", "source_image_ids"])
        sources = table.column("source_image_ids")
        at = pc.index(pc.list_flatten(sources), source_image_id).as_py()
        if at < 0:
            return None
        row = pc.list_parent_indices(sources).combine_chunks()[at].as_py()
        return int(table.column("ordinal")[row].as_py())


def sources_of(data: bytes, *, origin: str) -> list[str]:
    """Every original that an image of the table was made of. Raises Corrupt."""
    with _ours(origin):
        column = pq.read_table(pa.BufferReader(data), columns=["source_image_ids"])
        return [str(each) for each in pc.list_flatten(column.column(0)).to_pylist()]


@contextmanager
def _ours(origin: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise Corrupt(f"{origin} is no table of a collection.", detail=str(error)) from None


def _row(package_id: str, built: BuiltImage) -> dict[str, Any]:
    first = built.source_image_ids[0]
    lower = {name.rpartition(":")[2].lower(): value for name, value in built.terms}
    return {
        "catalognumber": built.specimen,
        **{name: lower.get(name) for name in _DARWIN_CORE},
        "terms": list(built.terms),
        "providermanagedid": image_id(package_id, built.ordinal),
        "accessuri": built.key,
        "format": "OME-Zarr 0.5" if built.form == "zarr" else "TileDB",
        "pixelxdimension": built.size[2],
        "pixelydimension": built.size[1],
        "hashfunction": "SHA-256",
        "hashvalue": built.objects[0].sha256 if len(built.objects) == 1 else None,
        "derivedfrom": first,
        "comments": "; ".join(built.notes) or None,
        **{name: getattr(built, name) for name in _AS_THEY_ARE},
        "source_package_id": first.rpartition(".")[0],
        "size_bytes": built.size_bytes,
        "objects": [_object(item) for item in built.objects],
        "copies": [_object(item) for item in built.copies],
        "tile_offset": [offset for offset, _ in built.tiles],
        "tile_bytes": [size for _, size in built.tiles],
    }


def _object(item: StoredObject) -> dict[str, Any]:
    return {"key": item.key, "size_bytes": item.size_bytes, "sha256": item.sha256}


def _built(row: dict[str, Any]) -> BuiltImage:
    tiles = list(zip(row["tile_offset"], row["tile_bytes"], strict=True))
    told = {name: row[name] for name in (*_AS_THEY_ARE, "objects", "copies", "terms")}
    return from_row({**told, "specimen": row["catalognumber"], "tiles": tiles})
