"""What goes from where to where: a band for each way, as thick as it has bytes, with its amount upon it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from reports.document import Cell, Column, Table, Width
from reports.figures.chart import Chart, Rows, words
from reports.figures.style import ACTUAL, CARD, INK, INNER, LINE, patterned
from reports.numbers import plural, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_THICKEST, _THINNEST = 46.0, 2.0
"""Of a band, in points."""
_WORDS, _GAP, _BETWEEN = 14.0, 4.0, 12.0
_NODE = 0.012
_FLAT, _BENT = 0.5, 0.97
_INCH = 72.0
ONCE = "once"
"""The heading of money that is paid once: it is told with the flow."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Band:
    """Where one flow lies, in points from the top; thickness is the same at both ends."""

    left: float
    right: float
    thick: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Node:
    name: str
    top: float
    bottom: float


@dataclass(frozen=True, kw_only=True)
class Flows(Chart):
    """Columns: from, to, how many, bytes; what is counted among `gone` goes nowhere and is hatched."""

    gone: str
    """The word in the second column for what is removed."""

    def right_inches(self, table: Table) -> float:
        """Room for the names of those who get it."""
        return min(1.5, 0.3 + 0.082 * max((len(name) for name in words(table, 1)), default=0))

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # the same for both
        """As the flows need."""
        return 0.15 + _laid(table)[3] / _INCH

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Bands from the left to the right, their words where they set out."""
        bands, sources, targets, tall = _laid(table)
        for row, band in zip(table.rows, bands, strict=True):
            removed = row[1] == self.gone
            _draw_band(axes, band, removed=removed)
            text = ", ".join(_words(row, table.columns))
            axes.annotate(
                text, (_NODE + 0.015, band.left - band.thick / 2 - 2), va="bottom", ha="left",
                fontsize=9, color=ACTUAL if removed else INK,
            )  # fmt: skip
        for node, x in [*((each, 0.0) for each in sources), *((each, 1 - _NODE) for each in targets)]:
            axes.add_patch(Rectangle((x, node.top), _NODE, node.bottom - node.top, color=LINE, linewidth=0))
        for node in targets:
            axes.annotate(
                node.name, (1, (node.top + node.bottom) / 2), xytext=(5, 0), textcoords="offset points",
                va="center", annotation_clip=False, color=ACTUAL if node.name == self.gone else INK,
            )  # fmt: skip
        axes.set_yticks([(node.top + node.bottom) / 2 for node in sources], [node.name for node in sources])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_xlim(0, 1)
        axes.set_ylim(tall, 0)
        axes.grid(visible=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        return Rows(along="y", at=[band.left for band in bands])


def _words(row: Sequence[Cell], columns: Sequence[Column]) -> Iterator[str]:
    """How many, how much, and what it costs once: the first columns of money."""
    yield plural(int(row[2] or 0), "copy", "copies")
    yield told(row[3], columns[3])
    for cell, column in zip(row, columns, strict=True):
        if column.kind == "money" and column.heading == ONCE and cell:
            yield f"{told(cell, column)} {ONCE}"


def _laid(table: Table) -> tuple[list[_Band], list[_Node], list[_Node], float]:
    """Every band, the nodes on the left and on the right, and how tall all of it is."""
    largest = max((float(row[3] or 0) for row in table.rows), default=0.0) or 1.0
    thick = [max(_THINNEST, _THICKEST * float(row[3] or 0) / largest) for row in table.rows]
    lefts, sources, tall = _left(words(table, 0), thick)
    rights, targets, other = _right(words(table, 1), thick, tall)
    bands = [
        _Band(left=left, right=right, thick=each)
        for left, right, each in zip(lefts, rights, thick, strict=True)
    ]
    return bands, sources, targets, max(tall, other)


def _left(names: Sequence[str], thick: Sequence[float]) -> tuple[list[float], list[_Node], float]:
    """Each band beneath its words, those of one store together."""
    places = [0.0] * len(names)
    nodes, y = [], _GAP
    for name in dict.fromkeys(names):
        top = y + _WORDS
        for number in (n for n, each in enumerate(names) if each == name):
            y += _WORDS
            places[number] = y + thick[number] / 2
            y += thick[number] + _GAP
        nodes.append(_Node(name=name, top=top, bottom=y - _GAP))
        y += _BETWEEN
    return places, nodes, y - _BETWEEN + _GAP if names else _WORDS


def _right(
    names: Sequence[str], thick: Sequence[float], tall: float
) -> tuple[list[float], list[_Node], float]:
    """Bands of one target touch; targets are spread over the height."""
    order = list(dict.fromkeys(names))
    sums = [
        max(_WORDS, sum(t for t, each in zip(thick, names, strict=True) if each == name)) for name in order
    ]
    gap = max(_BETWEEN, (tall - sum(sums)) / (len(order) + 1)) if order else 0.0
    places = [0.0] * len(names)
    nodes, y = [], gap
    for name, whole in zip(order, sums, strict=True):
        mine = [n for n, each in enumerate(names) if each == name]
        at = y + (whole - sum(thick[n] for n in mine)) / 2
        top = at
        for number in mine:
            places[number] = at + thick[number] / 2
            at += thick[number]
        nodes.append(_Node(name=name, top=top, bottom=at))
        y += whole + gap
    return places, nodes, y


def _draw_band(axes: Axes, band: _Band, *, removed: bool) -> None:
    half, middle = band.thick / 2, (_FLAT + _BENT) / 2
    up, down = band.left - half, band.left + half
    to_up, to_down = band.right - half, band.right + half
    move, line, curve = Path.MOVETO, Path.LINETO, Path.CURVE4
    steps = [
        (move, (_NODE, up)), (line, (_FLAT, up)),
        (curve, (middle, up)), (curve, (middle, to_up)), (curve, (_BENT, to_up)),
        (line, (1 - _NODE, to_up)), (line, (1 - _NODE, to_down)), (line, (_BENT, to_down)),
        (curve, (middle, to_down)), (curve, (middle, down)), (curve, (_FLAT, down)),
        (line, (_NODE, down)), (Path.CLOSEPOLY, (_NODE, up)),
    ]  # fmt: skip
    hatch = "////" if removed and patterned() else None
    path = Path([point for _, point in steps], [code for code, _ in steps])
    axes.add_patch(PathPatch(path, facecolor=INNER, hatch=hatch, edgecolor=CARD, linewidth=0.0))
