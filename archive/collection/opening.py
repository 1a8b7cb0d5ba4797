"""An image of a collection as xarray: through our own reader, or by three lines that anybody may type."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import xarray as xr

from archive.collection import ome_metadata
from archive.collection.codecs import codec_for
from archive.collection.finding import Found, find_built, refuse_table, table_of
from archive.collection.locating import Address, address, tiledb_place
from archive.collection.member_store import Extent, MemberStore
from archive.collection.ome_zarr import chunk_name
from archive.collection.shapes import Form, Level
from archive.collection.tiledb_form import array_name
from archive.collection.tiles import Place, TileTable
from archive.reading import worth_reading
from holdings.errors import BadInput, Unavailable
from holdings.house import House
from holdings.records import CopyStatus, Package
from holdings.stores.interface import Reads


def open_image(house: House, identifier: str, *, store: str | None = None) -> xr.DataTree:
    """The pyramid as a DataTree: a node per level with a lazy Dask array `image`, and coordinates.

    store : where to read; None means the first verified copy.

    Opening reads nothing; computing reads one range per tile. Raises BadInput for TileDB, which
    opens its own arrays, and Withdrawn where it is not to be given out.
    """
    found = find_built(house, identifier)
    if found.built.form != "zarr":
        raise BadInput(f"{identifier} is in TileDB's form.", hint=f"holdfast collection open {identifier}")
    tiles = TileTable(found.built)
    extents = dict(_metadata(found, tiles.form))
    source = house.store(store or _first_good(house, found.package))
    for level, place in tiles.all():
        extents[chunk_name(tiles.form, level, place.at)] = Extent(
            place.size_bytes, partial(_read, source, found.package.prefix, place)
        )
    zarr_store: Any = MemberStore(extents)  # xarray's signature does not name zarr's stores
    tree = xr.open_datatree(zarr_store, engine="zarr", chunks={})
    for level in tiles.form.stored:
        node = tree[f"scale{level.number}"]
        node.dataset = node.to_dataset().assign_coords(_coordinates(tiles.form, level))
    return tree


def _metadata(found: Found, form: Form) -> Iterator[tuple[str, Extent]]:
    """What the image's own metadata says of its arrays, without a request: the table knows it, too.

    As if no tile lay in a shard: where each one is, is known.
    """
    codec = codec_for(found.built.codec, form)
    arrays = {ome_metadata.array_path(level): ome_metadata.array(form, level, codec) for level in form.stored}
    facts = {
        "source": list(found.built.source_image_ids),
        "codec": found.built.codec,
        "lossy": found.built.is_lossy,
        "notes": list(found.built.notes),
    }
    for name, data in ome_metadata.documents(form, arrays, facts):
        yield name, Extent(len(data), partial(_slice, data))


def _slice(data: bytes, start: int, length: int) -> bytes:
    return data[start : start + length]


def _read(store: Reads, prefix: str, place: Place, start: int, length: int) -> bytes:
    return store.get_range(prefix + place.key, place.offset + start, length)


def _first_good(house: House, package: Package) -> str:
    for copy in worth_reading(house, package.package_id):
        if copy.status is CopyStatus.VERIFIED:
            return copy.store
    raise Unavailable(f"No verified copy of {package.package_id} can be reached.", hint="holdfast verify")


def _coordinates(form: Form, level: Level) -> dict[str, object]:
    """Middles of pixels, in micrometres (in pixels of level 0 where nobody said); names of channels."""
    found: dict[str, object] = {} if form.is_volume else {"c": list(form.channels)}
    for axis, count, factor, spacing in zip("zyx", level.size, level.factor, form.spacing_um, strict=True):
        if axis in form.axes:
            found[axis] = (np.arange(count) * factor + (factor - 1) / 2) * (spacing or 1.0)
    return found


def python_lines(house: House, found: Found, *, store: str | None = None) -> list[str]:
    """Three lines of Python that open the image with xarray (or TileDB) and without us; no secrets."""
    spec = house.settings.stores[store or _first_good(house, found.package)]
    built = found.built
    if built.form == "tiledb":
        place = tiledb_place(spec, found)
        level = array_name(built.pixel_form.stored[0])
        return [
            "import tiledb",
            f"ctx = tiledb.Ctx({dict(place.options)!r})",
            f"array = tiledb.open({place.url + '/' + level!r}, ctx=ctx)",
        ]
    place = address(spec, found.package, built.key)
    first = "import xarray as xr"
    if built.codec.startswith("jpegxl"):
        first += "; from archive.collection import jpegxl"
    if built.layout == "shards":
        return [first, *_opening(place, place.options)]
    scheme = place.url.partition(":")[0]
    return [first, *_opening(Address(url=f"zip::{place.url}", options={}), {scheme: dict(place.options)})]


def _opening(place: Address, options: object) -> list[str]:
    return [
        f"options = {options!r}",
        f'tree = xr.open_datatree({place.url!r}, engine="zarr", chunks={{}}, storage_options=options)',
    ]


def table_lines(house: House, package: Package, *, store: str | None = None) -> list[str]:
    """Lines of Python that open the table of a collection with DuckDB and without us; no secrets.

    DuckDB's own way to S3 is an extension that it downloads; s3fs is there, and no secret gets into SQL.

    Raises BadInput where the package is no collection; Withdrawn where it, or any image that the
    table tells of, was withdrawn.
    """
    table_of(package)
    refuse_table(house, package)
    spec = house.settings.stores[store or _first_good(house, package)]
    place = address(spec, package, table_of(package).key)
    if not place.options:
        url = place.url.removeprefix("file://")
        return ["import duckdb", f"table = duckdb.read_parquet({url!r}, hive_partitioning=True)"]
    return [
        "import duckdb, s3fs; db = duckdb.connect()",
        f"db.register_filesystem(s3fs.S3FileSystem(**{dict(place.options)!r}))",
        f"table = db.read_parquet({place.url!r}, hive_partitioning=True)",
    ]
