"""What it takes to write and to verify the report about thirty years of Europe, whole commands.

python -m benchmarks.report                  makes the result first, 4,096 draws
python -m benchmarks.report RESULT           takes one that is there
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import machine, took

_PROGRAM = [sys.executable, "-c", "from service.cli.main import main; main()"]
_RUNS = 5


def main() -> None:
    """Medians of some runs, in this order, after one that warms the page cache."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        result = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else folder / "europe.zarr"
        if not result.exists():
            took([*_PROGRAM, "capacity", "run", "europe-dissco", "-o", str(result)], log=folder / "log")
        print(f"{machine()}; {result.name}, medians of {_RUNS}")
        for form in ("html", "md", "xlsx", "pdf"):
            target = folder / f"report.{form}"
            _measure(
                f"report capacity, .{form}", ["report", "capacity", str(result), "-o", str(target)], target
            )
        page = folder / "report.html"
        _measure("report verify", ["report", "verify", str(page)], page)


def _measure(name: str, words: list[str], file: Path) -> None:
    log = file.with_name("log")
    took([*_PROGRAM, *words], log=log)
    runs = [took([*_PROGRAM, *words], log=log) for _ in range(_RUNS)]
    wall = statistics.median(run.wall_seconds for run in runs)
    cpu = statistics.median(run.cpu_seconds for run in runs)
    peak = max(run.peak_bytes for run in runs)
    size = file.stat().st_size
    print(
        f"  {name:24s} {wall:5.2f} s wall, {cpu:5.2f} s CPU, {peak / 1e6:4.0f} MB peak, {size / 1e3:5.0f} kB"
    )


if __name__ == "__main__":
    main()
