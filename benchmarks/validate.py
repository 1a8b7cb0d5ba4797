"""Validation against bagit.py and against raw hashing, side by side in one run.

    python -m benchmarks.validate                        # small, a few seconds
    python -m benchmarks.validate --large 500 --small 20000 --structure 1000000 --rounds 5

It makes its own bags in a temporary folder and removes them. Every figure is the median of the
rounds, whole processes with their start: wall seconds, CPU seconds, peak memory.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ALGORITHMS = ("sha256", "sha512")
LARGE_BYTES, SMALL_BYTES, TINY_BYTES = 4_000_000, 20_000, 16
OURS = """
import sys
from service.cli.validate import validate
sys.exit(validate(sys.argv[2:], fast=sys.argv[1] == "fast"))
"""
RAW = """
import hashlib, os, sys
from concurrent.futures import ThreadPoolExecutor
def one(path):
    hashers = [hashlib.new(name) for name in {algorithms!r}]
    buffer = memoryview(bytearray(512 * 1024))
    with open(path, "rb", buffering=0) as opened:
        while length := opened.readinto(buffer):
            for hasher in hashers: hasher.update(buffer[:length])
    return [hasher.digest() for hasher in hashers]
paths = [os.path.join(folder, name) for folder, _, names in os.walk(sys.argv[1]) for name in names]
with ThreadPoolExecutor(2) as pool: list(pool.map(one, paths, chunksize=1))
"""


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run(words: Sequence[str]) -> Cost:
    """Run a process to its good end and tell what it cost, its children included."""
    began = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{words[:4]} ended with {process.returncode}")
    return Cost(wall_s=wall, cpu_s=used.ru_utime + used.ru_stime, peak_mb=used.ru_maxrss / 1000)


def make_bag(folder: Path, *, files: int, file_bytes: int, algorithms: Sequence[str]) -> Path:
    """A bag of files of random bytes, a thousand to a folder, its manifests in order."""
    manifests: dict[str, list[str]] = {name: [] for name in algorithms}
    for number in range(files):
        path = f"data/drawer_{number // 1000:05d}/IMG_{number:07d}.tif"
        if number % 1000 == 0:
            (folder / path).parent.mkdir(parents=True)
        data = os.urandom(file_bytes)
        (folder / path).write_bytes(data)
        for name, lines in manifests.items():
            lines.append(f"{hashlib.new(name, data).hexdigest()}  {path}\n")
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")
    (folder / "bag-info.txt").write_text(f"Payload-Oxum: {files * file_bytes}.{files}\n")
    for name, lines in manifests.items():
        (folder / f"manifest-{name}.txt").write_text("".join(lines))
    tags = ["bagit.txt", "bag-info.txt", *(f"manifest-{name}.txt" for name in algorithms)]
    for name in algorithms:
        rows = (f"{hashlib.new(name, (folder / tag).read_bytes()).hexdigest()}  {tag}\n" for tag in tags)
        (folder / f"tagmanifest-{name}.txt").write_text("".join(rows))
    return folder


def ours(*paths: Path, fast: bool = False) -> list[str]:
    """The command of this project."""
    return [sys.executable, "-c", OURS, "fast" if fast else "whole", *map(str, paths)]


def bagit(path: Path, *words: str) -> list[str]:
    """The Library of Congress's."""
    return [sys.executable, "-m", "bagit", "--validate", "--quiet", *words, str(path)]


def raw(path: Path, algorithms: Sequence[str]) -> list[str]:
    """Nothing but reading and hashing, by as many threads."""
    return [sys.executable, "-c", RAW.format(algorithms=tuple(algorithms)), str(path)]


def compare(title: str, jobs: dict[str, list[str]], rounds: int) -> dict[str, Cost]:
    """Run the jobs in turn, `rounds` times, so that a busy moment meets all of them."""
    costs: dict[str, list[Cost]] = {name: [] for name in jobs}
    for words in jobs.values():
        run(words)  # once unmeasured: the files are in the page cache for everybody
    for _ in range(rounds):
        for name, words in jobs.items():
            costs[name].append(run(words))
    medians = {name: _median(series) for name, series in costs.items()}
    first = next(iter(medians.values()))
    print(f"\n{title}")
    for name, cost in medians.items():
        print(
            f"  {name:28s} {cost.wall_s:8.2f} s wall {cost.cpu_s:8.2f} s CPU {cost.peak_mb:7.0f} MB"
            f"   x{cost.wall_s / first.wall_s:.2f}"
        )
    return medians


def _median(series: Sequence[Cost]) -> Cost:
    pick: Callable[[str], float] = lambda field: statistics.median(getattr(cost, field) for cost in series)  # noqa: E731
    return Cost(wall_s=pick("wall_s"), cpu_s=pick("cpu_s"), peak_mb=pick("peak_mb"))


def main() -> None:
    """Make the bags, run everybody, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=int, default=50, metavar="N", help="files of 4 MB")
    parser.add_argument("--small", type=int, default=2000, metavar="N", help="files of 20 kB")
    parser.add_argument("--structure", type=int, default=20_000, metavar="N", help="files of 16 bytes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where the temporary folder is made")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        _run_all(Path(name), asked)


def _run_all(folder: Path, asked: argparse.Namespace) -> None:
    for kind, files, file_bytes in (("large", asked.large, LARGE_BYTES), ("small", asked.small, SMALL_BYTES)):
        for algorithms in (("sha256",), ALGORITHMS):
            bag = make_bag(
                folder / f"{kind}-{len(algorithms)}",
                files=files,
                file_bytes=file_bytes,
                algorithms=algorithms,
            )
            tar = bag.with_suffix(".tar")
            with tarfile.open(tar, "w") as opened:
                opened.add(bag, arcname="bag")
            jobs = {
                "holdfast, folder": ours(bag),
                "holdfast, tar": ours(tar),
                "raw hashing, 2 threads": raw(bag / "data", algorithms),
                "bagit.py --processes 2": bagit(bag, "--processes", "2"),
            }
            compare(f"{files} files of {file_bytes} bytes, {' + '.join(algorithms)}", jobs, asked.rounds)
            tar.unlink()
    bag = make_bag(folder / "structure", files=asked.structure, file_bytes=TINY_BYTES, algorithms=ALGORITHMS)
    jobs = {
        "holdfast --fast": ours(bag, fast=True),
        "bagit.py --completeness-only": bagit(bag, "--completeness-only"),
    }
    compare(f"structure of {asked.structure} files, {' + '.join(ALGORITHMS)}", jobs, asked.rounds)


if __name__ == "__main__":
    main()
