"""A deposit: Holdfast against what people do today and against the least that it could take.

    python -m benchmarks.deposit                                    # small, a minute
    python -m benchmarks.deposit --large 500 --small 20000 --rounds 5

Everybody makes SHA-512 and SHA-256 manifests of the same made images, 4 MB and 20 kB each.
Holdfast reads its tar back from the store and forces it onto the disk, and the whole deposit
looks into every image and records it as well; what people do today does none of that. The floor
hashes each file and what it reads back; the one with a proof also hashes what it writes, since a
hash that was read back proves nothing without one to compare it with. The
contenders alternate within one run, each in a process of its own. Take the ratios: the seconds
belong to the machine. It cleans up behind itself and stops the server that it starts.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.made import make_images
from benchmarks.measuring import Took, in_turn, machine, table, took
from holdings.settings.template import write_template

ALGORITHMS = ("sha512", "sha256")
LARGE_BYTES, SMALL_BYTES = 4_000_000, 20_000
_HOLDFAST = [sys.executable, "-c", "from service.cli.main import main; main()"]


@dataclass(frozen=True, kw_only=True)
class Round:
    """Where one contender works, once; thrown away after it."""

    source: Path
    folder: Path
    bucket: str | None
    """An S3 bucket to deposit into; None means the folder."""
    env: Mapping[str, str]

    @property
    def log(self) -> Path:
        """What the contender says."""
        return self.folder / "log.txt"


def bag_only(at: Round) -> Took:
    """The bagging step of the library alone."""
    took([sys.executable, "-m", "benchmarks.bagging", str(at.source), _settings(at)], log=at.log, env=at.env)
    return Took(**json.loads(at.log.read_text().splitlines()[-1]))


def whole(at: Round) -> Took:
    """`holdfast deposit` into a fresh house."""
    words = [*_HOLDFAST, "deposit", str(at.source), "-c", "bench", "--settings", _settings(at), "--json"]
    return took(words, log=at.log, env=at.env)


def today(at: Round, *, by_s5cmd: bool = False) -> Took:
    """cp, bagit-python with two processes, tar, rclone or s5cmd."""
    work, target = at.folder / "work", str(at.folder / "bag.tar")
    work.mkdir()
    if at.bucket is not None:
        target = f"{'s3://' if by_s5cmd else 'bench:'}{at.bucket}/bag.tar"
    words = [sys.executable, "-m", "benchmarks.today", str(at.source), str(work), target, *ALGORITHMS]
    return took(words, log=at.log, env=at.env)


def floor(at: Round, *words: str) -> Took:
    """The same bytes read, hashed, written and read back, and nothing else."""
    target = str(at.folder / "bytes")
    program = [sys.executable, "-m", "benchmarks.floor"]
    return took([*program, str(at.source), target, *ALGORITHMS, *words], log=at.log)


CONTENDERS: dict[str, Callable[[Round], Took]] = {
    "Holdfast, bag only": bag_only,
    "`holdfast deposit`": whole,
    "cp, bagit.py -p 2, validate, tar, rclone": today,
    "the same, and s5cmd": partial(today, by_s5cmd=True),
    "the floor": floor,
    "the floor, with a proof": lambda at: floor(at, "--proving"),
}
IN_FOLDERS_ONLY = {"the floor", "the floor, with a proof"}
"""Only a file can be forced to the disk."""
ON_S3_ONLY = {"the same, and s5cmd"}


def main() -> None:
    """Make files, run the contenders, print the tables."""
    asked = _arguments()
    print(f"{machine()}; medians of {asked.rounds} rounds; ratios to the first line.")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=asked.folder) as place:
        for files, file_bytes in ((asked.large, LARGE_BYTES), (asked.small, SMALL_BYTES)):
            if not files:
                continue
            source = Path(place) / "source"
            payload_bytes = make_images(source, files=files, file_bytes=file_bytes)
            for server in (None, *(["SeaweedFS"] if asked.seaweedfs else [])):
                title = f"{files} files of {file_bytes / 1e6:g} MB into {server or 'a local store'}"
                runs = _compare(
                    source, Path(place) / "round", rounds=asked.rounds, seaweedfs=server is not None
                )
                print(table(title, runs, payload_bytes=payload_bytes), flush=True)
            shutil.rmtree(source)


def _compare(source: Path, folder: Path, *, rounds: int, seaweedfs: bool) -> dict[str, list[Took]]:
    absent = IN_FOLDERS_ONLY if seaweedfs else ON_S3_ONLY
    runs: dict[str, list[Took]] = {name: [] for name in CONTENDERS if name not in absent}
    for number in range(rounds):
        for name in in_turn(runs, number):
            with _fresh(source, folder, seaweedfs=seaweedfs) as at:
                runs[name].append(CONTENDERS[name](at))
    return runs


@contextmanager
def _fresh(source: Path, folder: Path, *, seaweedfs: bool) -> Iterator[Round]:
    """A new folder and, for S3, a new server: nobody meets what another left behind."""
    from tests.kit.seaweed import running_seaweed  # noqa: PLC0415

    folder.mkdir()
    try:
        with running_seaweed() if seaweedfs else nullcontext() as server:
            if server is None:
                yield Round(source=source, folder=folder, bucket=None, env={})
                return
            rclone = {
                "RCLONE_CONFIG_BENCH_TYPE": "s3",
                "RCLONE_CONFIG_BENCH_PROVIDER": "SeaweedFS",
                "RCLONE_CONFIG_BENCH_ENV_AUTH": "true",
                "RCLONE_CONFIG_BENCH_ENDPOINT": server.endpoint,
                "BENCH_ENDPOINT": server.endpoint,
                "S3_ENDPOINT_URL": server.endpoint,
            }
            env = {**server.environment, **rclone}
            yield Round(source=source, folder=folder, bucket=server.make_bucket(), env=env)
    finally:
        shutil.rmtree(folder)


def _settings(at: Round) -> str:
    """Fresh settings whose bags go to a local store or to the bucket; their path."""
    write_template(at.folder)
    path = at.folder / "holdfast.toml"
    if at.bucket is not None:
        path.write_text(_with_bucket(path.read_text(), at))
    return str(path)


def _with_bucket(text: str, at: Round) -> str:
    """The template's first store moved to S3."""
    lines = []
    for line in text.splitlines():
        lines.append(line)
        if line == 'url = "file:stores/hot"':
            lines[-1] = (
                f'url = "s3://{at.bucket}"\nendpoint = "{at.env["BENCH_ENDPOINT"]}"\nregion = "us-east-1"'
            )
    return "\n".join(lines) + "\n"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=int, default=50, metavar="N", help="files of 4 MB; 0 for none")
    parser.add_argument("--small", type=int, default=2000, metavar="N", help="files of 20 kB; 0 for none")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--seaweedfs", action=argparse.BooleanOptionalAction, default=True, help="into an S3 server, too"
    )
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to work; the usual temporary one else"
    )
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", os.getcwd())  # noqa: PTH109  # a process of its own finds the same tree
    main()
