"""What all charts have in common: drawn out of a table, in two widths, as part of a page or on paper."""

from __future__ import annotations

import io
import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from numpy.typing import NDArray

from reports.document import WORDS, Drawing, Medium, Table, Width
from reports.figures.style import INCHES, PALETTE, STYLE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]
_POINTS = 72.0
_NUMBERS = re.compile(r' (?:d|x|y|transform|width|height|points)="[^"]*"')
_LONG = re.compile(r"-?\d+\.\d{3,}")
"""A hundredth of a point is as fine as any printer; more would be half of the file."""
_HEAD = Markup(
    '<svg class="{kind}" viewBox="{box}" role="img" aria-labelledby="{name}-t {name}-d" '
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    '<title id="{name}-t">{title}</title><desc id="{name}-d">{description}</desc>'
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """Where the rows of the table ended up."""

    along: Literal["x", "y", ""] = ""
    at: Sequence[float] = ()
    """In the numbers of that axis."""


@dataclass(frozen=True, kw_only=True)
class Chart(ABC):
    """A picture on one pair of axes; the fields of each kind say which column is what."""

    name: str
    title: str
    description: str

    @property
    def sheet_form(self) -> str | None:
        """What a spreadsheet draws instead, as xlsxwriter names it: a type and perhaps a subtype."""
        return None

    def sheet_columns(self, table: Table) -> Sequence[int]:
        """The columns that a spreadsheet draws over the first."""
        return [number for number, column in enumerate(table.columns) if number and column.kind not in WORDS]

    @abstractmethod
    def draw(self, axes: Axes, table: Table) -> Rows:
        """Draw the table, in the style that is set."""

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # others look at it
        """How tall it is; by its rows, where these lie one below the other."""
        return INCHES[width][1]

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # others look at it
        """Room for labels beyond the axes."""
        return 1.15

    def drawn(self, table: Table, *, width: Width, medium: Medium = "page") -> Drawing:
        """The picture; the same table gives the same bytes."""
        style = STYLE if medium == "page" else {**STYLE, "svg.fonttype": "path"}
        with mpl.rc_context(style):
            tall = self.height_inches(table, width)
            figure = Figure(figsize=(INCHES[width][0], tall), layout=None)
            FigureCanvasSVG(figure)
            axes = figure.add_subplot()
            rows = self.draw(axes, table)
            _fit(figure, axes, self.right_inches(table))
            out = io.BytesIO()
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
        return Drawing(
            svg=_svg(self, f"{self.name}-{width}", width, out.getvalue().decode("utf-8"), medium),
            along=rows.along,
            marks=_marks(axes, rows, tall),
            plot=_plot(axes, tall),
        )


def columns(table: Table, numbers: Sequence[int]) -> Floats:
    """Some columns as numbers: ndarray = (n_columns, n_rows); what is not known is NaN."""
    return np.array([[_number(row[number]) for row in table.rows] for number in numbers], dtype=np.float64)


def _number(cell: str | float | None) -> float:
    return float("nan") if cell is None else float(cell)


def words(table: Table, number: int) -> list[str]:
    """One column as words."""
    return ["" if row[number] is None else str(row[number]) for row in table.rows]


def _fit(figure: Figure, axes: Axes, right: float) -> None:
    """Margins in inches, so that both widths have room for their labels."""
    wide, tall = figure.get_size_inches()
    lines = [line for label in axes.get_yticklabels() for line in label.get_text().split("\n")]
    left = min(0.2 + 0.078 * max(map(len, lines), default=5), wide * 0.47)
    top = 0.28 if axes.get_ylabel() else 0.08
    bottom = 0.08
    if axes.xaxis.get_visible():
        bottom = 0.52 if axes.get_xlabel() else 0.3
    figure.subplots_adjust(left=left / wide, right=1 - right / wide, top=1 - top / tall, bottom=bottom / tall)


def _marks(axes: Axes, rows: Rows, tall: float) -> tuple[float, ...]:
    if not rows.along:
        return ()
    at = np.asarray(rows.at, dtype=np.float64)
    pairs = np.column_stack([at, np.zeros(len(at))] if rows.along == "x" else [np.zeros(len(at)), at])
    pixels = axes.transData.transform(pairs) * _POINTS / axes.figure.dpi
    found = pixels[:, 0] if rows.along == "x" else tall * _POINTS - pixels[:, 1]
    return tuple(round(float(each), 1) for each in found)


def _plot(axes: Axes, tall: float) -> tuple[float, float, float, float]:
    box = np.asarray(axes.get_window_extent().extents) * _POINTS / axes.figure.dpi
    left, bottom, right, top = (float(each) for each in box)
    height = tall * _POINTS
    return round(left, 1), round(height - top, 1), round(right, 1), round(height - bottom, 1)


def _svg(chart: Chart, identifier: str, width: Width, text: str, medium: Medium) -> Markup:
    """The drawing as part of a page: the page's colours, its own identifiers, a title and a description."""
    body = text[text.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    if medium == "page":  # letters that are lines have scales of their own, and small ones
        body = _NUMBERS.sub(lambda found: _LONG.sub(lambda each: f"{float(each[0]):.2f}", found[0]), body)
    body = re.sub(r'\b(id="|xlink:href="#|url\(#)', rf"\g<1>{identifier}-", body)
    column = 0 if medium == "page" else 1
    body = re.sub(r"#[0-9a-f]{6}", lambda match: PALETTE.get(match[0], (match[0],) * 2)[column], body)
    opening = re.match(r"<svg[^>]*>", body)
    assert opening is not None
    box = re.search(r'viewBox="([0-9. ]*)"', opening[0])
    assert box is not None
    head = _HEAD.format(
        kind=width, box=box[1], name=identifier, title=chart.title, description=chart.description
    )
    return head + Markup(body[opening.end() :])  # noqa: S704  # matplotlib escaped every label
