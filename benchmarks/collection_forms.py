"""One sheet in every form, layout and codec: what it takes, and what a random window of it costs.

    python -m benchmarks.collection_forms [--image FILE] [--windows 60] [--s3]

A house is made in a temporary folder, the image (6000 x 8000 pixels, as in `benchmarks.collection`)
is deposited as a TIFF (deflate, with predictor, strips), and a collection is built of it in every way,
each comparison included. Then the same random windows of 512 x 512 pixels at full size are read, by
our reader and by the library that anybody would take (zarr-python, tiledb), from files that are in the
page cache; with `--s3` from a SeaweedFS server that is started for it. Seconds belong to the machine.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import tifffile
import tiledb
import zarr
from numpy.typing import NDArray
from zarr.storage import FsspecStore

from archive.collection.building import build
from archive.collection.finding import Found, find_built
from archive.collection.locating import address, tiledb_place
from archive.collection.options import Options
from archive.collection.reading import read_box
from archive.deposit import deposit
from benchmarks.collection import HEIGHT, WIDTH, pixels_of
from benchmarks.measuring import machine
from holdings.house import House
from holdings.stores.counting import CountingStore
from tests.archive.helpers import with_hot
from tests.kit.houses import a_house, s3_stores
from tests.kit.seaweed import running_seaweed

_SIDE = 512
_WAYS = {
    "zarr, one zip (default)": Options(),
    "zarr, sharded arrays": Options(layout="shards"),
    "zarr, one zip, jpegxl": Options(codec="jpegxl"),
    "zarr, one zip, from half size": Options(first_level=1),
    "zarr, one zip, jpegxl-lossy": Options(codec="jpegxl-lossy"),
    "TileDB": Options(form="tiledb"),
}
Read = Callable[[int, int], NDArray[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Took:
    """A window, in the median."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """One way, measured."""

    size_bytes: int
    objects: int
    cpu_seconds: float
    """Of the build: decoding, comparing, putting and reading back included."""
    ours: Took
    theirs: Took
    cold_requests: int
    """Of our reader, once, before the first window of a collection."""
    requests: float
    """Of our reader, for a window."""


def main() -> None:
    """Measure and print."""
    wanted = _arguments()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-bench-")))
        house = stack.enter_context(
            a_house(_made(folder / "house"), stores=_stores(stack) if wanted.s3 else None)
        )
        _made(folder / "source")
        image = pixels_of(wanted.image)
        tifffile.imwrite(
            folder / "source" / "sheet.tif",
            image,
            photometric="rgb",
            compression="deflate",
            predictor=True,
            rowsperstrip=16,
        )
        deposit(house, folder / "source", collection="bench")
        where = "SeaweedFS on this machine" if wanted.s3 else "a folder"
        print(f"{WIDTH} x {HEIGHT} x 3 ({image.nbytes / 1e6:.0f} MB), {machine()}, from {where}\n")
        heads = (
            "MB",
            "objects",
            "build, CPU s",
            "requests once",
            "and for a window",
            "window, ms",
            "CPU ms",
            "by its library, ms",
            "CPU ms",
        )
        print(f"| form | {' | '.join(heads)} |")
        print(f"|---|{'--:|' * len(heads)}")
        for name, options in _WAYS.items():
            at = _measured(house, options, wanted.windows)
            cells = [
                f"{at.size_bytes / 1e6:.1f}",
                f"{at.objects}",
                f"{at.cpu_seconds:.1f}",
                f"{at.cold_requests}",
                f"{at.requests:.1f}" if at.requests else "by TileDB",
                *(f"{ms:.0f}" for took in (at.ours, at.theirs) for ms in (took.wall_ms, took.cpu_ms)),
            ]
            print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _stores(stack: ExitStack) -> str:
    server = stack.enter_context(running_seaweed())
    os.environ.update(server.environment)
    return s3_stores(server.endpoint, hot=server.make_bucket("hot"), cold=server.make_bucket("cold"))


def _measured(house: House, options: Options, windows: int) -> Form:
    began = time.process_time()
    made = build(house, "bench", options)
    seconds = time.process_time() - began
    (image,) = made.images
    counting = CountingStore(house.store("hot"))
    watched = with_hot(house, counting)
    # As if nobody had read of that collection here: its table is fetched, too.
    (house.settings.catalogue.folder / "collections" / f"{made.package.package_id}.parquet").unlink(
        missing_ok=True
    )
    found = find_built(watched, f"{made.package.package_id}.1")
    cold = sum(counting.requests.values())
    first = found.built.pixel_form.stored[0]
    level = first.number

    def ours(y: int, x: int) -> NDArray[Any]:
        # What `window` does once it has asked the catalogue for a good copy.
        box: NDArray[Any] = read_box(watched, counting, found, first, ((0, y, x), (1, _SIDE, _SIDE)))
        return np.asarray(box[0])

    ours_took, theirs_took = _paired(ours, _theirs(house, found), windows, level, not image.is_lossy)
    return Form(
        size_bytes=image.size_bytes,
        objects=len(image.objects),
        cpu_seconds=seconds,
        ours=ours_took,
        theirs=theirs_took,
        cold_requests=cold,
        requests=(sum(counting.requests.values()) - cold) / (windows + 1),
    )


def _theirs(house: House, found: Found) -> Read:
    """The level's array, opened once, by zarr-python or tiledb."""
    spec, name = house.settings.stores["hot"], f"scale{found.built.first_level}"
    if found.built.form == "tiledb":
        place = tiledb_place(spec, found)
        array = tiledb.open(f"{place.url}/{name}", ctx=tiledb.Ctx(dict(place.options)))
        return lambda y, x: np.moveaxis(array[:, y : y + _SIDE, x : x + _SIDE]["intensity"], 0, -1)
    place = address(spec, found.package, found.built.key)
    options: dict[str, Any] = dict(place.options)
    url = place.url
    if found.built.layout == "ozx":
        url, options = f"zip::{url}", {url.partition(":")[0]: options}
    store = FsspecStore.from_url(url, storage_options=options, read_only=True)
    level = zarr.open_array(store, path=f"{name}/image", mode="r")
    return lambda y, x: np.moveaxis(np.asarray(level[:, y : y + _SIDE, x : x + _SIDE]), 0, -1)


def _paired(ours: Read, theirs: Read, windows: int, level: int, exact: bool) -> tuple[Took, Took]:
    """Medians over the same windows, in turn; the first of all is not counted."""
    taken: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for y, x in _places(windows + 1, level):
        found = []
        for read, seconds in zip((ours, theirs), taken, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            found.append(read(y, x))
            seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
        assert not exact or np.array_equal(found[0], found[1])
    return _median(taken[0][1:]), _median(taken[1][1:])


def _median(seconds: Sequence[tuple[float, float]]) -> Took:
    wall, cpu = (median(figures) * 1000 for figures in zip(*seconds, strict=True))
    return Took(wall_ms=wall, cpu_ms=cpu)


def _places(count: int, level: int) -> Iterator[tuple[int, int]]:
    random = np.random.default_rng(0)
    for _ in range(count):
        yield (
            int(random.integers(0, (HEIGHT >> level) - _SIDE)),
            int(random.integers(0, (WIDTH >> level) - _SIDE)),
        )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--image", type=Path, default=None)
    parser.add_argument("--windows", type=int, default=60)
    parser.add_argument("--s3", action="store_true", help="on a SeaweedFS server of its own")
    return parser.parse_args()


if __name__ == "__main__":
    main()
