"""The pictures, all in one style: drawn by matplotlib as SVG, the same bytes for the same numbers.

Colours are written as names of the page's own palette, so that one picture is right in the
dark, in the light and on paper. Each picture comes in two widths, for desks and for phones;
letters stay letters, so that they can be searched, read aloud and printed sharply.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from reports.numbers import si_bytes, three, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
_PALETTE = {
    "#010203": "var(--ink)",
    "#040506": "var(--faint)",
    "#070809": "var(--rule)",
    "#0a0b0c": "var(--band-outer)",
    "#0d0e0f": "var(--band-inner)",
    "#101112": "var(--line)",
    "#131415": "var(--actual)",
}
"""Colours that no picture has, standing for the page's until the SVG is written."""
INK, FAINT, RULE, OUTER, INNER, LINE, ACTUAL = _PALETTE
_WIDTHS_INCHES = {"wide": (8.4, 3.5), "narrow": (4.4, 3.2)}
_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240)
_STYLE: dict[Any, Any] = {
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
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": FAINT,
    "ytick.labelcolor": FAINT,
    "ytick.major.size": 0,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


_HEAD = Markup(
    '<svg class="{kind}" viewBox="{box}" role="img" aria-labelledby="{name}-t {name}-d" '
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<title id="{name}-t">{title}</title><desc id="{name}-d">{description}</desc>'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A drawn figure, in both widths, with the words that stand for it."""

    name: str
    """Unique on its page; letters, digits and hyphens."""
    title: str
    description: str
    """What a person who cannot see it needs to know."""
    svg: Markup


def fan_chart(
    *,
    name: str,
    title: str,
    description: str,
    months: NDArray[np.datetime64],
    fan: Floats,
    actual_months: Sequence[np.datetime64] = (),
    actual: Sequence[float] = (),
) -> Picture:
    """Bytes over time with the doubt shown: half of all futures in the inner band, nine in ten in the outer.

    fan : ndarray = (5, n_months)
        The 5, 25, 50, 75 and 95 % quantiles.
    actual : what was really held at the end of `actual_months`.
    """
    factor, unit = unit_of(max([float(fan.max()), *actual]))

    def draw(axes: Axes) -> None:
        scaled = fan / factor
        axes.fill_between(months, scaled[0], scaled[4], color=OUTER, linewidth=0)
        axes.fill_between(months, scaled[1], scaled[3], color=INNER, linewidth=0)
        axes.plot(months, scaled[2], color=LINE, linewidth=2)
        if len(actual):
            held = np.asarray(actual) / factor
            axes.plot(
                actual_months, held, color=ACTUAL, marker="o", markevery=[-1], markersize=5, linewidth=2
            )
            # Towards the middle and away from the median: at the ends stand the axis and the labels.
            late = actual_months[-1] > months[len(months) // 2]
            low = held[-1] < scaled[2, min(len(held), len(months)) - 1]
            axes.annotate(
                "really come",
                (actual_months[-1], held[-1]),
                xytext=(-8 if late else 6, -30 if low and late else 7),
                textcoords="offset points",
                ha="right" if late else "left",
                color=ACTUAL,
            )
        _label_ends(axes, months[-1], scaled[[0, 2, 4], -1], ("5 %", "median", "95 %"))
        axes.set_xticks(*month_ticks(months, at_most=_ticks(axes)))
        axes.set_ylim(bottom=0)
        axes.set_ylabel(unit, rotation=0, ha="left", va="bottom")
        axes.yaxis.set_label_coords(0, 1.02)

    return _picture(name, title, description, draw, right=0.86)


def year_bars(
    *, name: str, title: str, description: str, years: Sequence[int], quantiles: Floats, currency: str
) -> Picture:
    """Money by year: the bar is the median, the line upon it reaches from the 5 to the 95 % quantile.

    quantiles : ndarray = (n_years, 5)
    """

    def draw(axes: Axes) -> None:
        low, median, high = quantiles[:, 0], quantiles[:, 2], quantiles[:, 4]
        axes.bar(years, median, color=INNER, width=0.7)
        axes.vlines(years, low, high, color=LINE, linewidth=2)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=_ticks(axes), integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: three(value) if value else "0")
        axes.set_ylim(bottom=0)
        axes.set_ylabel(currency, rotation=0, ha="left", va="bottom")
        axes.yaxis.set_label_coords(0, 1.02)
        _label_ends(axes, years[-1] + 0.35, quantiles[-1, [0, 2, 4]], ("5 %", "median", "95 %"))

    return _picture(name, title, description, draw, right=0.86)


def store_bars(
    *, name: str, title: str, description: str, stores: Sequence[str], sizes: Sequence[float]
) -> Picture:
    """Bytes by store, a bar each with its size behind it."""
    factor, _ = unit_of(max(sizes, default=0.0))

    def draw(axes: Axes) -> None:
        places = np.arange(len(stores))
        axes.barh(places, np.asarray(sizes) / factor, color=INNER, height=0.62)
        for place, size in zip(places, sizes, strict=True):
            axes.annotate(
                si_bytes(size), (size / factor, place), xytext=(6, 0), textcoords="offset points", va="center"
            )
        axes.set_yticks(places, stores)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.invert_yaxis()
        axes.grid(visible=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        axes.margins(x=0.22)

    return _picture(name, title, description, draw, right=0.98, height_inches=0.5 + 0.42 * len(stores))


def month_ticks(months: NDArray[np.datetime64], *, at_most: int) -> tuple[NDArray[np.datetime64], list[str]]:
    """Where time is marked and with what: years, or months where there are few."""
    numbers = months.astype("datetime64[M]").astype(int)
    fitting = (
        step for step in _STEPS_MONTHS if len(numbers) <= step * at_most * (1 if step % 12 == 0 else 0.7)
    )
    step = next(fitting, _STEPS_MONTHS[-1])
    chosen = months[numbers % step == 0]
    return chosen, [str(month)[:4] if step % 12 == 0 else str(month)[:7] for month in chosen]


def _ticks(axes: Axes) -> int:
    """How many labels fit beneath the picture."""
    pixels: float = axes.figure.bbox.width
    return round(pixels / axes.figure.dpi)


def _label_ends(axes: Axes, at: np.datetime64 | float, values: Floats, words: Sequence[str]) -> None:
    """Write what each line is at its end, apart from one another even where they lie close."""
    if values[0] == values[-1]:
        values, words = values[1:2], ["plan"]
    _, top = axes.get_ylim()
    least = top / 14
    heights = np.asarray(values, dtype=np.float64).copy()
    if len(heights) > 1:
        heights[0] = min(heights[0], heights[1] - least)
        heights[2] = max(heights[2], heights[1] + least)
    for height, value, word in zip(heights, values, words, strict=True):
        colour = FAINT if word.endswith("%") else INK
        axes.annotate(
            f"{word}  {three(float(value))}", (at, height), xytext=(7, 0), textcoords="offset points",
            va="center", annotation_clip=False, fontsize=9, color=colour,
        )  # fmt: skip


def _picture(
    name: str,
    title: str,
    description: str,
    draw: Callable[[Axes], None],
    *,
    right: float,
    height_inches: float | None = None,
) -> Picture:
    drawings = [
        _svg(f"{name}-{width}", width, title, description, _drawn(draw, size, right, height_inches))
        for width, size in _WIDTHS_INCHES.items()
    ]
    return Picture(name=name, title=title, description=description, svg=Markup("\n").join(drawings))


def _drawn(
    draw: Callable[[Axes], None], size: tuple[float, float], right: float, height_inches: float | None
) -> str:
    wide, tall = size
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(wide, height_inches or tall), layout=None)
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        draw(axes)
        _fit(figure, axes, right)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue().decode("utf-8")


def _fit(figure: Figure, axes: Axes, right: float) -> None:
    """Margins in inches, so that both widths have room for their labels."""
    wide, tall = figure.get_size_inches()
    longest = max((len(label.get_text()) for label in axes.get_yticklabels()), default=0)
    left = min(0.25 + 0.085 * max(longest, 5), wide * 0.4)
    labels = (1 - right) * 8.4
    top = 0.28 if axes.get_ylabel() else 0.05
    bottom = 0.3 if axes.xaxis.get_visible() else 0.05
    figure.subplots_adjust(
        left=left / wide, right=1 - labels / wide, top=1 - top / tall, bottom=bottom / tall
    )


def _svg(identifier: str, width: str, title: str, description: str, text: str) -> Markup:
    """The drawing as part of a page: the page's colours, its own identifiers, a title and a description."""
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{identifier}-", body)
    body = re.sub(r"#[0-9a-f]{6}", lambda match: _PALETTE.get(match[0], match[0]), body)
    opening = re.match(r"<svg[^>]*>", body)
    assert opening is not None
    box = re.search(r'viewBox="([0-9. ]*)"', opening[0])
    assert box is not None
    head = _HEAD.format(kind=width, box=box[1], name=identifier, title=title, description=description)
    return head + Markup(body[opening.end() :])  # noqa: S704
