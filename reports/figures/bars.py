"""Bars: lying, one for each thing with its amount behind it; standing, one for each year with its doubt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.document import Table, Width
from reports.figures.axes import label_ends, mark_time, unit_for, write_unit
from reports.figures.chart import Chart, Rows, columns, words
from reports.figures.style import INK, INNER, LINE
from reports.numbers import three, told

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Bars(Chart):
    """One lying bar for each row: its name in the first column, its amount in `value`."""

    value: int

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "bar"

    def sheet_columns(self, table: Table) -> Sequence[int]:  # noqa: ARG002  # as the bars are drawn
        """The amounts."""
        return (self.value,)

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # as said
        """The axes themselves leave room behind the bars."""
        return 0.15

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # each kind looks at what it needs
        """A line for each row."""
        return 0.3 + 0.36 * max(len(table.rows), 1)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Every bar with its amount written behind it."""
        places = np.arange(len(table.rows))
        amounts = np.nan_to_num(columns(table, (self.value,))[0])
        largest = float(amounts.max(initial=0.0)) or 1.0
        axes.barh(places, amounts / largest, color=INNER, height=0.62)
        for place, row in zip(places, table.rows, strict=True):
            text = told(row[self.value], table.columns[self.value])
            axes.annotate(
                text, (amounts[place] / largest, place), xytext=(6, 0),
                textcoords="offset points", va="center",
            )  # fmt: skip
        axes.set_yticks(places, words(table, 0))
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(table.rows) - 0.4, -0.6)
        axes.set_xlim(0, 1.3)
        axes.grid(visible=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        return Rows(along="y", at=list(places))


@dataclass(frozen=True, kw_only=True)
class YearBars(Chart):
    """Columns: year, then the five quantiles. The bar is the median, the line reaches from 5 to 95 %."""

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "column"

    def sheet_columns(self, table: Table) -> Sequence[int]:  # noqa: ARG002  # as the bars are drawn
        """The median."""
        return (3,)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """A bar and a line for each year."""
        years = mark_time(axes, table, 0)
        fan = columns(table, (1, 3, 5))
        factor, unit = unit_for(table.columns[1], float(fan.max()))
        low, median, high = fan / factor
        axes.bar(years, median, color=INNER, width=0.7)
        axes.vlines(years, low, high, color=LINE, linewidth=2)
        axes.set_ylim(bottom=0)
        write_unit(axes, unit)
        ends = [float(each[-1]) for each in (low, median, high)]
        if ends[0] == ends[2]:
            label_ends(axes, years[-1] + 0.35, ends[1:2], [f"plan  {three(ends[1])}"])
        else:
            texts = [f"{word}  {three(n)}" for word, n in zip(("5 %", "median", "95 %"), ends, strict=True)]
            label_ends(axes, years[-1] + 0.35, ends, texts)
        return Rows(along="x", at=list(years))
