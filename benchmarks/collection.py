"""One image as an OME-Zarr pyramid: Holdfast against other writers, and codecs on real specimens.

    python -m benchmarks.collection writers [--image FILE] [--rounds 3] [--peers .venv-ome-zarr/bin/python]
    python -m benchmarks.collection codecs FOLDER

`writers` tiles an image to 6000 x 8000 pixels and lets each contender write it with all its levels,
by the same codec and tiles, alternating within one run, each in a process of its own. Holdfast
also reads everything back and compares it. The interpreter of an environment that has ome-zarr
(`make ome-zarr`: it needs an older pydantic than Holdfast's) adds that one.

`codecs` encodes tiles of 512 px of every image in FOLDER, in one thread, and prints how much is left
and how many MB of pixels one CPU second encodes. Take the ratios: the seconds belong to the machine.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import imagecodecs
import numpy as np
import tiledb
from numcodecs import Blosc, zstd
from numpy.typing import NDArray
from PIL import Image

from benchmarks.measuring import in_turn, machine, took

Tile = NDArray[Any]
HEIGHT, WIDTH = 8000, 6000
_TILE = 512


def main() -> None:
    """Run what was asked for."""
    wanted = _arguments()
    if wanted.what == "codecs":
        compare_codecs(wanted.folder)
    else:
        compare_writers(wanted.image, wanted.rounds, wanted.peers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrote:
    """One contender, once."""

    wall_seconds: float
    """Of the writing itself: without starting Python, importing libraries and loading the pixels."""
    cpu_seconds: float
    whole_cpu_seconds: float
    """Of the process from its start."""
    peak_bytes: float
    size_bytes: int
    objects: int


def compare_writers(image: Path | None, rounds: int, peers: str | None) -> None:
    """Print medians, and how many times what Holdfast takes the others take."""
    contenders = {
        "Holdfast, compared": "holdfast",
        "Holdfast, not compared": "unchecked",
        "codec alone": "codec",
        "plain zarr, sharded": "zarr",
        "tiledb, full size only": "tiledb",
    }
    if peers is not None:
        contenders |= {
            "ome-zarr, means of 2 x 2": "ome-zarr",
            "ome-zarr, as it comes": "ome-zarr-default",
            "ome-zarr, nearest": "ome-zarr-nearest",
        }
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as place:
        folder = Path(place)
        np.save(folder / "pixels.npy", pixels_of(image))
        runs: dict[str, list[Wrote]] = {name: [] for name in contenders}
        for number in range(rounds):
            for name in in_turn(contenders, number):
                python = peers if peers and name.startswith("ome-zarr") else sys.executable
                runs[name].append(_wrote(python, contenders[name], folder))
    _print_writers(runs)


def _wrote(python: str, contender: str, folder: Path) -> Wrote:
    script, out, log = Path(__file__).with_name("collection_writers.py"), folder / "out", folder / "log"
    words = [python, str(script), contender, str(folder / "pixels.npy"), str(out)]
    # The script's own folder is on its path, and this one's parent has to be.
    at = took(words, log=log, env={"PYTHONPATH": str(script.parents[1])})
    wall, cpu = map(float, log.read_text().splitlines()[-1].split())
    files = [path for path in out.rglob("*") if path.is_file()]
    wrote = Wrote(
        wall_seconds=wall,
        cpu_seconds=cpu,
        whole_cpu_seconds=at.cpu_seconds,
        peak_bytes=at.peak_bytes,
        size_bytes=sum(path.stat().st_size for path in files),
        objects=len(files),
    )
    shutil.rmtree(out)
    return wrote


def pixels_of(image: Path | None) -> NDArray[Any]:
    """The image, tiled to 6000 x 8000 pixels; made up where there is none."""
    if image is None:
        random = np.random.default_rng(0)
        y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
        planes = [(y // (k + 5) + x // (k + 7)) % 256 + random.integers(0, 3, y.shape) for k in range(3)]
        return np.stack(planes, axis=-1).astype(np.uint8)
    sheet = np.asarray(Image.open(image).convert("RGB"))
    down, across = -(-HEIGHT // sheet.shape[0]), -(-WIDTH // sheet.shape[1])
    return np.ascontiguousarray(np.tile(sheet, (down, across, 1))[:HEIGHT, :WIDTH])


def _print_writers(runs: Mapping[str, Sequence[Wrote]]) -> None:
    """Ratios are medians of those within each round: what disturbs a round disturbs all in it."""
    ours = next(iter(runs.values()))
    print(f"{WIDTH} x {HEIGHT} x 3, {machine()}, {len(ours)} rounds; ratios to Holdfast, compared\n")
    print("| writer | wall s | CPU s | wall ratio | CPU ratio | whole CPU s | peak MB | MB | objects |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name, results in runs.items():
        walls = [it.wall_seconds / our.wall_seconds for it, our in zip(results, ours, strict=True)]
        cpus = [it.cpu_seconds / our.cpu_seconds for it, our in zip(results, ours, strict=True)]
        cells = [
            f"{median(each.wall_seconds for each in results):.2f}",
            f"{median(each.cpu_seconds for each in results):.2f}",
            f"{median(walls):.2f}",
            f"{median(cpus):.2f}",
            f"{median(each.whole_cpu_seconds for each in results):.2f}",
            f"{median(each.peak_bytes for each in results) / 1e6:.0f}",
            f"{results[0].size_bytes / 1e6:.1f}",
            f"{results[0].objects}",
        ]
        print(f"| {name} | {' | '.join(cells)} |")
    alone, unchecked = runs["codec alone"], runs["Holdfast, not compared"]
    for what, figure in (("wall", "wall_seconds"), ("CPU", "cpu_seconds")):
        shares = [getattr(a, figure) / getattr(u, figure) for a, u in zip(alone, unchecked, strict=True)]
        print(f"\nHoldfast, not compared, writes at {median(shares):.0%} of the codec's own speed ({what}).")


def _blosc(tile: Tile) -> Any:
    return Blosc("zstd", 5, Blosc.SHUFFLE).encode(np.ascontiguousarray(np.moveaxis(tile, -1, 0)))


_ONE_THREAD = tiledb.Ctx({"sm.compute_concurrency_level": 1, "sm.io_concurrency_level": 1})


def _by_tiledb(*filters: tiledb.Filter, apart: bool = False) -> Callable[[Tile], Any]:
    """A tile through TileDB's own filters: what is in the one file of its one fragment that has the pixels.

    TileDB offers its filters in no other way, so the seconds have what an array of one tile takes
    beside: as much as without any filter.
    """

    def encode(tile: Tile) -> Any:
        ordered = np.ascontiguousarray(np.moveaxis(tile, -1, 0)) if apart else tile
        dims = [
            tiledb.Dim(name=name, domain=(0, size - 1), tile=size, dtype=np.uint32)
            for name, size in zip("abc", ordered.shape, strict=False)
        ]
        attribute = tiledb.Attr("pixels", dtype=ordered.dtype, filters=tiledb.FilterList(filters))
        schema = tiledb.ArraySchema(domain=tiledb.Domain(*dims), attrs=[attribute], ctx=_ONE_THREAD)
        with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as folder:
            tiledb.Array.create(folder, schema, ctx=_ONE_THREAD)
            with tiledb.open(folder, "w", ctx=_ONE_THREAD) as array:
                array[:] = ordered
            (data,) = Path(folder).glob("__fragments/*/a0.tdb")
            return data.read_bytes()

    return encode


def _by_webp(tile: Tile) -> Any:
    """WebP takes rows whose samples lie side by side, and says nothing where a tile is not whole."""
    webp = tiledb.WebpFilter(
        input_format=tiledb.WebpFilter.WebpInputFormat.WEBP_RGB, quality=100, lossless=True
    )
    return _by_tiledb(webp)(tile.reshape(len(tile), -1))


CODECS: Mapping[str, Callable[[Tile], Any]] = {
    "zstd 3 (default)": lambda tile: zstd.compress(tile, 3, checksum=True),
    "zstd 1": lambda tile: zstd.compress(tile, 1),
    "zstd 3, channels apart": lambda tile: zstd.compress(np.ascontiguousarray(np.moveaxis(tile, -1, 0)), 3),
    "blosc zstd 5 shuffle, apart": _blosc,
    "JPEG XL, effort 1 (jpegxl)": lambda tile: imagecodecs.jpegxl_encode(
        tile, lossless=True, effort=1, numthreads=1
    ),
    "JPEG XL, effort 3": lambda tile: imagecodecs.jpegxl_encode(tile, lossless=True, effort=3, numthreads=1),
    "JPEG 2000, lossless": lambda tile: imagecodecs.jpeg2k_encode(tile, level=0, reversible=True),
    "HTJ2K, lossless": lambda tile: imagecodecs.htj2k_encode(tile, reversible=True),
    "PNG 6": lambda tile: imagecodecs.png_encode(tile, level=6),
    "TIFF LZW, predictor": lambda tile: imagecodecs.lzw_encode(
        imagecodecs.delta_encode(tile, axis=1).tobytes()
    ),
    "TileDB: no filter": _by_tiledb(),
    "TileDB: zstd 3 (--format tiledb)": _by_tiledb(tiledb.ZstdFilter(level=3)),
    "TileDB: zstd 3, apart": _by_tiledb(tiledb.ZstdFilter(level=3), apart=True),
    "TileDB: byteshuffle, zstd 3": _by_tiledb(tiledb.ByteShuffleFilter(), tiledb.ZstdFilter(level=3)),
    "TileDB: bitshuffle, zstd 3": _by_tiledb(tiledb.BitShuffleFilter(), tiledb.ZstdFilter(level=3)),
    "TileDB: delta, zstd 3, apart": _by_tiledb(tiledb.DeltaFilter(), tiledb.ZstdFilter(level=3), apart=True),
    "TileDB: LZ4": _by_tiledb(tiledb.LZ4Filter()),
    "TileDB: gzip 6": _by_tiledb(tiledb.GzipFilter(level=6)),
    "TileDB: bzip2 9": _by_tiledb(tiledb.Bzip2Filter(level=9)),
    "TileDB: WebP, lossless": _by_webp,
}


def compare_codecs(folder: Path) -> None:
    """Print what is left of every 4th tile of the images below `folder`, and how quickly."""
    tiles = _tiles(folder)[::4]
    megabytes = sum(tile.nbytes for tile in tiles) / 1e6
    print(f"{len(tiles)} tiles, {megabytes:.1f} MB of pixels")
    for name, encode in CODECS.items():
        began = time.process_time()
        size = sum(len(encode(tile)) for tile in tiles)
        seconds = time.process_time() - began
        print(f"{name:34}{size / 1e6 / megabytes:8.3f} of raw{megabytes / seconds:10.1f} MB per CPU s")


def _tiles(folder: Path) -> list[Tile]:
    paths = sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".tif", ".png")
    )
    images = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    return [
        np.ascontiguousarray(image[y : y + _TILE, x : x + _TILE])
        for image in images
        for y in range(0, image.shape[0], _TILE)
        for x in range(0, image.shape[1], _TILE)
    ]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    writers = commands.add_parser("writers")
    writers.add_argument("--image", type=Path, default=None)
    writers.add_argument("--rounds", type=int, default=3)
    writers.add_argument("--peers", default=None, help="python of an environment with ome-zarr")
    commands.add_parser("codecs").add_argument("folder", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
