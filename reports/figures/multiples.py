"""The same fan for several plans, small, beside one another and on one scale."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.document import Table, Width
from reports.figures.axes import mark_time, unit_for, write_unit
from reports.figures.chart import Chart, Rows, columns
from reports.figures.style import FAINT, INK, LINE, OUTER, RULE
from reports.numbers import three

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LETTERS_PER_INCH = 10


@dataclass(frozen=True, kw_only=True)
class Multiples(Chart):
    """Columns: time, then for each plan its 5 %, median and 95 %, all headed with its name and a comma."""

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "line"

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # as said
        """Ends are named within each."""
        return 0.2

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # the same for any number
        """Low, so that slopes compare."""
        return 2.9

    def draw(self, axes: Axes, table: Table) -> Rows:
        """The plans side by side in one pair of axes, time running anew in each."""
        at = mark_time(axes, table, 0)
        axes.set_xticks([])
        plans = (len(table.columns) - 1) // 3
        values = columns(table, range(1, 1 + 3 * plans))
        factor, unit = unit_for(table.columns[1], float(np.nanmax(values, initial=0.0)))
        values = values / factor
        span = float(at[-1] - at[0]) or 1.0
        step = span * 1.35
        letters = max(8, round(axes.figure.bbox.width / axes.figure.dpi * _LETTERS_PER_INCH / max(plans, 1)))
        top = float(np.nanmax(values, initial=1e-12))
        for number in range(plans):
            low, median, high = values[3 * number : 3 * number + 3]
            here = at - at[0] + number * step
            axes.fill_between(here, low, high, color=OUTER, linewidth=0)
            axes.plot(here, median, color=LINE, linewidth=2)
            known = np.flatnonzero(~np.isnan(median))
            last = known[-1] if len(known) else 0
            axes.annotate(
                three(float(median[last])), (here[last], median[last]), xytext=(5, 0),
                textcoords="offset points", fontsize=9, va="center", color=INK,
            )  # fmt: skip
            name = table.columns[1 + 3 * number].heading.rsplit(",", 1)[0]
            axes.annotate(
                _short(name, letters),
                (here[0], top * 1.1),
                fontsize=9,
                color=INK,
                annotation_clip=False,
                linespacing=1.3,
            )
            axes.plot([here[0], here[-1]], [0, 0], color=RULE, linewidth=1)
            for end, where in ((0, "left"), (-1, "right")):
                axes.annotate(
                    str(table.rows[end][0])[:4], (here[end], 0), xytext=(0, -12), textcoords="offset points",
                    fontsize=9, color=FAINT, ha=where, annotation_clip=False,
                )  # fmt: skip
        axes.set_xlim(0, step * plans - 0.35 * span + 0.3 * span)
        axes.set_ylim(0, top * 1.3)
        write_unit(axes, unit)
        return Rows()


def _short(name: str, width: int) -> str:
    lines = textwrap.wrap(name, width)
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")
