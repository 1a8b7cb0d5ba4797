"""Packages moved from one S3 server to another: `holdfast tier apply` against `rclone copy --checksum`.

    python -m benchmarks.tiering                        # small, some minutes
    python -m benchmarks.tiering --large 200 --small 5000 --rounds 5

Both move the same objects between the same two SeaweedFS servers, as many large ones at a time; of small
ones Holdfast copies four times as many at a time by itself, and rclone is asked both ways. Holdfast reads
every object back from the target and hashes it, writes manifests last, keeps a catalogue and a
journal; rclone believes the answer to its put. Small objects come twice: a hundred in each package,
and each in a package of its own, which doubles the number of objects for both by the manifests. The
contenders alternate, each in a process of its own and into a server that is started for it. One is the least
that a proven copy can take: the same objects got, put, got back and hashed once with obstore, and no more.

The servers run on the same processors. What they take is told for itself: it is the most of it, and
nobody who copies, let alone reads back, is faster than they are.

Then the copies are audited, against fetching the same objects with obstore and hashing them once.
Take the ratios: the seconds belong to the machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measuring import Took, in_turn, machine, median, table, took
from benchmarks.tiering_made import Shape, fill
from holdings.catalogue.identity import IDENTITY_KEY

if TYPE_CHECKING:
    from tests.kit.seaweed import Seaweed

LARGE_BYTES, SMALL_BYTES = 16_000_000, 64_000
_HOLDFAST = [sys.executable, "-c", "from service.cli.main import main; main()"]
_RCLONE = str(Path(sys.executable).with_name("rclone"))
_REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class Round:
    """One contender's turn: a filled server, an empty one, a house of its own."""

    source: Seaweed
    source_bucket: str
    target: Seaweed
    target_bucket: str
    house: Path
    threads: int

    @property
    def log(self) -> Path:
        """What the contender says."""
        return self.house / "log.txt"

    def took(self, *words: str) -> Took:
        """Run `words` with the keys of both servers."""
        return took(words, log=self.log, env={**_no_proxy(), **self._keys()})

    def _keys(self) -> dict[str, str]:
        """Both servers' keys, as profiles of a file for us and as remotes for rclone."""
        remotes = {
            f"RCLONE_CONFIG_{name}_{word}": value
            for name, server in (("HERE", self.source), ("THERE", self.target))
            for word, value in (
                ("TYPE", "s3"),
                ("PROVIDER", "SeaweedFS"),
                ("ACCESS_KEY_ID", server.access_key),
                ("SECRET_ACCESS_KEY", server.secret_key),
                ("ENDPOINT", server.endpoint),
                ("REGION", _REGION),
            )
        }
        return {
            **remotes,
            "RCLONE_CONFIG": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": str(self.house / "credentials"),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def _no_proxy() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def apply(at: Round) -> Took:
    """The whole command, start-up and all."""
    plan, settings = str(at.house / "plan.json"), str(at.house / "holdfast.toml")
    return at.took(*_HOLDFAST, "tier", "apply", plan, "--settings", settings, "--json")


def rclone(at: Round) -> Took:
    """The copy that it recommends, without reading anything back."""
    return at.took(*_rclone_words(at))


def rclone_fast_list(at: Round) -> Took:
    """The same with one listing of everything, which suits many small folders."""
    return at.took(*_rclone_words(at), "--fast-list")


def rclone_many(at: Round) -> Took:
    """The same with four times as many at a time."""
    return at.took(*_rclone_words(at, times=4))


def _rclone_words(at: Round, *, times: int = 1) -> list[str]:
    here, there = f"HERE:{at.source_bucket}/packages", f"THERE:{at.target_bucket}/packages"
    at_once = ["--transfers", str(times * at.threads), "--checkers", str(times * at.threads)]
    return [_RCLONE, "copy", "--checksum", *at_once, here, there]


def audit(at: Round) -> Took:
    """Every copy in the source read again; the listing, which the others do without, left out."""
    settings = str(at.house / "holdfast.toml")
    return at.took(*_HOLDFAST, "audit", "--no-listing", "--settings", settings, "--json")


def fetch(at: Round) -> Took:
    """The same objects, got and hashed once."""
    words = (at.source.endpoint, at.source_bucket, str(at.house / "keys.txt"), str(at.threads))
    return at.took(sys.executable, "-m", "benchmarks.tiering_fetch", *words)


def stream(at: Round) -> Took:
    """The same objects got, put, got back and hashed once, and nothing else."""
    places = (at.source.endpoint, at.source_bucket, at.target.endpoint, at.target_bucket)
    words = ("-m", "benchmarks.tiering_stream", *places, str(at.house / "keys.txt"), str(at.threads))
    return at.took(sys.executable, *words)


MOVERS: dict[str, Callable[[Round], Took]] = {
    "`rclone copy --checksum`": rclone,
    "the same, `--fast-list`": rclone_fast_list,
    "the same, four times as many at a time": rclone_many,
    "obstore, read back and hashed once": stream,
    "`holdfast tier apply`": apply,
}
READERS: dict[str, Callable[[Round], Took]] = {
    "obstore and SHA-256": fetch,
    "`holdfast audit`": audit,
}


def main() -> None:
    """Fill a server, let the contenders copy from it, print the tables."""
    asked = _arguments()
    shapes = (
        Shape(packages=asked.large, objects=1, object_bytes=LARGE_BYTES),
        Shape(packages=max(1, asked.small // 100), objects=100, object_bytes=SMALL_BYTES),
        Shape(packages=asked.small, objects=1, object_bytes=SMALL_BYTES),
    )
    print(f"{machine()}; {asked.threads} at a time; medians of {asked.rounds} rounds.", flush=True)
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-", dir=asked.folder) as place:
        for shape in (each for each in shapes if each.packages):
            _compare(shape, Path(place), asked)


def _compare(shape: Shape, place: Path, asked: argparse.Namespace) -> None:
    from tests.kit.seaweed import running_seaweed  # noqa: PLC0415

    with running_seaweed() as source:
        bucket = source.make_bucket("here")
        filled = place / "filled"
        _fill(filled, shape, source, bucket)
        _own(filled, source, bucket)
        for title, contenders in (("moved", MOVERS), ("read again", READERS)):
            runs: dict[str, list[Took]] = {name: [] for name in contenders}
            servers: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
            for number in range(asked.rounds):
                for name in in_turn(runs, number):
                    with _fresh(place / "round", filled, source, bucket, threads=asked.threads) as at:
                        before = _cpu_seconds(source), _cpu_seconds(at.target)
                        runs[name].append(contenders[name](at))
                        after = _cpu_seconds(source), _cpu_seconds(at.target)
                        servers[name].append((after[0] - before[0], after[1] - before[1]))
            print(table(f"{shape} {title}", runs, payload_bytes=shape.size_bytes))
            print(_servers(runs, servers), flush=True)
        shutil.rmtree(filled)


def _cpu_seconds(server: Seaweed) -> float:
    """What a server has taken since it was started; 0 where the system does not say."""
    with suppress(OSError):
        fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _servers(runs: Mapping[str, Sequence[Took]], took: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    lines = [
        "\n| CPU s | client | source server | target server | all | of all processors |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, each in took.items():
        client, wall = median(runs[name]).cpu_seconds, median(runs[name]).wall_seconds
        source, target = (statistics.median(column) for column in zip(*each, strict=True))
        total = client + source + target
        share = total / wall / (os.cpu_count() or 1)
        cells = [f"{part:.2f}" for part in (client, source, target, total)]
        lines.append(f"| {name} | {' | '.join(cells)} | {share:.0%} |")
    return "\n".join(lines)


def _fill(folder: Path, shape: Shape, server: Seaweed, bucket: str) -> None:
    # In another process: what a program is said to take at most includes what its parent held when it began.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        other.submit(fill, folder, shape, replace(server, processes=[]), bucket).result()


@contextmanager
def _fresh(folder: Path, filled: Path, source: Seaweed, bucket: str, *, threads: int) -> Iterator[Round]:
    """A house as it was after filling, and a new server to copy to."""
    from tests.kit.seaweed import running_seaweed  # noqa: PLC0415

    shutil.copytree(filled, folder)
    try:
        with running_seaweed() as target:
            at = Round(
                source=source,
                source_bucket=bucket,
                target=target,
                target_bucket=target.make_bucket("there"),
                house=folder,
                threads=threads,
            )
            _point(folder, {"hot": (source, bucket), "cold": (target, at.target_bucket)}, threads)
            _own(folder, target, at.target_bucket)
            yield at
    finally:
        shutil.rmtree(folder)


def _own(folder: Path, server: Seaweed, bucket: str) -> None:
    """Say in a bucket whose it is, as every store in use does."""
    client = server.client()
    client.put_object(Bucket=bucket, Key=IDENTITY_KEY, Body=(folder / "identity.json").read_bytes())
    client.close()


def _point(folder: Path, stores: Mapping[str, tuple[Seaweed, str]], threads: int) -> None:
    """Settings that name both buckets, and the keys to them."""
    from tests.kit.houses import with_stores  # noqa: PLC0415

    tables = "\n".join(
        f'[stores.{name}]\nurl = "s3://{bucket}"\nendpoint = "{server.endpoint}"\nregion = "{_REGION}"\n'
        f'profile = "{name}"\ntier = "{name}"\ndomain = "site-{name}"\nprice_sheet = "local-disk"\n'
        for name, (server, bucket) in stores.items()
    )
    settings = folder / "holdfast.toml"
    text = with_stores((folder / "template.toml").read_text(), tables)
    settings.write_text(text.replace("# threads = 4 ", f"threads = {threads} "))
    keys = "".join(
        f"[{name}]\naws_access_key_id = {server.access_key}\naws_secret_access_key = {server.secret_key}\n"
        for name, (server, _) in stores.items()
    )
    (folder / "credentials").write_text(keys)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--large", type=int, default=20, metavar="N", help="objects of 16 MB")
    parser.add_argument("--small", type=int, default=1000, metavar="N", help="objects of 64 kB")
    parser.add_argument("--threads", type=int, default=4, metavar="N", help="copies at a time, for everybody")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--folder", type=Path, default=None, help="where to work; the usual temporary one else"
    )
    return parser.parse_args()


if __name__ == "__main__":
    os.environ.setdefault("PYTHONPATH", os.getcwd())  # noqa: PTH109  # a process of its own finds the same tree
    main()
