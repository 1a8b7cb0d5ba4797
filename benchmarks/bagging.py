"""The bagging step alone: what `holdfast deposit` does between looking at the images and recording them.

    python -m benchmarks.bagging SOURCE SETTINGS

Prints what that step took as JSON; to survey and to identify the source comes before and is not counted.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import io_counters


def prepare(source: Path, settings: Path) -> Callable[[], bool]:
    """The library's own step over `source`, ready to be run once: all that knows its interface.

    The files are split into bags and those made by whom and as many at a time as `holdfast deposit` does.
    """
    import pyarrow.parquet  # noqa: F401, PLC0415  # a deposit has loaded it by then

    from archive.bag import Intent  # noqa: PLC0415
    from archive.crew import Hands  # noqa: PLC0415
    from archive.identifying.interface import Check, FoundImage, Sidecar  # noqa: PLC0415
    from archive.mates import Mates  # noqa: PLC0415
    from archive.planned import PlannedBag  # noqa: PLC0415
    from archive.sources.folder import FolderSource  # noqa: PLC0415
    from archive.sources.interface import SourceFile  # noqa: PLC0415
    from archive.sources.opening import Place  # noqa: PLC0415
    from archive.splitting import Bounds, Piece, placed  # noqa: PLC0415
    from archive.workplace import Workplace  # noqa: PLC0415
    from holdings.catalogue.identity import mark_of  # noqa: PLC0415
    from holdings.observing import nobody  # noqa: PLC0415
    from holdings.settings import read_settings  # noqa: PLC0415
    from holdings.stores.opening import open_store  # noqa: PLC0415

    chosen = read_settings(settings)
    folder = FolderSource(source)
    target = open_store(chosen.stores[chosen.bags.store])
    hands = Hands(source=folder, target=target, threads=chosen.limits.threads, observer=nobody)
    workplace = Workplace(
        settings=chosen,
        place=Place(where=str(source.absolute())),
        marks={name: mark_of(target, None) for name in chosen.stores},
    )
    files = sorted(
        (entry for entry in folder.entries() if isinstance(entry, SourceFile)),
        key=lambda file: file.path.encode(),
    )
    crew = Mates(hands, lambda: workplace, stopping=threading.Event())
    crew.expect(len(files), sum(file.size_bytes for file in files))
    found = [
        item for item in crew.identify(files, check=Check.STRUCTURE) if isinstance(item, FoundImage | Sidecar)
    ]
    pieces = (
        Piece(place, item.file.size_bytes, item.file.path, item.file.size_bytes, 1)
        for place, item in enumerate(found)
    )
    bags: dict[int, list[FoundImage | Sidecar]] = {}
    for place, number in placed(
        pieces, Bounds(size_bytes=chosen.bags.bag_bytes, files=chosen.bags.bag_files)
    ):
        bags.setdefault(number, []).append(found[place])

    def store(number: int) -> bool:
        intent = Intent(
            package_id=f"bench-{number:012x}",
            collection="bench",
            started_at=datetime(2026, 1, 1, tzinfo=UTC),
            algorithms=chosen.bags.algorithms,
            software="benchmark",
            number=number,
            count=len(bags),
        )
        planned = PlannedBag(files=bags[number], number=number, count=len(bags))
        return crew.store(planned, intent) is not None

    def step() -> bool:
        with crew, ThreadPoolExecutor(crew.at_once) as pool:
            return all(pool.map(store, bags))

    return step


def main(source: Path, settings: Path) -> None:
    """Run the step and say what it took."""
    step = prepare(source, settings)
    io_before, wall, cpu = io_counters("self"), time.perf_counter(), _cpu_seconds()
    if not step():
        raise SystemExit("nothing was bagged")
    io_after = io_counters("self")
    print(
        json.dumps(
            {
                "wall_seconds": time.perf_counter() - wall,
                "cpu_seconds": _cpu_seconds() - cpu,
                "peak_bytes": 1024 * max(used.ru_maxrss for used in _usage()),
                "read_bytes": io_after.get("rchar", 0) - io_before.get("rchar", 0),
                "written_bytes": io_after.get("wchar", 0) - io_before.get("wchar", 0),
            }
        )
    )


def _cpu_seconds() -> float:
    return sum(used.ru_utime + used.ru_stime for used in _usage())


def _usage() -> list[resource.struct_rusage]:
    """Of this process, and of those that it waited for."""
    return [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
