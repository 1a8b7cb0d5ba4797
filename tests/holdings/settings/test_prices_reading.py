"""Price sheets: every figure with its source and date, and no figure bent by binary fractions."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from holdings.errors import BadInput
from holdings.settings.prices_reading import read_price_sheet

GOOD = """\
currency = "EUR"
title = "Disk"

[storage_per_gb_month]
value = 0.0021
source = "invoice 7"
date = 2026-02-01
confidence = "measured"

[minimum_days]
value = "180"
source = "list"
date = "2026-02-02"
confidence = "published"
"""


def written(folder: Path, text: str = GOOD) -> Path:
    path = folder / "disk.toml"
    path.write_text(text)
    return path


def test_a_sheet(tmp_path: Path) -> None:
    sheet = read_price_sheet(written(tmp_path))
    assert (sheet.name, sheet.title, sheet.currency) == ("disk", "Disk", "EUR")
    assert sheet.figures["storage_per_gb_month"].value == Decimal("0.0021")
    assert sheet.figures["storage_per_gb_month"].date == date(2026, 2, 1)
    assert sheet.figures["minimum_days"].date == date(2026, 2, 2)
    assert sheet.amount("minimum_days") == 180.0
    assert sheet.amount("restore_hours") == 0.0
    assert read_price_sheet(written(tmp_path), name="our disk").name == "our disk"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "[minimum_days]",
            "[minimum_dais]",
            r"line 10: minimum_dais is not a key .*did you mean 'minimum_days'",
        ),
        ("[storage_per_gb_month]", "[storage]", r"storage_per_gb_month is missing"),
        ('source = "list"\n', "", r"line 10: minimum_days\.source is missing"),
        ("date = 2026-02-01\n", "", r"line 4: storage_per_gb_month\.date is missing"),
        ('confidence = "measured"', 'confidence = "sure"', r"line 8: .*confidence is 'sure', and"),
        ("0.0021", "-1", r"line 5: .*value is -1, and a figure is finite and not negative"),
        ("0.0021", "nan", r"finite and not negative"),
        ("0.0021", "inf", r"finite and not negative"),
        ("0.0021", "true", r"a figure is a number"),
        ("0.0021", '"much"', r"value is 'much', and a figure is a number"),
        ('"EUR"', '"euro"', r"line 1: currency is 'euro'"),
        ('"2026-02-02"', '"2026-02-30"', r"a date is written 2026-02-01"),
        ('"2026-02-02"', "2026", r"minimum_days\.date is 2026"),
        ('"Disk"', '""', r"title is ''"),
        ('title = "Disk"', 'title = "Disk"\nowner = "me"', r"line 3: owner is not a key"),
        ('confidence = "measured"', 'confidence = "measured"\nnote = "x"', r"note is not a key"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(BadInput) as caught:
        read_price_sheet(path)
    assert str(path) in caught.value.sentence
    assert re.search(said, caught.value.sentence), caught.value.sentence


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"There is no disk\.toml"):
        read_price_sheet(tmp_path / "disk.toml")
