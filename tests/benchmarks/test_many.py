"""The benchmark of very many files runs, on a few, and says whether all of them are held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.soak
def test_it_counts_every_file(tmp_path: Path) -> None:
    words = ["--files", "20", "--folder", str(tmp_path)]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.many", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "20 images in the index." in ran.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.soak
def test_a_million_files_take_less_than_1_gb(tmp_path: Path) -> None:
    words = ["--files", "1000000", "--most-mb", "1000", "--folder", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "benchmarks.many", *words], cwd=ROOT, check=True)
