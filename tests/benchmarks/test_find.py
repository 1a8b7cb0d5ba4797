"""The benchmark of finding runs, on a few packages, and every lookup gives the one image that is meant."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.soak
def test_the_table_names_every_kind_of_lookup(tmp_path: Path) -> None:
    words = ["--packages", "3", "--images", "5", "--lookups", "2", "--folder", str(tmp_path)]
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.find", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("3 packages, 15 images;")
    for kind in ("image", "specimen", "file name", "GUID", "beginning of a specimen", "nothing there"):
        assert f"by {kind} " in ran.stdout
    assert list(tmp_path.iterdir()) == [], "nothing is left behind"
