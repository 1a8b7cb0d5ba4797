"""kill -9 at random moments, and what must be true afterwards.

After every kill: each image that the catalogue claims gives back its own bytes, each image of
an acknowledged deposit is among them, and `holdfast verify` finds nothing wrong. In the end
the same command, run once more, finishes.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.kit.commands import Ran, holdfast, killed


class Holdings:
    """One folder with a `holdfast.toml`, seen from outside."""

    def __init__(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.env = env

    def run(self, *words: str | Path) -> Ran:
        return holdfast(*words, folder=self.folder, env=self.env)

    def kill(self, *words: str | Path, after_seconds: float, once: Callable[[], bool] = lambda: False) -> Ran:
        return killed(*words, folder=self.folder, after_seconds=after_seconds, once=once, env=self.env)

    def writes_begin_in(self, store: str) -> Callable[[], bool]:
        """Tells whether a store's folder holds more files than now, half-written ones among them."""

        def files() -> int:
            # os.walk passes over folders that vanish under it; Path.rglob of Python 3.11 raises.
            return sum(len(names) for _, _, names in os.walk(self.folder / "stores" / store))

        before = files()
        return lambda: files() > before

    def claims(self) -> dict[str, str]:
        """SHA-256 by image identifier, for everything that the catalogue claims to hold."""
        ran = self.run("find", "--json")
        assert ran.status == 0, ran.err
        return {row["image_id"]: row["sha256"] for row in ran.json}

    def check_every_claim(self, *, gets: int = 8) -> dict[str, str]:
        """Re-read every copy of everything claimed; get `gets` of the images and compare their bytes."""
        claims = self.claims()
        target = self.folder / "got.bin"
        for image_id, sha256 in random.Random(len(claims)).sample(
            sorted(claims.items()), min(gets, len(claims))
        ):
            target.unlink(missing_ok=True)
            ran = self.run("get", image_id, "-o", target)
            assert ran.status == 0, ran.err
            assert hashlib.sha256(target.read_bytes()).hexdigest() == sha256
        assert self.run("verify").status == 0
        return claims


def sha256_of_files(folder: Path) -> list[str]:
    return sorted(
        hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()
    )


def kill_deposits(holdings: Holdings, source: Path, *, kills: int, seed: int) -> None:
    """Kill `kills` deposits of `source`, each into a collection of its own, then finish each."""
    whole = holdings.run("deposit", source, "--collection", "unhurt", "--json")
    assert whole.status == 0, whole.err
    moments = random.Random(seed)
    expected = sha256_of_files(source)
    for number in range(kills):
        words = ("deposit", source, "--collection", f"kill-{number}", "--json")
        hurt = holdings.kill(*words, after_seconds=moments.uniform(0.15, 1.05) * whole.seconds)
        acknowledged = {row["image_id"] for row in hurt.json["images"]} if hurt.status == 0 else set()
        claimed = {
            key: value for key, value in holdings.claims().items() if key.startswith(f"kill-{number}-")
        }
        assert acknowledged <= set(claimed)
        assert sorted(claimed.values()) in ([], expected), "a deposit is claimed whole or not at all"
        again = holdings.run(*words)
        assert again.status == 0, again.err
        assert sorted(row["sha256"] for row in again.json["images"]) == expected
    assert sorted(holdings.check_every_claim().values()) == sorted(expected * (kills + 1))
    packages = {image_id.rpartition(".")[0] for image_id in holdings.claims()}
    assert len(packages) == kills + 1, "a killed deposit that runs again is one package"


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What a hundred kills met."""

    kills: int
    finished: int
    """Deposits that were finished in spite of them."""
    kept: int
    """Kills after which there were finished bags, which were not read again."""
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.kept} of them with finished bags, none of which was read again; "
            f"deposits finished, with every image: {self.finished}; {self.seconds:.0f} s"
        )


def kill_one_deposit(
    begin: Callable[[], Holdings], source: Path, *, kills: int, seed: int, bag_bytes: str
) -> Tally:
    """Kill a deposit of several bags again and again; it goes on each time, and reads nothing finished.

    A deposit that was quicker than its kill is begun anew in another collection; after a few of
    them everything is read again and a new house begun, so that the disk does not fill.
    """
    began, moments, met, kept, finished = time.monotonic(), random.Random(seed), 0, 0, 0
    expected = sha256_of_files(source)
    size_bytes = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    words = ("deposit", source, "--bag-bytes", bag_bytes, "--json", "--collection")
    seconds = 0.0
    while met < kills:
        holdings, number, unhurt = begin(), 0, 0
        if not seconds:
            whole = holdings.run(*words, "unhurt")
            assert whole.status == 0, whole.err
            assert len(whole.json["bags"]) > 2
            seconds, unhurt = whole.seconds, 1
        while met < kills and number < _DEPOSITS_IN_A_HOUSE:
            before = _bytes_of(holdings, f"often-{number}")
            ran, bytes_read = _killed_while_counted(
                holdings,
                *words,
                f"often-{number}",
                after_seconds=moments.uniform(0.05, 0.6) * seconds,
            )
            assert ran.status in (0, -9), ran.err
            # Looked into once, read once, read back once: what is finished is in none of these.
            assert bytes_read < 3 * (size_bytes - before) + _PROGRAM_BYTES
            assert set(holdings.claims().values()) <= set(expected)
            if ran.status == 0:
                assert sorted(row["sha256"] for row in ran.json["images"]) == expected
            met += ran.status == -9
            kept += ran.status == -9 and before > 0
            number += ran.status == 0
        last = holdings.run(*words, f"often-{number}")
        assert last.status == 0, last.err
        assert sorted(row["sha256"] for row in last.json["images"]) == expected
        assert sorted(holdings.check_every_claim().values()) == sorted(expected * (number + 1 + unhurt))
        assert list((holdings.folder / "catalogue" / "deposits").iterdir()) == []
        finished += number + 1
        shutil.rmtree(holdings.folder)
    return Tally(kills=met, finished=finished, kept=kept, seconds=time.monotonic() - began)


_DEPOSITS_IN_A_HOUSE = 3
_PROGRAM_BYTES = 400_000_000
"""What Python and its libraries read of themselves, and of the catalogue, at most."""


def _bytes_of(holdings: Holdings, collection: str) -> int:
    rows = holdings.run("find", "--collection", collection, "--json")
    return sum(row["bytes"] for row in rows.json) if rows.status == 0 else 0


def _killed_while_counted(holdings: Holdings, *words: str | Path, after_seconds: float) -> tuple[Ran, int]:
    """As `killed`, and how many bytes the program had read by then (Linux counts them)."""
    counted = 0

    def count(pid: int) -> None:
        nonlocal counted
        with suppress(OSError, ValueError):
            lines = Path(f"/proc/{pid}/io").read_text().splitlines()
            counted = int(dict(line.split(": ") for line in lines)["rchar"])

    ran = killed(*words, folder=holdings.folder, after_seconds=after_seconds, env=holdings.env, watch=count)
    return ran, counted


def kill_applies(holdings: Holdings, source: Path, *, kills: int, seed: int) -> None:
    """Kill `kills` applies, each of a plan of its own, then finish each."""
    moments = random.Random(seed)
    usual = 2.0
    met = 0
    for number in range(kills):
        assert holdings.run("deposit", source, "--collection", f"apply-{number}").status == 0
        planned = holdings.run("tier", "plan", "--now", "+400d", "-o", f"plan-{number}.json", "--json")
        assert planned.status == 0, planned.err
        assert planned.json["moves"]
        words = ("tier", "apply", f"plan-{number}.json", "--json")
        if number == 0:
            # A quick machine would finish before a moment drawn from a guess: this one is met at work.
            hurt = holdings.kill(*words, after_seconds=60, once=holdings.writes_begin_in("cold"))
        else:
            hurt = holdings.kill(*words, after_seconds=moments.uniform(0.15, 1.05) * usual)
        met += hurt.status == -9
        assert hurt.status in (0, -9), hurt.err
        moved = [move["package_id"] for move in planned.json["moves"]]
        checked = holdings.run("verify", *moved, "--json")
        assert checked.status == 0, "every verified row is true after a kill: " + checked.out
        again = holdings.run(*words)
        assert again.status == 0, again.err
        usual = 0.5 * usual + 0.5 * (hurt.seconds if hurt.status == 0 else again.seconds)
    assert met, "no kill met a running apply"
    replanned = holdings.run("tier", "plan", "--now", "+400d", "--json")
    assert replanned.json["moves"] == []
    holdings.check_every_claim()
