"""How many fall into each class, one below the other; those that are too many are hatched, and said to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.document import Table, Width
from reports.figures.chart import Chart, Rows, columns, words
from reports.figures.style import ACTUAL, CARD, INK, INNER, patterned
from reports.numbers import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Ages(Chart):
    """The class in the first column, its number in `value`; rows that the table emphasises are hatched."""

    value: int
    marked: str
    """What is said of the hatched ones: `due`."""

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "bar"

    def sheet_columns(self, table: Table) -> Sequence[int]:  # noqa: ARG002  # as the bars are drawn
        """The amounts."""
        return (self.value,)

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # the same for all
        """The axes themselves leave room behind the bars."""
        return 0.15

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # the same for both
        """A line for each row."""
        return 0.25 + 0.34 * max(len(table.rows), 1)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Every bar with its number behind it."""
        amounts = np.nan_to_num(columns(table, (self.value,))[0])
        largest = float(amounts.max(initial=0.0)) or 1.0
        for place, row in enumerate(table.rows):
            late = place in table.emphasised and amounts[place] > 0
            axes.barh(
                place, amounts[place] / largest, height=0.66, color=ACTUAL if late else INNER,
                hatch="////" if late and patterned() else None, edgecolor=CARD,
            )  # fmt: skip
            text = told(row[self.value], table.columns[self.value]) + (f", {self.marked}" if late else "")
            axes.annotate(
                text, (amounts[place] / largest, place), xytext=(6, 0), textcoords="offset points",
                va="center", color=ACTUAL if late else INK,
            )  # fmt: skip
        axes.set_yticks(np.arange(len(table.rows)), words(table, 0))
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(table.rows) - 0.4, -0.6)
        axes.set_xlim(0, 1.35)
        axes.grid(visible=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        return Rows(along="y", at=list(np.arange(len(table.rows))))
