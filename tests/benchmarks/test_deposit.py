"""The benchmark runs, on a few small files, and says what it measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.measuring import Took, median

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_names_every_contender(tmp_path: Path) -> None:
    words = ["--files", "2", "--megabytes", "0.05", "--rounds", "1", "--folder", str(tmp_path)]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.deposit", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows = [line.rsplit(maxsplit=6) for line in ran.stdout.splitlines()[-2:]]
    assert [row[0].strip() for row in rows] == ["holdfast deposit", "cp, bagit.py, tar, cp"]
    assert rows[0][-2:] == ["1.00", "1.00"]
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_each_figure_has_its_own_median() -> None:
    runs = [
        Took(wall_seconds=1.0, cpu_seconds=9.0, peak_bytes=5),
        Took(wall_seconds=2.0, cpu_seconds=7.0, peak_bytes=6),
        Took(wall_seconds=9.0, cpu_seconds=8.0, peak_bytes=7),
    ]
    assert median(runs) == Took(wall_seconds=2.0, cpu_seconds=8.0, peak_bytes=6)
