"""Freed memory is shared, measured in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Threads that take and give back 16 MB, one after the other, and all stay.
_TURNS = """
import threading
from holdings.allocating import share_freed_memory
share_freed_memory()
turns = [threading.Event() for _ in range(13)]
over = threading.Event()
def take(number):
    turns[number].wait()
    for _ in range(3):
        bytearray(b"x") * (16 << 20)
    turns[number + 1].set()
    over.wait()
for number in range(12):
    threading.Thread(target=take, args=(number,)).start()
turns[0].set()
turns[-1].wait()
print(next(line for line in open("/proc/self/status") if line.startswith("VmRSS")).split()[1])
over.set()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc is told")
def test_what_one_thread_frees_another_gets() -> None:
    assert _held_kilobytes() < 80_000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc is told")
def test_who_has_set_it_otherwise_is_heard() -> None:
    each_its_own = {"ARENA_MAX": 12, "TRIM_THRESHOLD_": 64_000_000, "MMAP_THRESHOLD_": 33_000_000}
    assert _held_kilobytes(**{f"MALLOC_{name}": str(value) for name, value in each_its_own.items()}) > 120_000


def _held_kilobytes(**more: str) -> int:
    told = subprocess.run(
        [sys.executable, "-c", _TURNS],
        env={**os.environ, **more},
        check=True,
        capture_output=True,
        text=True,
    )
    return int(told.stdout)
