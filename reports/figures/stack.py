"""Parts of a whole over time, one above the other; each with a pattern of its own and its name at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rcParams

from reports.document import Table
from reports.figures.axes import label_ends, mark_time, names_inches, unit_for, write_unit
from reports.figures.chart import Chart, Floats, Rows, columns
from reports.figures.style import HATCHES, SERIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHOWN = 0.02
"""Parts smaller than this share of the whole at the end get no name: they stand in the table."""


@dataclass(frozen=True, kw_only=True)
class Stack(Chart):
    """Columns: time, then one for each part. `bars` for amounts of a year, else for what is there."""

    bars: bool = False

    @property
    def sheet_form(self) -> str:
        """Columns for amounts of a year."""
        return "column stacked" if self.bars else "area stacked"

    def right_inches(self, table: Table) -> float:
        """Room for the names of the parts."""
        return names_inches(table)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Every part upon the ones before it."""
        at = mark_time(axes, table, 0)
        parts = columns(table, range(1, len(table.columns)))
        factor, unit = unit_for(table.columns[1], float(parts.sum(axis=0).max(initial=0.0)))
        parts = parts / factor
        tops = np.cumsum(parts, axis=0)
        for number, (part, top) in enumerate(zip(parts, tops, strict=True)):
            style = _style(number)
            if self.bars:
                axes.bar(at, part, bottom=top - part, width=0.75, **style)
            else:
                axes.fill_between(at, top - part, top, **style)
        axes.set_ylim(bottom=0)
        if len(at) > 1 and not self.bars:
            axes.set_xlim(at[0], at[-1])
        self._names(axes, table, at[-1] + (0.4 if self.bars else 0), parts, tops)
        write_unit(axes, unit)
        return Rows(along="x", at=list(at))

    def _names(self, axes: Axes, table: Table, end: float, parts: Floats, tops: Floats) -> None:
        ends, heights = parts[:, -1], tops[:, -1]
        named = [n for n, size in enumerate(ends) if size > _SHOWN * max(heights[-1], 1e-300)]
        texts = [table.columns[n + 1].heading for n in named]
        label_ends(axes, end, [float(heights[n] - ends[n] / 2) for n in named], texts)


def _style(number: int) -> dict[str, Any]:
    # Letters that are lines (for paper) come with no patterns: what reads those knows none.
    # Of more parts than colours, the eighth has the first one's colour and another pattern.
    pattern = HATCHES[(number + number // len(SERIES)) % len(HATCHES)]
    hatch = pattern if rcParams["svg.fonttype"] == "none" else ""
    return {"facecolor": SERIES[number % len(SERIES)], "hatch": hatch, "linewidth": 0.0}
