"""What holds for every report: it is checked to the last number, it fits every screen, it is silent."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reports.document import Report
from reports.render.pdf import render_pdf
from reports.render.workbook import render_workbook
from reports.verifying import verify_page
from tests.reports.test_page_in_chromium import chromium

_WIDTHS = (400, 1000, 1600)
_TALL = 900
_PROBE = """
const found = {};
for (const frame of document.querySelectorAll("iframe")) {
  const page = frame.contentDocument;
  const shown = [...page.querySelectorAll("a[href], button, input, summary, [tabindex]")].filter(
    (one) => one.checkVisibility({ contentVisibilityAuto: true }));
  found[frame.id] = {
    widths: [page.documentElement.scrollWidth, page.documentElement.clientWidth],
    reachable: shown.length,
    unreachable: shown.filter((one) => { one.focus(); return page.activeElement !== one; }).length,
    untold: [...page.querySelectorAll("img")].filter((one) => !one.alt || !one.naturalWidth).length,
    page: getComputedStyle(page.body).backgroundColor,
    images: page.querySelectorAll("img").length,
  };
}
document.title = JSON.stringify(found);
"""


@pytest.fixture(scope="module")
def pages(every_page: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    for kind, page in every_page.items():
        (folder / f"{kind}.html").write_text(page, encoding="utf-8")
    return {kind: folder / f"{kind}.html" for kind in every_page}


def test_each_is_verified_to_the_byte(pages: dict[str, Path], drawn_once: None) -> None:
    for name, page in pages.items():
        found = verify_page(page)
        assert (found.kind, found.differences, found.same_bytes) == (name, (), True)
        assert found.numbers > 30


def shown(
    folder: Path, pages: dict[str, Path], *, widths: tuple[int, ...]
) -> tuple[dict[str, Any], Image.Image]:
    """What a script finds in each page in each width, light and dark, and how all of them look."""
    frames = "".join(
        f'<iframe id="{name} {width} {scheme}" src="{page.as_uri()}" style="color-scheme:{scheme};'
        f'position:absolute;left:{left}px;top:{row * _TALL}px;width:{width}px;height:{_TALL}px;border:0">'
        "</iframe>"
        for row, (name, page) in enumerate(pages.items())
        for left, width, scheme in _across(widths)
    )
    frame = folder / "frames.html"
    frame.write_text(f"{frames}<script>window.onload = () => {{ {_PROBE} }}</script>")
    ran = chromium(
        folder,
        frame.as_uri(),
        *("--allow-file-access-from-files", "--virtual-time-budget=5000", "--enable-logging=stderr"),
        f"--window-size={2 * sum(widths)},{_TALL * len(pages)}",
        *(f"--screenshot={folder / 'frames.png'}", "--dump-dom"),
    )
    assert [line for line in ran.stderr.splitlines() if "CONSOLE" in line] == []
    found = json.loads(html.unescape(ran.stdout.split("<title>")[1].split("</title>")[0]))
    return found, Image.open(folder / "frames.png").convert("L")


def _across(widths: tuple[int, ...]) -> list[tuple[int, int, str]]:
    """Left, width and colours of each frame of a row."""
    lefts = [2 * sum(widths[:n]) for n in range(len(widths))]
    return [
        (left + place * width, width, scheme)
        for left, width in zip(lefts, widths, strict=True)
        for place, scheme in enumerate(("light", "dark"))
    ]


def assert_fits(pages: dict[str, Path], found: dict[str, Any], picture: Image.Image) -> None:
    """Nothing is wider than its screen or out of reach, and what is light or dark looks it, and not empty."""
    assert len(found) == len(pages) * len(_across(_WIDTHS))
    for row, name in enumerate(pages):
        for left, width, scheme in _across(_WIDTHS):
            each = found[f"{name} {width} {scheme}"]
            assert each["widths"] == [width, width]
            assert (each["unreachable"], each["untold"]) == (0, 0)
            assert each["reachable"] > 8
            seen = np.asarray(picture.crop((left, row * _TALL, left + width, (row + 1) * _TALL)))
            assert (np.median(seen) < 64) == (scheme == "dark"), "the page's ground"
            assert np.std(seen) > 8, "and something on it"


def test_forecast_and_plan_fit_every_screen_in_light_and_dark(tmp_path: Path, pages: dict[str, Path]) -> None:
    some = {name: pages[name] for name in ("capacity", "tiering")}
    assert_fits(some, *shown(tmp_path, some, widths=_WIDTHS))


@pytest.mark.soak  # the quick one tries the two with the widest pictures
def test_each_fits_every_screen_in_light_and_dark(tmp_path: Path, pages: dict[str, Path]) -> None:
    found, picture = shown(tmp_path, pages, widths=_WIDTHS)
    assert_fits(pages, found, picture)
    assert found["deposit 400 light"]["images"] == 3


@pytest.mark.soak  # what a form does with each kind of block has tests of its own
def test_each_has_every_form(every_report: dict[str, Report]) -> None:
    for report in every_report.values():
        assert render_pdf(report).startswith(b"%PDF")
        assert render_workbook(report).startswith(b"PK")


def test_each_table_has_a_name_and_a_source(every_report: dict[str, Report]) -> None:
    for report in every_report.values():
        names = [table.name for table in report.tables()]
        assert len(names) == len(set(names))
        assert all("Source" in table.caption for table in report.tables())
