"""A deposit: Holdfast against what people do today, on the same made files.

    python -m benchmarks.deposit [--files 60] [--megabytes 4] [--rounds 3]

Both make SHA-512 and SHA-256 manifests and end with a tar in a folder. Holdfast also reads the
tar back from the store, forces it onto the disk, identifies every image and records it; the
others do none of that. The contenders alternate within one run, each in a process of its own;
medians are printed. Take the ratios: the seconds belong to the machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from benchmarks.measuring import Took, median, took
from holdings.settings.template import write_template

ALGORITHMS = ("sha512", "sha256")
_HOLDFAST = [sys.executable, "-c", "from service.cli.main import main; main()"]
Contender = Callable[[Path, Path], Took]


def main() -> None:
    """Make files, run the contenders, print the table."""
    wanted = _arguments()
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=wanted.folder) as place:
        folder = Path(place)
        source = folder / "source"
        size = make_files(source, files=wanted.files, megabytes=wanted.megabytes)
        made = f"{wanted.files} TIFF files, {size / 1e6:,.0f} MB"
        print(f"{made}, {wanted.rounds} rounds, {os.cpu_count()} processors")
        runs: dict[str, list[Took]] = {name: [] for name in CONTENDERS}
        for number in range(wanted.rounds):
            for name, contender in _in_turn(number):
                runs[name].append(_run(contender, source, folder / "round"))
    print_table(runs, size)


def make_files(source: Path, *, files: int, megabytes: float) -> int:
    """Fill `source` with TIFF images of noise, which nothing can compress; returns their bytes."""
    source.mkdir()
    width = 1024
    height = max(1, round(megabytes * 1e6 / (3 * width)))
    for number in range(files):
        noise = Image.frombytes("RGB", (width, height), os.urandom(3 * width * height))
        noise.save(source / f"specimen-{number:05d}.tif")
    return sum(path.stat().st_size for path in source.iterdir())


def holdfast(source: Path, folder: Path) -> Took:
    """`holdfast deposit` into a fresh house."""
    write_template(folder)
    settings = str(folder / "holdfast.toml")
    words = [*_HOLDFAST, "deposit", str(source), "-c", "bench", "--settings", settings, "--json"]
    return took(words, log=folder / "log.txt")


def today(source: Path, folder: Path) -> Took:
    """cp, bagit-python with two processes, tar, cp."""
    work, store = folder / "work", folder / "store"
    work.mkdir()
    store.mkdir()
    words = [sys.executable, "-m", "benchmarks.today", str(source), str(work), str(store), *ALGORITHMS]
    return took(words, log=folder / "log.txt")


CONTENDERS: dict[str, Contender] = {"holdfast deposit": holdfast, "cp, bagit.py, tar, cp": today}


def print_table(runs: dict[str, list[Took]], size: int) -> None:
    """Medians, and how many times what Holdfast takes the others take."""
    ours = median(runs["holdfast deposit"])
    print(f"\n{'':24}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'MB/s':>9}{'wall ratio':>12}{'CPU ratio':>11}")
    for name, results in runs.items():
        at = median(results)
        print(
            f"{name:24}{at.wall_seconds:9.2f}{at.cpu_seconds:9.2f}{at.peak_bytes / 1e6:9.0f}"
            f"{size / 1e6 / at.wall_seconds:9.0f}{at.wall_seconds / ours.wall_seconds:12.2f}"
            f"{at.cpu_seconds / ours.cpu_seconds:11.2f}"
        )


def _in_turn(number: int) -> list[tuple[str, Contender]]:
    """The contenders, each of them first in turn."""
    order = list(CONTENDERS.items())
    return order[number % len(order) :] + order[: number % len(order)]


def _run(contender: Contender, source: Path, folder: Path) -> Took:
    folder.mkdir()
    try:
        return contender(source, folder)
    finally:
        shutil.rmtree(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--megabytes", type=float, default=4.0, help="of each file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to work; the usual temporary one else"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
