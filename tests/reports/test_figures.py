"""Pictures: the same bytes again, words for those who cannot see them, and no way in for markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from reports.document import Column, Picture, Table
from reports.figures.axes import apart, month_ticks
from reports.figures.bars import Bars, YearBars
from reports.figures.fan import Fan
from reports.projection.tables import fan_table

MONTHS = [str(each) for each in np.arange("2027-01", "2029-01", dtype="datetime64[M]")]
FAN = [[share * size for share in (1, 2, 3, 5, 7)] for size in np.linspace(1e12, 9e12, len(MONTHS))]
COME = [1e12, 2e12, 4e12, *[None] * (len(MONTHS) - 3)]


def table(fan: list[list[float]] = FAN, come: list[float | None] | None = COME) -> Table:
    return fan_table("fan", "Source: primes.", MONTHS, fan, time="month", kind="bytes", actual=come)


def a_fan() -> Fan:
    return Fan(name="fan", title="Bytes held <in> hot & cold", description="Up to 27 TB.", actual=6)


def both(picture: Picture, of: Table) -> str:
    return "\n".join(picture.drawn(of, width=width).svg for width in ("wide", "narrow"))


def labels(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert both(a_fan(), table()) == both(a_fan(), table())


def test_both_widths_are_xml_with_title_and_description() -> None:
    for svg in both(a_fan(), table()).split("</svg>")[:2]:
        root = ET.fromstring(svg + "</svg>")
        space = "{http://www.w3.org/2000/svg}"
        assert [child.text for child in root[:2]] == ["Bytes held <in> hot & cold", "Up to 27 TB."]
        assert root[0].tag == f"{space}title"
        assert root.get("role") == "img"
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert all(str(found).startswith("fan-") for found in ids)


def test_letters_stay_letters_and_say_unit_and_ends() -> None:
    text = labels(both(a_fan(), table()))
    assert {"TB", "really come"} <= set(text)
    assert any(label.startswith("median") and label.endswith("27.0") for label in text)
    assert any(label.startswith("95 %") and label.endswith("63.0") for label in text)


def test_every_row_of_the_table_has_its_place_in_the_picture() -> None:
    drawing = a_fan().drawn(table(), width="wide")
    left, top, right, bottom = drawing.plot
    assert drawing.along == "x"
    assert len(drawing.marks) == len(MONTHS)
    assert drawing.marks[0] == left
    assert drawing.marks[-1] == right
    assert top < bottom
    assert all(one < other for one, other in pairwise(drawing.marks))
    points = re.search(r'<path d="([^"]*)" clip-path[^>]*var\(--line\)', drawing.svg)
    assert points is not None
    drawn = [float(x) for x in re.findall(r"[ML] ([0-9.]+) ", points[1])]
    assert drawn == pytest.approx(drawing.marks, abs=0.1)
    heights = [bottom - float(y) for y in re.findall(r"[ML] [0-9.]+ ([0-9.]+)", points[1])]
    medians = [row[2] for row in FAN]
    assert [each / heights[-1] for each in heights] == pytest.approx(
        [each / medians[-1] for each in medians], abs=1e-3
    )


def test_without_doubt_there_is_one_label_and_the_actual_stands_apart() -> None:
    plan = [[size] * 5 for size in np.linspace(1e12, 9e12, len(MONTHS))]
    sure = both(a_fan(), table(plan, list(np.linspace(1e12, 8.8e12, len(MONTHS)))))
    assert [label for label in labels(sure) if "9.00" in label] == ["plan  9.00"] * 2
    assert not [label for label in labels(sure) if label.startswith(("5 %", "95 %", "median"))]
    assert re.findall(r"text-anchor: (\w+)[^>]*>really come<", sure) == ["end"] * 2


def test_what_came_near_nothing_is_not_written_over_the_months() -> None:
    svg = a_fan().drawn(table(come=[1e9, 2e9, *[None] * (len(MONTHS) - 2)]), width="wide")
    (height,) = re.findall(r'<text[^>]*y="([0-9.]+)"[^>]*>really come<', svg.svg)
    assert float(height) < svg.plot[3], "above the axis"


def test_a_limit_is_a_line_with_its_words() -> None:
    full = replace(a_fan(), limit=80e12, limit_words="full at 80 TB")
    assert labels(both(full, table())).count("full at 80 TB") == 2


def test_colours_are_the_pages_own() -> None:
    svg = both(a_fan(), table())
    for name in ("ink", "rule", "band-outer", "band-inner", "line", "actual"):
        assert f"var(--{name})" in svg
    assert not set(re.findall(r"#[0-9a-f]{6}\b", svg)) - {"#ffffff", "#000000"}


def test_on_paper_a_picture_brings_its_colours_and_letters() -> None:
    svg = a_fan().drawn(table(), width="wide", medium="print").svg
    assert "var(--" not in svg
    assert "<text" not in svg
    assert "#14695f" in svg


def test_nothing_is_asked_of_any_server() -> None:
    svg = both(a_fan(), table())
    assert not re.findall(r'(?:href|src)="(?!#)', svg)
    assert set(re.findall(r"https?://[^\"]*", svg)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_names_of_stores_stay_text() -> None:
    stores = Table(
        name="bars",
        caption="Source: made up.",
        columns=(Column(heading="store"), Column(heading="bytes", kind="bytes")),
        rows=(("<script>alert(1)</script>", 5e9), ("$x^2$", 3e9)),
    )
    svg = both(Bars(name="bars", title="t", description="d", value=1), stores)
    assert "<script" not in svg
    assert "&lt;script&gt;" in svg
    assert "$x^2$" in svg
    assert [label.replace("\N{NO-BREAK SPACE}", " ") for label in labels(svg)[2:4]] == ["5.00 GB", "3.00 GB"]


def test_bars_of_years() -> None:
    rows = [[1.0, 2, 3, 5, 7], [11.0, 13, 17, 19, 23], [100.0, 200, 84567, 9e4, 1e5]]
    of = fan_table("m", "", [2027, 2028, 2029], rows, time="year", kind="money", unit="EUR")
    text = labels(both(YearBars(name="money", title="t", description="d"), of))
    assert {"EUR", "2028"} <= set(text)
    assert any(label.startswith("median") and "84" in label for label in text)


def test_labels_keep_apart_and_in_order() -> None:
    assert apart([1.0, 5.0], least=1.0) == [1.0, 5.0]
    assert apart([5.0, 5.0], least=1.0) == [4.5, 5.5]
    moved = apart([3.0, 1.0, 3.1, 3.2], least=1.0)
    assert sorted(moved) == pytest.approx([1.0, 2.1, 3.1, 4.1])
    assert moved[1] < moved[0] < moved[2] < moved[3]


def test_time_is_marked_by_years_or_by_months_where_there_are_few() -> None:
    def marked(months: int, at_most: int) -> list[str]:
        span = np.arange("2027-01", np.datetime64("2027-01") + months, dtype="datetime64[M]")
        return month_ticks(span, at_most=at_most)[1]

    assert marked(1, 4) == ["2027-01"]
    assert marked(7, 4) == ["2027-01", "2027-04", "2027-07"]
    assert marked(24, 4) == ["2027", "2028"]
    assert marked(120, 8) == ["2028", "2030", "2032", "2034", "2036"]
    assert marked(360, 4) == ["2030", "2040", "2050"]
