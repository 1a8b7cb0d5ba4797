"""Validation against bagit.py and against raw hashing, side by side in one run.

    python -m benchmarks.validate                        # small, a few seconds
    python -m benchmarks.validate --large 500 --small 20000 --structure 1000000 --rounds 5

It makes its own bags in a temporary folder and removes them. Every figure is the median of the
rounds, whole processes with their start.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.made import make_bag
from benchmarks.measuring import Took, in_turn, machine, table, took

ALGORITHMS = ("sha256", "sha512")
LARGE_BYTES, SMALL_BYTES, TINY_BYTES = 4_000_000, 20_000, 16
_HOLDFAST = [sys.executable, "-c", "from service.cli.main import main; main()", "validate"]
RAW = """
import hashlib, os, sys
from concurrent.futures import ThreadPoolExecutor
def one(path):
    hashers = [hashlib.new(name) for name in {algorithms!r}]
    with open(path, "rb", buffering=0) as opened:
        buffer = memoryview(bytearray(min(512 * 1024, os.fstat(opened.fileno()).st_size + 1)))
        while length := opened.readinto(buffer):
            for hasher in hashers: hasher.update(buffer[:length])
    return [hasher.digest() for hasher in hashers]
paths = [os.path.join(folder, name) for folder, _, names in os.walk(sys.argv[1]) for name in names]
with ThreadPoolExecutor(2) as pool: list(pool.map(one, paths, chunksize=1))
"""


def bagit(path: Path, *words: str) -> list[str]:
    """The Library of Congress's."""
    return [sys.executable, "-m", "bagit", "--validate", "--quiet", *words, str(path)]


def raw(path: Path, algorithms: Sequence[str]) -> list[str]:
    """Nothing but reading and hashing, by as many threads."""
    return [sys.executable, "-c", RAW.format(algorithms=tuple(algorithms)), str(path)]


def compare(jobs: Mapping[str, list[str]], rounds: int, log: Path) -> dict[str, list[Took]]:
    """Run the jobs in turn, `rounds` times, so that a busy moment meets all of them."""
    runs: dict[str, list[Took]] = {name: [] for name in jobs}
    for words in jobs.values():
        took(words, log=log)  # once unmeasured: the files are in the page cache for everybody
    for number in range(rounds):
        for name in in_turn(jobs, number):
            runs[name].append(took(jobs[name], log=log))
    return runs


def main() -> None:
    """Make the bags, run everybody, print the tables."""
    asked = _arguments()
    print(f"{machine()}; medians of {asked.rounds} rounds; ratios to the first line.")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=asked.folder) as name:
        for files, file_bytes in ((asked.large, LARGE_BYTES), (asked.small, SMALL_BYTES)):
            if files:
                _whole(Path(name), files=files, file_bytes=file_bytes, rounds=asked.rounds)
        if asked.structure:
            _structure(Path(name), files=asked.structure, rounds=asked.rounds)


def _whole(place: Path, *, files: int, file_bytes: int, rounds: int) -> None:
    bag = make_bag(place / "bag", files=files, file_bytes=file_bytes, algorithms=ALGORITHMS)
    plain, packed = place / "bag.tar", place / "bag.tar.gz"
    for path, mode, level in ((plain, "w", {}), (packed, "w:gz", {"compresslevel": 1})):
        with tarfile.open(path, mode, **level) as opened:  # type: ignore[call-overload]  # the mode is a variable
            opened.add(bag, arcname="bag")
    jobs = {
        "`holdfast validate`, folder": [*_HOLDFAST, str(bag)],
        "`holdfast validate`, tar": [*_HOLDFAST, str(plain)],
        "`holdfast validate`, tar.gz": [*_HOLDFAST, str(packed)],
        "raw hashing, 2 threads": raw(bag / "data", ALGORITHMS),
        "bagit.py --processes 2": bagit(bag, "--processes", "2"),
    }
    title = f"{files} files of {file_bytes / 1e6:g} MB, {' and '.join(ALGORITHMS)}"
    runs = compare(jobs, rounds, place / "log")
    print(table(title, runs, payload_bytes=files * file_bytes), flush=True)
    shutil.rmtree(bag)
    plain.unlink()
    packed.unlink()


def _structure(place: Path, *, files: int, rounds: int) -> None:
    bag = make_bag(place / "structure", files=files, file_bytes=TINY_BYTES, algorithms=ALGORITHMS)
    jobs = {
        "`holdfast validate --fast`": [*_HOLDFAST, "--fast", str(bag)],
        "bagit.py --completeness-only": bagit(bag, "--completeness-only"),
    }
    title = f"Structure alone of {files} files, {' and '.join(ALGORITHMS)}"
    print(table(title, compare(jobs, rounds, place / "log"), payload_bytes=files * TINY_BYTES), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=int, default=50, metavar="N", help="files of 4 MB; 0 for none")
    parser.add_argument("--small", type=int, default=2000, metavar="N", help="files of 20 kB; 0 for none")
    parser.add_argument(
        "--structure", type=int, default=20_000, metavar="N", help="files of 16 bytes; 0 for none"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where the temporary folder is made")
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", os.getcwd())  # noqa: PTH109  # a process of its own finds the same tree
    main()
