"""Colours, patterns and letters of every picture.

Colours are written as names of the page's own palette, so that one picture is right in the dark, in
the light and on paper; where a picture leaves the page it brings those of paper. Whatever a colour
tells is told by a pattern or a label, too.
"""

from __future__ import annotations

from typing import Any

from matplotlib import rcParams

PALETTE = {
    "#010203": ("var(--ink)", "#1c2321"),
    "#040506": ("var(--faint)", "#4c5753"),
    "#070809": ("var(--rule)", "#c4c9c3"),
    "#0a0b0c": ("var(--band-outer)", "#cfe5df"),
    "#0d0e0f": ("var(--band-inner)", "#7fb9ae"),
    "#101112": ("var(--line)", "#14695f"),
    "#131415": ("var(--actual)", "#b3430f"),
    "#161718": ("var(--card)", "#ffffff"),
    "#191a1b": ("var(--s1)", "#2f8577"),
    "#1c1d1e": ("var(--s2)", "#b8860b"),
    "#1f2021": ("var(--s3)", "#5a6fb0"),
    "#222324": ("var(--s4)", "#b3552e"),
    "#252627": ("var(--s5)", "#7d4f8c"),
    "#28292a": ("var(--s6)", "#5d7a2e"),
    "#2b2c2d": ("var(--s7)", "#8a8f8c"),
}
"""Colours that no picture has, standing for the page's and for paper's until the SVG is written."""
INK, FAINT, RULE, OUTER, INNER, LINE, ACTUAL, CARD, *_series = PALETTE
SERIES: tuple[str, ...] = tuple(_series)
"""For things that lie beside one another: at least 3 to 1 against the page, in the dark and in the light."""
HATCHES = ("", "//", "\\\\", "--", "||", "xx", "++")
"""For the same things, so that they differ without colour."""
INCHES = {"wide": (8.4, 3.5), "narrow": (4.4, 3.2)}
STYLE: dict[Any, Any] = {
    "lines.markersize": 5,
    "svg.fonttype": "none",
    "text.parse_math": False,
    "svg.hashsalt": "holdfast",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": FAINT,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": RULE,
    "grid.linewidth": 0.8,
    "hatch.color": CARD,
    "hatch.linewidth": 1.0,
    "patch.linewidth": 0,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


def patterned() -> bool:
    """Whether patterns are drawn. On paper, where letters are lines, the words alone tell things apart.

    What makes the PDF knows no patterns.
    """
    return bool(rcParams["svg.fonttype"] == "none")
