"""What was measured as bars, and the law that was fitted to it as a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.document import Table
from reports.figures.axes import write_unit
from reports.figures.chart import Chart, Rows, columns, words
from reports.figures.style import ACTUAL, FAINT, INNER

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Histogram(Chart):
    """Columns: the class (its lower end, told), how many were measured, how many the law expects."""

    axis: str
    """What the classes are of."""

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "column"

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # as said
        """Names stand inside."""
        return 0.2

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Bars that touch, and the line over their middles."""
        measured, expected = columns(table, (1, 2))
        places = np.arange(len(table.rows), dtype=np.float64)
        axes.bar(places, measured, color=INNER, width=0.94)
        axes.plot(
            places, expected, color=ACTUAL, linewidth=2, linestyle=(0, (5, 2)), marker="o", markersize=3
        )
        peak, high = int(np.argmax(measured)), int(np.argmax(expected))
        axes.annotate(
            "measured", (peak, measured[peak]), xytext=(0, 4), textcoords="offset points", ha="center",
            fontsize=9,
        )  # fmt: skip
        axes.annotate(
            "the law", (min(high + 2, len(places) - 1), expected[min(high + 2, len(places) - 1)]),
            xytext=(6, 6), textcoords="offset points", color=ACTUAL, fontsize=9,
        )  # fmt: skip
        every = max(1, len(places) // 6)
        axes.set_xticks(places[::every], words(table, 0)[::every])
        axes.set_ylim(bottom=0, top=1.15 * max(float(measured.max()), float(expected.max()), 1.0))
        axes.set_xlabel(self.axis, color=FAINT)
        write_unit(axes, table.columns[1].heading)
        return Rows(along="x", at=list(places))
