"""Where an amount lies, before and after: lying bands from 5 to 95 %, the median a stroke, all three told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from reports.document import Table, Width
from reports.figures.axes import unit_for
from reports.figures.chart import Chart, Rows, columns, words
from reports.figures.style import FAINT, INK, INNER, LINE, RULE
from reports.numbers import three, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Spans(Chart):
    """Columns: the name, then 5 %, median and 95 %."""

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # the same for all
        """Ends are named inside."""
        return 0.3

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # the same for both
        """A band with its words for each row."""
        return 0.75 + 0.62 * max(len(table.rows), 1)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Every band upon the same scale, which begins at nothing."""
        spans = columns(table, (1, 2, 3))
        factor, unit = unit_for(table.columns[1], float(np.nanmax(spans, initial=0.0)))
        places = [float(number) for number in range(len(table.rows))]
        for place, (low, middle, high) in zip(places, (spans / factor).T, strict=True):
            axes.barh(place, high - low, left=low, color=INNER, height=0.42)
            axes.vlines(middle, place - 0.29, place + 0.29, color=LINE, linewidth=3)
            text = three(float(middle)) if low == high else " · ".join(map(three, (low, middle, high)))
            axes.annotate(
                text, (middle, place - 0.3), xytext=(0, 3), textcoords="offset points", ha="center",
                va="bottom", fontsize=9, color=INK,
            )  # fmt: skip
        axes.set_yticks(places, words(table, 0))
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(table.rows) - 0.5, -0.75)
        axes.set_xlim(0, (float(np.nanmax(spans, initial=0.0)) / factor or 1.0) * 1.15)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axes.xaxis.set_major_formatter(lambda value, _: tick(value))
        axes.grid(visible=False)
        axes.grid(visible=True, axis="x", color=RULE)
        axes.set_xlabel(f"{unit}: 5 % · median · 95 %", color=FAINT)
        return Rows(along="y", at=places)
