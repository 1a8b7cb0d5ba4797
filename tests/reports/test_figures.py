"""Pictures: the same bytes again, words for those who cannot see them, and no way in for markup."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np

from reports.figures import Picture, fan_chart, month_ticks, store_bars, year_bars

MONTHS = np.arange("2027-01", "2029-01", dtype="datetime64[M]").astype("datetime64[s]")
FAN = np.outer([1, 2, 3, 5, 7], np.linspace(1e12, 9e12, len(MONTHS)))


def a_fan(name: str = "fan") -> Picture:
    return fan_chart(
        name=name,
        title="Bytes held <in> hot & cold",
        description="Up to 27 TB.",
        months=MONTHS,
        fan=FAN,
        actual_months=list(MONTHS[:3]),
        actual=[1e12, 2e12, 4e12],
    )


def test_the_same_numbers_give_the_same_bytes() -> None:
    assert a_fan().svg == a_fan().svg


def test_both_widths_are_xml_with_title_and_description() -> None:
    for svg in str(a_fan().svg).split("</svg>")[:2]:
        root = ET.fromstring(svg + "</svg>")
        space = "{http://www.w3.org/2000/svg}"
        assert [child.text for child in root[:2]] == ["Bytes held <in> hot & cold", "Up to 27 TB."]
        assert root[0].tag == f"{space}title"
        assert root.get("role") == "img"
        ids = [element.get("id") for element in root.iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert all(str(found).startswith("fan-") for found in ids)


def test_letters_stay_letters_and_say_unit_and_ends() -> None:
    text = re.findall(r"<text[^>]*>([^<]*)</text>", a_fan().svg)
    assert {"TB", "really come"} <= set(text)
    assert any(label.startswith("median") and label.endswith("27.0") for label in text)
    assert any(label.startswith("95 %") and label.endswith("63.0") for label in text)


def test_without_doubt_there_is_one_label_and_the_actual_stands_apart() -> None:
    sure = fan_chart(
        name="sure",
        title="t",
        description="d",
        months=MONTHS,
        fan=np.tile(np.linspace(1e12, 9e12, len(MONTHS)), (5, 1)),
        actual_months=list(MONTHS),
        actual=list(np.linspace(1e12, 8.8e12, len(MONTHS))),
    )
    text = re.findall(r"<text[^>]*>([^<]*)</text>", sure.svg)
    assert [label for label in text if "9.00" in label] == ["plan  9.00"] * 2
    assert not [label for label in text if label.startswith(("5 %", "95 %", "median"))]
    assert re.findall(r"text-anchor: (\w+)[^>]*>really come<", sure.svg) == ["end"] * 2


def test_colours_are_the_pages_own() -> None:
    svg = a_fan().svg
    for name in ("ink", "rule", "band-outer", "band-inner", "line", "actual"):
        assert f"var(--{name})" in svg
    assert not set(re.findall(r"#[0-9a-f]{6}\b", svg)) - {"#ffffff", "#000000"}


def test_nothing_is_asked_of_any_server() -> None:
    assert not re.findall(r'(?:href|src)="(?!#)', a_fan().svg)
    assert set(re.findall(r"https?://[^\"]*", a_fan().svg)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_names_of_stores_stay_text() -> None:
    picture = store_bars(
        name="bars",
        title="t",
        description="d",
        stores=["<script>alert(1)</script>", "$x^2$"],
        sizes=[5e9, 3e9],
    )
    assert "<script" not in picture.svg
    assert "&lt;script&gt;" in picture.svg
    assert "$x^2$" in picture.svg


def test_bars_of_years() -> None:
    picture = year_bars(
        name="money",
        title="t",
        description="d",
        years=[2027, 2028, 2029],
        quantiles=np.array([[1, 2, 3, 5, 7], [11, 13, 17, 19, 23], [100, 200, 84567, 9e4, 1e5]]),
        currency="EUR",
    )
    text = re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg)
    assert {"EUR", "2028"} <= set(text)
    assert any(label.startswith("median") and "84" in label for label in text)


def test_time_is_marked_by_years_or_by_months_where_there_are_few() -> None:
    def labels(months: int, at_most: int) -> list[str]:
        span = np.arange("2027-01", np.datetime64("2027-01") + months, dtype="datetime64[M]")
        return month_ticks(span.astype("datetime64[s]"), at_most=at_most)[1]

    assert labels(1, 4) == ["2027-01"]
    assert labels(7, 4) == ["2027-01", "2027-04", "2027-07"]
    assert labels(24, 4) == ["2027", "2028"]
    assert labels(120, 8) == ["2028", "2030", "2032", "2034", "2036"]
    assert labels(360, 4) == ["2030", "2040", "2050"]
