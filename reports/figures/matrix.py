"""Where things lie: a row for each thing, a column for each place, and in each cell what lies there.

Whole means that all of it lies there, hatched that a part of it does, empty that nothing does; each cell
says so in words, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from matplotlib.patches import Rectangle

from reports.document import Table, Width
from reports.figures.chart import Chart, Rows, words
from reports.figures.style import CARD, FAINT, INK, INNER, OUTER, RULE, patterned
from reports.numbers import count, si_bytes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST = 22
_HEAD = 1.15
_FEW = 2
_WIDE_INCHES = 6.0


@dataclass(frozen=True, kw_only=True)
class Matrix(Chart):
    """Columns: the name, how many packages it has, then for each place how many lie there and their bytes."""

    places: tuple[tuple[str, str], ...]
    """The tier and domain of each."""

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # the same for all
        """Everything stands inside."""
        return 0.12

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # the same for both
        """A line for each row, and the heads."""
        return 0.16 + 0.42 * (len(table.rows) + _HEAD)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Every cell with its words."""
        is_wide = axes.figure.bbox.width > _WIDE_INCHES * axes.figure.dpi
        n = max(len(self.places), 1)
        letters = 9.0 if is_wide or n <= _FEW else 7.0 if n <= 2 * _FEW else 5.5
        room = round((60 if is_wide else 36) / n)
        for column, (tier, domain) in enumerate(self.places):
            axes.annotate(
                _cut(tier, room),
                (column + 0.5, -0.62),
                ha="center",
                va="center",
                color=INK,
                fontsize=letters + 1,
            )
            axes.annotate(
                _cut(domain, room),
                (column + 0.5, -0.24),
                ha="center",
                va="center",
                color=FAINT,
                fontsize=letters,
            )
        for line, row in enumerate(table.rows):
            whole = int(row[1] or 0)
            for column in range(len(self.places)):
                here, size = row[2 + 2 * column], row[3 + 2 * column]
                cell = _Cell(here=int(here or 0), whole=whole, size_bytes=float(size or 0))
                _draw(axes, cell, (column, line), letters)
        names = [_cut(name, _LONGEST) for name in words(table, 0)]
        places = [line + 0.5 for line in range(len(table.rows))]
        axes.set_yticks(places, names)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(table.rows), 0 - _HEAD + 0.2)
        axes.set_xlim(0, max(len(self.places), 1))
        axes.grid(visible=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        return Rows(along="y", at=places)


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: max(longest - 1, 1)]}…"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cell:
    here: int
    whole: int
    size_bytes: float

    @property
    def is_full(self) -> bool:
        return self.here >= self.whole > 0

    @property
    def text(self) -> str:
        if not self.here:
            return "none"
        told = si_bytes(self.size_bytes)
        return told if self.is_full else f"{told}\n{count(self.here)} of {count(self.whole)}"


def _draw(axes: Axes, cell: _Cell, place: tuple[int, int], letters: float) -> None:
    column, line = place
    partly = cell.here and not cell.is_full
    box = Rectangle(
        (column + 0.03, line + 0.07), 0.94, 0.86,
        facecolor=INNER if cell.is_full else OUTER if partly else CARD,
        edgecolor=RULE, linewidth=0.8, hatch="////" if partly and patterned() else None,
    )  # fmt: skip
    axes.add_patch(box)
    behind = {"boxstyle": "square,pad=0.15", "facecolor": OUTER, "linewidth": 0} if partly else None
    axes.annotate(
        cell.text, (column + 0.5, line + 0.5), ha="center", va="center", fontsize=letters, linespacing=1.05,
        color=INK if cell.here else FAINT, bbox=behind,
    )  # fmt: skip
