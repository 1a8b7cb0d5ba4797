from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from service.demo import code128
from service.demo.furniture import NOTICE, barcode
from service.demo.specimens import SHEET, TRAY, catalogue_number, draw_specimens, pixels_per_cm

_RUNS = {widths: value for value, widths in enumerate(code128._WIDTHS)}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_specimens(tmp_path_factory.mktemp("drawn"), count=4, seed=5)


def test_sheets_and_trays_as_jpeg_and_tiff(drawn: list[Path]) -> None:
    assert [path.name for path in drawn] == [
        "HFD00500001.jpg",
        "HFD00500002.tif",
        "HFD00500003.jpg",
        "HFD00500004.tif",
    ]
    for path, size, kind in zip(
        drawn, [SHEET, SHEET, SHEET, TRAY], ["JPEG", "TIFF", "JPEG", "TIFF"], strict=True
    ):
        with Image.open(path) as picture:
            assert (picture.size, picture.format, picture.mode) == (size, kind, "RGB")
            assert picture.info["dpi"][0] == pytest.approx(
                pixels_per_cm(drawn.index(path) + 1) * 2.54, abs=0.6
            )


def test_they_say_that_they_are_made_up(drawn: list[Path]) -> None:
    for path in drawn:
        with Image.open(path) as picture:
            assert str(picture.getexif()[0x010E]).startswith(NOTICE)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(
    drawn: list[Path], tmp_path: Path
) -> None:
    (again,) = draw_specimens(tmp_path / "same", count=1, seed=5)
    (other,) = draw_specimens(tmp_path / "other", count=1, seed=6)
    assert again.read_bytes() == drawn[0].read_bytes() != other.read_bytes()


def test_no_two_specimens_look_alike(drawn: list[Path]) -> None:
    small = [np.asarray(Image.open(path).convert("L").resize((100, 150)), dtype=float) for path in drawn[:3]]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(small[one] - small[other]).mean() > 4


def test_the_barcode_in_the_picture_can_be_read(drawn: list[Path]) -> None:
    """Found and read from the pixels, after compression, noise, blur and a slight turn."""
    for number, path in enumerate(drawn, start=1):
        with Image.open(path) as picture:
            assert catalogue_number(number, 5) in scan(picture.convert("L"))


def test_the_barcode_by_itself() -> None:
    assert read(np.asarray(barcode("HFD00700042").convert("L"))[80]) == "HFD00700042"


def test_code_128_by_the_standard() -> None:
    """Each symbol has its own pattern of 11 modules in 6 runs; the black ones are even in number."""
    widths = code128._WIDTHS
    assert len(widths) == len(set(widths)) == 107
    for pattern in widths[:-1]:
        assert sum(map(int, pattern)) == 11
        assert len(pattern) == 6
        assert sum(map(int, pattern[::2])) % 2 == 0
    assert sum(map(int, widths[-1])) == 13


def scan(picture: Image.Image) -> set[str]:
    """What a reader finds that looks along every tenth row."""
    return {text for row in np.asarray(picture)[::10] if (text := read(row))}


def read(row: np.ndarray) -> str | None:
    """Code 128, set B, in a row of grey pixels; None where there is none."""
    dark = row < 120
    ends = np.flatnonzero(np.diff(dark.astype(np.int8))) + 1
    runs = np.diff(ends)
    for start in range(len(runs) - 30):
        if dark[ends[start]] and (text := decode(runs[start:])):
            return text
    return None


def decode(runs: np.ndarray) -> str | None:
    values: list[int] = []
    module = runs[:6].sum() / 11
    for place in range(0, len(runs) - 6, 6):
        widths = "".join(str(width) for width in np.rint(runs[place : place + 6] / module).astype(int))
        if widths == code128._WIDTHS[-1][:6] and values:
            return text_of(values)
        if not re.fullmatch("[1-4]{6}", widths) or widths not in _RUNS:
            return None
        values.append(_RUNS[widths])
        if values[0] != 104:
            return None
    return None


def text_of(values: list[int]) -> str | None:
    *said, check = values
    if sum(value * max(place, 1) for place, value in enumerate(said)) % 103 != check:
        return None
    return "".join(chr(value + 32) for value in said[1:])
