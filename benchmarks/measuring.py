"""Running a program and knowing what it took."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Took:
    """What one run of a program took, its own children included."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    """Resident memory of the largest single process."""


def took(words: Sequence[str], *, log: Path) -> Took:
    """Run `words` to the end. Raises where it fails, with the end of what it said."""
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(list(words), stdout=out, stderr=subprocess.STDOUT)
        # wait4, unlike wait, tells of this process alone, with those it waited for.
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}:\n{log.read_text()[-2000:]}")
    factor = 1 if sys.platform == "darwin" else 1024
    return Took(
        wall_seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * factor,
    )


def median(runs: Sequence[Took]) -> Took:
    """Each figure's own median."""
    return Took(
        wall_seconds=statistics.median(run.wall_seconds for run in runs),
        cpu_seconds=statistics.median(run.cpu_seconds for run in runs),
        peak_bytes=round(statistics.median(run.peak_bytes for run in runs)),
    )
