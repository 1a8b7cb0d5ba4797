"""What happened in each month or year: standing bars, the highest and the last with their amounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from reports.document import Table
from reports.figures.axes import mark_time, unit_for, write_unit
from reports.figures.chart import Chart, Rows, columns
from reports.figures.style import INK, INNER
from reports.numbers import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class TimeBars(Chart):
    """Columns: time, and the amount in `value`; what nobody knows is no bar."""

    value: int

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "column"

    def sheet_columns(self, table: Table) -> Sequence[int]:  # noqa: ARG002  # as the bars are drawn
        """The amounts."""
        return (self.value,)

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # the same for all
        """Amounts stand above the bars."""
        return 0.35

    def draw(self, axes: Axes, table: Table) -> Rows:
        """A bar for each row."""
        at = mark_time(axes, table, 0)
        amounts = np.nan_to_num(columns(table, (self.value,))[0])
        column = table.columns[self.value]
        factor, unit = unit_for(column, float(amounts.max(initial=0.0)))
        axes.bar(at, amounts / factor, color=INNER, width=0.74)
        for number in sorted({int(np.argmax(amounts)), len(amounts) - 1}):
            axes.annotate(
                told(table.rows[number][self.value], column), (at[number], amounts[number] / factor),
                xytext=(0, 3), textcoords="offset points", ha="center", va="bottom", color=INK, fontsize=9,
            )  # fmt: skip
        axes.set_xlim(float(at[0]) - 0.9, float(at[-1]) + 0.9)
        axes.set_ylim(bottom=0, top=(float(amounts.max(initial=0.0)) / factor or 1.0) * 1.14)
        if column.kind == "count":
            axes.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        write_unit(axes, unit)
        return Rows(along="x", at=list(at))
