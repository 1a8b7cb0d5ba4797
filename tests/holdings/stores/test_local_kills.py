"""kill -9 in the middle of a put leaves nothing that a reader could take for an object."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdings.stores.local import LocalStore
from tests.holdings.stores.contract import keys, read
from tests.holdings.stores.writing import data_of

ROOT = Path(__file__).resolve().parents[3]


def kill_writers(store: LocalStore, *, kills: int, seed: int) -> None:
    """Two writers at a time, one of them killed at a random moment."""
    chance = random.Random(seed)
    checked: set[str] = set()
    debris = 0
    for number in range(kills):
        writers = [_start(store.folder, seed=1000 * seed + 2 * number + each) for each in (0, 1)]
        for writer in writers:
            assert writer.stdout
            writer.stdout.readline()  # it is under way
        if number == 0:
            _stop_in_a_put(store, writers)
        else:
            time.sleep(chance.uniform(0, 0.12))
        said = [_kill(writer) for writer in writers]
        debris += len(list((store.folder / ".holdfast/incoming").iterdir()))
        there = set(keys(store))
        acknowledged = {line for lines in said for line in lines.splitlines() if line.endswith(".bin")}
        assert acknowledged <= there
        for key in there - checked:
            assert read(store, key) == data_of(key)
        checked |= there
        store.put(f"swept/{number}", b"")
        assert list((store.folder / ".holdfast/incoming").iterdir()) == []
        checked.add(f"swept/{number}")
    assert debris, "no kill met a put"


def _stop_in_a_put(store: LocalStore, writers: list[subprocess.Popen[str]]) -> None:
    """How long a put takes hangs on the machine: writers are stopped and let go until one is met in the
    middle of it."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        for writer in writers:
            writer.send_signal(signal.SIGSTOP)
        if any((store.folder / ".holdfast/incoming").iterdir()):
            return
        for writer in writers:
            writer.send_signal(signal.SIGCONT)
        time.sleep(0.004)
    raise AssertionError("no writer was met in a put")


def _start(folder: Path, *, seed: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.holdings.stores.writing", "for-ever", str(folder), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def _kill(writer: subprocess.Popen[str]) -> str:
    writer.kill()
    said, _ = writer.communicate()
    return said


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore.create("hot", tmp_path / "hot")


def test_a_few_kills(store: LocalStore) -> None:
    kill_writers(store, kills=4, seed=1)


@pytest.mark.soak
def test_many_kills(store: LocalStore) -> None:
    kill_writers(store, kills=100, seed=2)
