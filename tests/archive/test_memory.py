"""Memory is bounded, whatever the size of the deposit."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tests.kit.pictures import write_heavy_pictures, write_pictures

_DEPOSIT = """
import sys
from pathlib import Path
from archive.deposit import Wishes, deposit
from archive.exporting import export
from archive.receipting import receipt_of
from archive.verifying import verify
from reports.receipt import write_receipt
from tests.kit.houses import a_house

folder = Path(sys.argv[1])
(folder / "house").mkdir()
with a_house(folder / "house") as house:
    wishes = Wishes(metadata=Path(sys.argv[2]) if sys.argv[2:] else None)
    receipt = deposit(house, folder / "source", collection="heavy", wishes=wishes)
    write_receipt(receipt_of(house, receipt), folder, overwrite=True)
    assert wishes.metadata is None or receipt.records.matched == len(receipt.images)
    assert verify(house).is_good
    export(house, receipt.package_id, folder / "bag")
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) * 1024)
"""


@pytest.mark.soak
def test_a_deposit_of_400_mb_takes_less_than_300_mb(tmp_path: Path) -> None:
    write_heavy_pictures(tmp_path / "source", 2, megabytes=200)
    done = subprocess.run(
        [sys.executable, "-c", _DEPOSIT, tmp_path],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 300e6


_RECORDS = """
import sys
from pathlib import Path
from archive.matching.match import Match
from archive.matching.reading import read_metadata

images = [f"NHMUK{number * 10:09d}.tif" for number in range(100_000)]
work = Match(lambda: images, read_metadata(Path(sys.argv[1])))
assert sum(hasattr(outcome, "record") for outcome in work.outcomes()) == 100_000
assert sum(1 for _ in work.records_without_image()) == 900_000
status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) * 1024)
"""


@pytest.mark.soak
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_million_records_take_less_than_300_mb(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"records.{form}"
    names = ["catalogNumber", *(f"note {number}" for number in range(19))]
    columns = {
        name: [f"NHMUK{number:09d}" if name == names[0] else f"{name} of {number}" for number in range(10**6)]
        for name in names
    }
    table = pa.table(columns)
    (pacsv.write_csv if form == "csv" else pq.write_table)(table, path)
    done = subprocess.run(
        [sys.executable, "-c", _RECORDS, path],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 300e6


WIDE = {"many_rows": (200, 12), "long_cells": (40, 100), "letters_of_four_bytes": (40, 24)}


@pytest.mark.soak
@pytest.mark.parametrize("form", ["csv", "parquet"])
@pytest.mark.parametrize("shape", WIDE)
def test_records_of_5_000_columns_take_less_than_300_mb(tmp_path: Path, shape: str, form: str) -> None:
    rows, characters = WIDE[shape]
    letter = "\U0001f33f" if shape == "letters_of_four_bytes" else "x"
    (whole,) = write_pictures(tmp_path, 1)
    (tmp_path / "source").mkdir()
    for number in range(rows):
        shutil.copy(whole, tmp_path / "source" / f"NHMUK{number:09d}.jpg")
    columns = {"catalogNumber": [f"NHMUK{number:09d}" for number in range(rows)]}
    for column in range(4_999):
        # Half of them go into the RO-Crate, too.
        name = f"dwc:note{column}" if column % 2 else f"note {column}"
        columns[name] = [f"{column} of {number}".ljust(characters, letter) for number in range(rows)]
    path = tmp_path / f"records.{form}"
    (pacsv.write_csv if form == "csv" else pq.write_table)(pa.table(columns), path)
    done = subprocess.run(
        [sys.executable, "-c", _DEPOSIT, tmp_path, path],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 300e6
