"""Something over time with the doubt shown: half of all futures in the inner band, 9 in 10 in the outer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.document import Table
from reports.figures.axes import label_ends, mark_time, unit_for, write_unit
from reports.figures.chart import Chart, Floats, Rows, columns
from reports.figures.style import ACTUAL, INNER, LINE, OUTER
from reports.numbers import three

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Fan(Chart):
    """Columns: time, then the 5, 25, 50, 75 and 95 % quantiles, then perhaps what really came."""

    actual: int | None = None
    """The column of what really came; None where nothing has."""
    actual_words: str = "really come"
    limit: float | None = None
    """A line across, as what a store holds at most, in the unit of the cells."""
    limit_words: str = ""

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "line"

    def draw(self, axes: Axes, table: Table) -> Rows:
        """The bands, the median, and what really came."""
        at = mark_time(axes, table, 0)
        fan = columns(table, (1, 2, 3, 4, 5))
        come = columns(table, (self.actual,))[0] if self.actual is not None else np.full(len(at), np.nan)
        largest = float(np.nanmax([fan.max(), self.limit or 0, np.nanmax(come, initial=0)]))
        factor, unit = unit_for(table.columns[1], largest)
        scaled = fan / factor
        axes.fill_between(at, scaled[0], scaled[4], color=OUTER, linewidth=0)
        axes.fill_between(at, scaled[1], scaled[3], color=INNER, linewidth=0)
        axes.plot(at, scaled[2], color=LINE, linewidth=2)
        if self.limit is not None:
            axes.axhline(self.limit / factor, color=ACTUAL, linestyle="--", linewidth=1.4)
            axes.annotate(
                self.limit_words, (at[0], self.limit / factor), xytext=(4, 4),
                textcoords="offset points", color=ACTUAL, fontsize=9,
            )  # fmt: skip
        _really(axes, at, come / factor, scaled[2], words=self.actual_words, top=largest / factor)
        axes.set_ylim(bottom=0)
        if len(at) > 1:
            axes.set_xlim(at[0], at[-1])
        _ends(axes, at[-1], scaled[:, -1])
        write_unit(axes, unit)
        return Rows(along="x", at=list(at))


def _really(axes: Axes, at: Floats, come: Floats, median: Floats, *, words: str, top: float) -> None:
    known = np.flatnonzero(~np.isnan(come))
    if not len(known):
        return
    last = known[-1]
    axes.plot(
        at[known], come[known], color=ACTUAL, marker="o", markevery=[-1], markersize=5, linewidth=2,
        clip_on=False,
    )  # fmt: skip
    # Away from the median, which rises: above to the left, beneath to the right. At the ends stand the
    # axis and the labels; and what is near nothing has no room beneath, where the months are told.
    low = median[last] > come[last] > top * 0.15
    left = last > len(at) // 2 or (not low and last > len(at) // 6)
    axes.annotate(
        words,
        (at[last], come[last]),
        xytext=(-8 if left else 6, (-30 if left else -14) if low else 7),
        textcoords="offset points",
        ha="right" if left else "left",
        color=ACTUAL,
    )


def _ends(axes: Axes, at: float, ends: Floats) -> None:
    if ends[0] == ends[4]:
        label_ends(axes, at, [ends[2]], [f"plan  {three(float(ends[2]))}"])
        return
    named = ("5 %", "median", "95 %")
    values = [float(ends[n]) for n in (0, 2, 4)]
    label_ends(
        axes, at, values, [f"{word}  {three(value)}" for word, value in zip(named, values, strict=True)]
    )
