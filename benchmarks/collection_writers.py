"""One contender of `benchmarks.collection`: pixels.npy in, a pyramid out. Runs where its library is."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

_TILE = 512
_LEVEL = 3


def holdfast(pixels: Any, out: Path, *, check: bool = True) -> None:
    """Band by band, one zip, then every pixel read back and compared."""
    from archive.collection.checking import Digests, check_pixels
    from archive.collection.codecs import codec_for
    from archive.collection.ome_zarr import ZarrWriter
    from archive.collection.pyramid import Pyramid
    from archive.collection.shapes import Form

    form = Form(
        axes="cyx",
        size=(1, *pixels.shape[:2]),
        channels=("R", "G", "B"),
        dtype="uint8",
        spacing_um=(None, None, None),
    )
    with ZarrWriter(form, codec_for("zstd", form), layout="ozx", threads=2) as writer:
        digests = Digests(form, writer.write)
        pyramid = Pyramid(form, digests.write)
        for y in range(0, len(pixels), _TILE):
            pyramid.push(np.asarray(pixels[y : y + _TILE])[np.newaxis])
        pyramid.end_page()
        (part,) = writer.finish({}).parts
        if check:
            check_pixels(form, writer, digests)
        out.mkdir()
        with (out / "image.ozx").open("wb") as file:
            file.writelines(part.open())


def unchecked(pixels: Any, out: Path) -> None:
    """The same without the comparison, as the others do it."""
    holdfast(pixels, out, check=False)


def codec(pixels: Any, out: Path) -> None:
    """Nothing but the codec, on every tile of every level, in two threads."""
    from numcodecs import zstd

    out.mkdir()
    levels = [np.asarray(pixels)]
    while max(levels[-1].shape[:2]) > _TILE:
        levels.append(levels[-1][::2, ::2])
    tiles = [
        level[y : y + _TILE, x : x + _TILE]
        for level in levels
        for y in range(0, level.shape[0], _TILE)
        for x in range(0, level.shape[1], _TILE)
    ]
    with ThreadPoolExecutor(2) as pool:
        encoded = pool.map(lambda tile: zstd.compress(np.ascontiguousarray(tile), _LEVEL), tiles)
        with (out / "tiles").open("wb") as file:
            file.writelines(encoded)


def zarr(pixels: Any, out: Path) -> None:
    """zarr-python by hand: channels first, shards of 4096, the same codec; no check afterwards."""
    import zarr as library
    from zarr.codecs import ZstdCodec

    level = np.moveaxis(np.asarray(pixels), -1, 0)
    group = library.open_group(str(out), mode="w")
    for number in range(8):
        array = group.create_array(
            str(number),
            shape=level.shape,
            chunks=(3, _TILE, _TILE),
            shards=(3, 4096, 4096),
            dtype="uint8",
            compressors=ZstdCodec(level=_LEVEL),
        )
        array[:] = level
        if max(level.shape[1:]) <= _TILE:
            return
        even = level[:, : level.shape[1] // 2 * 2, : level.shape[2] // 2 * 2].astype(np.uint16)
        sums = even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2]
        level = ((sums + 2) >> 2).astype(np.uint8)


def tiledb(pixels: Any, out: Path) -> None:
    """TileDB by hand: full size only, one dense array."""
    import tiledb as library

    out.mkdir()
    height, width, channels = pixels.shape
    sizes = (("y", height, _TILE), ("x", width, _TILE), ("c", channels, channels))
    dims = [library.Dim(name, domain=(0, n - 1), tile=tile, dtype=np.uint32) for name, n, tile in sizes]
    filters = library.FilterList([library.ZstdFilter(level=_LEVEL)])
    schema = library.ArraySchema(
        domain=library.Domain(*dims), attrs=[library.Attr("intensity", dtype=np.uint8, filters=filters)]
    )
    library.Array.create(str(out / "array"), schema)
    with library.open(str(out / "array"), "w") as array:
        array[:] = np.asarray(pixels)


def ome_zarr(pixels: Any, out: Path) -> None:
    """ome-zarr's own writer and scaler, 0.5, with the same codec and tiles."""
    import zarr as library
    from ome_zarr.scale import Scaler
    from ome_zarr.writer import write_image
    from zarr.codecs import ZstdCodec

    image = np.moveaxis(np.asarray(pixels), -1, 0)
    group = library.open_group(str(out), mode="w", zarr_format=3)
    options = {"chunks": (3, _TILE, _TILE), "compressors": [ZstdCodec(level=_LEVEL)]}
    write_image(image, group, axes="cyx", scaler=Scaler(max_layer=4), storage_options=options)


_CONTENDERS = {
    "holdfast": holdfast,
    "unchecked": unchecked,
    "codec": codec,
    "zarr": zarr,
    "tiledb": tiledb,
    "ome-zarr": ome_zarr,
}


if __name__ == "__main__":
    name, source, target = sys.argv[1:]
    _CONTENDERS[name](np.load(source, mmap_mode="r"), Path(target))
