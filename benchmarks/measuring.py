"""Running a program and knowing what it took, and telling it as a table."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Took:
    """What one run of a program took, its own children included."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: float
    """Resident memory of the largest single process."""
    read_bytes: float
    """Asked of the system by calls, from the page cache or not; 0 where the system does not count."""
    written_bytes: float


def took(words: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> Took:
    """Run `words` to the end. Raises where it fails, with the end of what it said."""
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            list(words), stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(env or {})}
        )
        # Ended but not yet buried: only now are its counters whole, and soon they are gone.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        seconds = time.perf_counter() - began
        counted = io_counters(process.pid)
        # wait4, unlike wait, tells of this process alone, with those it waited for.
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{words[0]} ended with {process.returncode}:\n{log.read_text()[-2000:]}")
    return Took(
        wall_seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        read_bytes=counted.get("rchar", 0),
        written_bytes=counted.get("wchar", 0),
    )


def io_counters(pid: int | str) -> dict[str, int]:
    """What a process and those it waited for read and wrote; empty where the system does not say."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/io").read_text().splitlines()
        return {name: int(value) for name, _, value in (line.partition(": ") for line in lines)}
    return {}


def median(runs: Sequence[Took]) -> Took:
    """Each figure's own median."""
    return Took(
        **{part.name: statistics.median(getattr(run, part.name) for run in runs) for part in fields(Took)}
    )


def in_turn(items: Iterable[str], number: int) -> list[str]:
    """The contenders of round `number`, each of them first in turn."""
    order = list(items)
    return order[number % len(order) :] + order[: number % len(order)]


def table(title: str, runs: Mapping[str, Sequence[Took]], *, payload_bytes: int) -> str:
    """Medians as Markdown; the ratios are to the first contender."""
    medians = {name: median(each) for name, each in runs.items()}
    first = next(iter(medians.values()))
    lines = [
        f"\n**{title}**\n",
        "| | wall s | CPU s | wall ratio | CPU ratio | peak MB | read / payload | written / payload |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, at in medians.items():
        cells = [
            f"{at.wall_seconds:.2f}",
            f"{at.cpu_seconds:.2f}",
            f"{at.wall_seconds / first.wall_seconds:.2f}",
            f"{at.cpu_seconds / first.cpu_seconds:.2f}",
            f"{at.peak_bytes / 1e6:.0f}",
            f"{at.read_bytes / payload_bytes:.2f}",
            f"{at.written_bytes / payload_bytes:.2f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def machine() -> str:
    """What the numbers belong to."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} processors, {system}, Python {platform.python_version()}"
