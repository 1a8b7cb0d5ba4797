"""The benchmark runs, on a few small files, and says what it measured."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import deposit, validate
from benchmarks.deposit import CONTENDERS, ON_S3_ONLY
from benchmarks.measuring import Took, median

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.soak
def test_the_tables_name_every_contender(tmp_path: Path) -> None:
    words = ["--large", "1", "--small", "3", "--rounds", "1", "--no-seaweedfs", "--folder", str(tmp_path)]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.deposit", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows = [line.split("|") for line in ran.stdout.splitlines() if line.startswith("| ")]
    contenders = [row[1].strip() for row in rows if row[1].strip()]
    local = [name for name in CONTENDERS if name not in ON_S3_ONLY]
    assert contenders == local * 2, "one table for large files and one for small ones"
    assert {row[4].strip() for row in rows if row[1].strip() == contenders[0]} == {"1.00"}
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"


@pytest.mark.parametrize(
    ("benchmark", "parts"),
    [(deposit, ("--large", "--small")), (validate, ("--large", "--small", "--structure"))],
)
def test_a_part_without_files_is_left_out(
    benchmark: ModuleType,
    parts: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [word for part in parts for word in (part, "0")]
    monkeypatch.setattr("sys.argv", ["benchmark", *words, "--folder", str(tmp_path)])
    benchmark.main()
    assert "|" not in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_each_figure_has_its_own_median() -> None:
    runs = [
        Took(wall_seconds=wall, cpu_seconds=cpu, peak_bytes=peak, read_bytes=1, written_bytes=2)
        for wall, cpu, peak in ((1.0, 9.0, 5), (2.0, 7.0, 6), (9.0, 8.0, 7))
    ]
    assert median(runs) == Took(
        wall_seconds=2.0, cpu_seconds=8.0, peak_bytes=6, read_bytes=1, written_bytes=2
    )
