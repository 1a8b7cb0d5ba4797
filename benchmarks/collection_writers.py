"""One contender of `benchmarks.collection`: pixels.npy in, a pyramid out. Runs where its library is.

A contender imports what it needs and gets ready; the function that it returns is what is measured.
The last line says how long that took: wall seconds, CPU seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

_TILE = 512
_LEVEL = 3
Write = Callable[[Path], None]


def holdfast(pixels: Any, *, check: bool = True) -> Write:
    """Band by band, one zip, then every pixel read back and compared."""
    from archive.collection.checking import XXH3, Digests, compare_pixels
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

    def write(out: Path) -> None:
        with ZarrWriter(form, codec_for("zstd", form), layout="ozx", threads=2) as writer:
            digests = Digests(form, writer.write, by=XXH3)
            pyramid = Pyramid(form, digests.write)
            for y in range(0, len(pixels), _TILE):
                pyramid.push(pixels[y : y + _TILE][np.newaxis])
            pyramid.end_page()
            writer.finish()
            facts = {"pixels_sha256": compare_pixels(form, writer, digests)} if check else {}
            (part,) = writer.written(facts).parts
            out.mkdir()
            with (out / "image.ozx").open("wb") as file:
                file.writelines(part.open())

    return write


def unchecked(pixels: Any) -> Write:
    """The same without the comparison, as the others do it."""
    return holdfast(pixels, check=False)


def codec(pixels: Any) -> Write:
    """Nothing but the codec, on every tile of every level, in two threads; the levels are there already."""
    from numcodecs import zstd

    levels = [pixels]
    while max(levels[-1].shape[:2]) > _TILE:
        levels.append(_halved(levels[-1]))

    def write(out: Path) -> None:
        out.mkdir()
        tiles = (
            level[y : y + _TILE, x : x + _TILE]
            for level in levels
            for y in range(0, level.shape[0], _TILE)
            for x in range(0, level.shape[1], _TILE)
        )
        with ThreadPoolExecutor(2) as pool, (out / "tiles").open("wb") as file:
            encoded = pool.map(
                lambda tile: zstd.compress(np.ascontiguousarray(tile), _LEVEL, checksum=True), tiles
            )
            file.writelines(encoded)

    return write


def _halved(level: Any) -> Any:
    even = level[: level.shape[0] // 2 * 2, : level.shape[1] // 2 * 2].astype(np.uint16)
    sums = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return ((sums + 2) >> 2).astype(np.uint8)


def zarr(pixels: Any) -> Write:
    """zarr-python by hand: channels first, shards of 4096, the same codec; no check afterwards."""
    import zarr as library
    from zarr.codecs import ZstdCodec

    def write(out: Path) -> None:
        level = pixels
        group = library.open_group(str(out), mode="w")
        for number in range(8):
            array = group.create_array(
                str(number),
                shape=(3, *level.shape[:2]),
                chunks=(3, _TILE, _TILE),
                shards=(3, 4096, 4096),
                dtype="uint8",
                compressors=ZstdCodec(level=_LEVEL),
            )
            array[:] = np.moveaxis(level, -1, 0)
            if max(level.shape[:2]) <= _TILE:
                return
            level = _halved(level)

    return write


def tiledb(pixels: Any) -> Write:
    """TileDB by hand: full size only, one dense array."""
    import tiledb as library

    height, width, channels = pixels.shape
    sizes = (("y", height, _TILE), ("x", width, _TILE), ("c", channels, channels))
    dims = [library.Dim(name, domain=(0, n - 1), tile=tile, dtype=np.uint32) for name, n, tile in sizes]
    filters = library.FilterList([library.ZstdFilter(level=_LEVEL)])
    schema = library.ArraySchema(
        domain=library.Domain(*dims), attrs=[library.Attr("intensity", dtype=np.uint8, filters=filters)]
    )

    def write(out: Path) -> None:
        out.mkdir()
        library.Array.create(str(out / "array"), schema)
        with library.open(str(out / "array"), "w") as array:
            array[:] = pixels

    return write


def ome_zarr(pixels: Any, *, method: str = "LOCAL_MEAN") -> Write:
    """ome-zarr's own writer, 0.5: the same codec and tiles, and levels that are means of 2 x 2 as well."""
    import zarr as library
    from ome_zarr.scale import Methods
    from ome_zarr.writer import write_image
    from zarr.codecs import ZstdCodec

    options = {"chunks": (3, _TILE, _TILE), "compressors": [ZstdCodec(level=_LEVEL)]}

    def write(out: Path) -> None:
        write_image(
            np.moveaxis(pixels, -1, 0),
            library.open_group(str(out), mode="w", zarr_format=3),
            axes="cyx",
            scale_factors=(2, 4, 8, 16),
            method=Methods[method],
            storage_options=options,
        )

    return write


def ome_zarr_nearest(pixels: Any) -> Write:
    """The cheapest levels that it knows: every other pixel."""
    return ome_zarr(pixels, method="NEAREST")


def ome_zarr_default(pixels: Any) -> Write:
    """The levels that it makes when nobody says which: resized, smoothed before."""
    return ome_zarr(pixels, method="RESIZE")


CONTENDERS: dict[str, Callable[[Any], Write]] = {
    "holdfast": holdfast,
    "unchecked": unchecked,
    "codec": codec,
    "zarr": zarr,
    "tiledb": tiledb,
    "ome-zarr": ome_zarr,
    "ome-zarr-nearest": ome_zarr_nearest,
    "ome-zarr-default": ome_zarr_default,
}


def main() -> None:
    """Get ready, then write and say how long it took."""
    name, source, target = sys.argv[1:]
    write = CONTENDERS[name](np.load(source))
    wall, cpu = time.perf_counter(), time.process_time()
    write(Path(target))
    print(time.perf_counter() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    main()
