"""Contrast by WCAG 2.2: words at 4.5 to 1, what tells something at 3 to 1; light, dark, on paper."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from reports.figures.style import HATCHES, PALETTE, SERIES
from reports.render.html import asset


def themes() -> dict[str, dict[str, str]]:
    """The page's palette by theme, as the style sheets have it."""
    text = f"{asset('page.css')}\n{asset('report.css')}"
    found: dict[str, dict[str, str]] = {"light": {}, "dark": {}, "print": {}}
    for around, body in re.findall(r"(@media [^{]*\{[^:]*)?:root \{([^}]*)\}", text):
        theme = "dark" if "dark" in around else "print" if "print" in around else "light"
        found[theme] |= dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6})", body))
    found["paper"] = {
        name.removeprefix("var(--").removesuffix(")"): paper for name, paper in PALETTE.values()
    } | {"page": "#ffffff"}
    return found


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark", "print", "paper"])
def test_contrast(theme: str) -> None:
    colours = themes()[theme]
    grounds = [colours[name] for name in ("page", "card")]
    for ground in grounds:
        for name in ("ink", "faint", "line", "actual"):
            assert contrast(colours[name], ground) >= 4.5, name
        for name in (f"s{n}" for n in range(1, 1 + len(SERIES))):
            assert contrast(colours[name], ground) >= 3, name


def test_neighbours_differ_without_colour() -> None:
    pairs = [(n, (n + n // len(SERIES)) % len(HATCHES)) for n in range(30)]
    assert all(one[1] != other[1] for one, other in pairwise(pairs))


def test_black_on_white_is_known() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21)
