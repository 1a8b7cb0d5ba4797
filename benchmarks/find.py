"""How long it takes to find images by identifier among millions, and what that costs before.

    python -m benchmarks.find --packages 10000 --images 1000

Packages are made up: index files as a deposit writes them, and rows in a catalogue; no bag is
written. Then the merged index is built, and identifiers drawn by a fixed seed are looked up: image
identifiers, specimen numbers, file names and GUIDs, in this process (the first, and once warm), and
as a whole command. A lookup that answers with anything but the one image
that was meant ends the run.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measuring import took
from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.index import INDEX_NAME, index_schema
from holdings.catalogue.index_query import ImageQuery
from holdings.catalogue.interface import Entry
from holdings.opening import open_house
from holdings.records import Package, PackageKind, StoredObject, sha256_hex
from holdings.settings import read_settings
from holdings.settings.template import write_template

COLLECTION = "herb"
AT = datetime(2026, 1, 1, tzinfo=UTC)
_PACKAGES_AT_ONCE = 500


def main() -> None:
    """Make the packages, build, look up, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--packages", type=int, default=1000, metavar="N")
    parser.add_argument("--images", type=int, default=1000, metavar="N", help="in each package")
    parser.add_argument("--lookups", type=int, default=50, metavar="N", help="of each kind")
    parser.add_argument("--folder", type=Path, default=None, help="where the temporary folder is made")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        _measure(Path(name), asked.packages, asked.images, asked.lookups)


def _measure(folder: Path, packages: int, images: int, lookups: int) -> None:
    write_template(folder)
    with open_house(read_settings(folder / "holdfast.toml")) as house:
        catalogue = house.catalogue
    assert isinstance(catalogue, DuckDBCatalogue)
    index_bytes = _fill(catalogue, packages, images)
    print(f"{packages:,} packages, {packages * images:,} images; their indexes: {index_bytes / 1e6:,.0f} MB")
    cpu = time.process_time()
    built = _seconds(catalogue.images.merge)
    size = sum(path.stat().st_size for path in catalogue.images.lookup.folder.iterdir())
    print(
        f"merged index: {built:,.1f} s wall, {time.process_time() - cpu:,.1f} s CPU, {size / 1e6:,.0f} MB, "
        f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000:,.0f} MB",
        flush=True,
    )
    drawn = _drawn(packages, images, lookups)
    for kind, some in drawn.items():
        times = [_took(partial(_look, catalogue, query, image_id)) for query, image_id in some]
        _report(f"by {kind}", times)
    _commands(folder, drawn["specimen"])


def _fill(catalogue: DuckDBCatalogue, packages: int, images: int) -> int:
    """Index files and rows; returns the bytes of the indexes."""
    catalogue.images.folder.mkdir()
    written = 0
    waiting: list[Package] = []
    with catalogue.batch():  # so that nothing is merged yet
        for number in range(packages):
            name = _package_id(number)
            path = catalogue.images.path(name)
            _write_index(path, name, number * images, images)
            data = path.read_bytes()
            item = StoredObject(key=INDEX_NAME, size_bytes=len(data), sha256=sha256_hex(data))
            written += len(data)
            waiting.append(
                Package(
                    package_id=name,
                    kind=PackageKind.BAG,
                    collection=COLLECTION,
                    created_at=AT,
                    objects=(item,),
                    images=images,
                )
            )
            if len(waiting) == _PACKAGES_AT_ONCE or number == packages - 1:
                catalogue.record(Entry(packages=waiting))
                waiting = []
    return written


def _package_id(number: int) -> str:
    return f"{COLLECTION}-{number:012x}"


def _specimen(number: int) -> str:
    return f"NHMUK {number:09d}"


def _guid(number: int) -> str:
    return f"https://example.org/object/{sha256_hex(b'GUID %d' % number)[:32]}"


def _write_index(path: Path, name: str, first: int, images: int) -> None:
    """What `write_index` writes, from columns: ten million records one by one would take too long."""
    numbers = range(first, first + images)
    schema = index_schema()
    columns = {
        "image_id": [f"{name}.{n + 1}" for n in range(images)],
        "package_id": [name] * images,
        "path": [f"drawer {n % 97}/NHMUK_{n:09d}_{n % 3}.tif" for n in numbers],
        "size_bytes": [20_000 + n % 1009 for n in numbers],
        "sha256": [sha256_hex(b"%d" % n) for n in numbers],
        "media_type": ["image/tiff"] * images,
        "width_px": [640] * images,
        "height_px": [480] * images,
        "object_key": ["bag.tar"] * images,
        "offset": [512 + n * 22_000 for n in range(images)],
        "specimen": [_specimen(n) for n in numbers],
        "terms": [
            [("dwc:catalogNumber", _specimen(n)), ("dwc:country", "France"), ("dwc:occurrenceID", _guid(n))]
            for n in numbers
        ],
    }
    filled = {field.name: columns.get(field.name, [None] * images) for field in schema}
    pq.write_table(pa.table(filled, schema=schema), path, compression="zstd", store_schema=False)


def _drawn(packages: int, images: int, lookups: int) -> dict[str, list[tuple[ImageQuery, str]]]:
    """Questions by their kind, each with the one image that answers it."""
    dice = random.Random(1)
    drawn: dict[str, list[tuple[ImageQuery, str]]] = {}
    for _ in range(lookups):
        number = dice.randrange(packages * images)
        name = f"{_package_id(number // images)}.{number % images + 1}"
        for kind, query in {
            "image": ImageQuery(identifier=name),
            "specimen": ImageQuery(specimen=_specimen(number)),
            "file name": ImageQuery(identifier=f"NHMUK_{number:09d}_{number % 3}.tif"),
            "GUID": ImageQuery(identifier=_guid(number)),
            "beginning of a specimen": ImageQuery(specimen=_specimen(number) + "*"),
            "nothing there": ImageQuery(identifier=f"no such thing {number}"),
        }.items():
            drawn.setdefault(kind, []).append((query, "" if kind == "nothing there" else name))
    return drawn


def _look(catalogue: DuckDBCatalogue, query: ImageQuery, image_id: str) -> None:
    found = [
        name for batch in catalogue.images.search(query) for name in batch.column("image_id").to_pylist()
    ]
    if found != ([image_id] if image_id else []):
        raise SystemExit(f"{query} found {found}, not {image_id}")


def _seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def _took(do: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of CPU time in all threads."""
    cpu = time.process_time()
    wall = _seconds(do)
    return wall * 1000, (time.process_time() - cpu) * 1000


def _report(what: str, times: Sequence[tuple[float, float]]) -> None:
    walls = [wall for wall, _ in times]
    cpu = statistics.median(each for _, each in times)
    print(
        f"  {what:28s} first {walls[0]:7.1f} ms   median {statistics.median(walls):7.1f} ms"
        f"   most {max(walls):7.1f} ms   median of the CPU time {cpu:6.1f} ms",
        flush=True,
    )


def _commands(folder: Path, drawn: Sequence[tuple[ImageQuery, str]]) -> None:
    """Whole commands, with the start of Python and of every library."""
    program = [sys.executable, "-c", "from service.cli.main import main; main()"]
    words = {
        "holdfast --version": ["--version"],
        "holdfast find --specimen": [
            *("find", "--specimen", drawn[0][0].specimen or ""),
            *("--settings", str(folder / "holdfast.toml")),
        ],
    }
    for name, more in words.items():
        ran = [took([*program, *more], log=folder / "log") for _ in range(5)]
        wall = statistics.median(one.wall_seconds for one in ran)
        cpu = statistics.median(one.cpu_seconds for one in ran)
        print(f"  {name:28s} {wall * 1000:.0f} ms wall, {cpu * 1000:.0f} ms CPU, whole command")


if __name__ == "__main__":
    main()
