"""Several lines over time, or one curve over amounts; told apart by dashes and by names at their ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.document import Table
from reports.figures.axes import label_ends, mark_time, names_inches, unit_for, write_unit
from reports.figures.chart import Chart, Rows, columns
from reports.figures.style import ACTUAL, FAINT, INNER, LINE, SERIES
from reports.numbers import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DASHES: tuple[object, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")


@dataclass(frozen=True, kw_only=True)
class Lines(Chart):
    """Columns: time, then one for each line, all of one kind."""

    limit: float | None = None
    """A line across, in the unit of the cells."""
    limit_words: str = ""

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "line"

    def right_inches(self, table: Table) -> float:
        """Room for the names of the lines."""
        return names_inches(table)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Every line, with its name at its end."""
        at = mark_time(axes, table, 0)
        lines = columns(table, range(1, len(table.columns)))
        factor, unit = unit_for(table.columns[1], float(np.nanmax(lines, initial=self.limit or 0)))
        for number, line in enumerate(lines):
            axes.plot(
                at, line / factor, color=SERIES[number % len(SERIES)], linewidth=2,
                linestyle=_DASHES[number % len(_DASHES)], marker=_MARKERS[number % len(_MARKERS)],
                markevery=max(1, len(at) // 6), markersize=4.5, clip_on=False,
            )  # fmt: skip
        axes.set_ylim(bottom=0)
        if self.limit is not None:
            axes.axhline(self.limit / factor, color=ACTUAL, linestyle="--", linewidth=1.4)
            axes.annotate(
                self.limit_words, (at[0], self.limit / factor), xytext=(4, 4),
                textcoords="offset points", color=ACTUAL, fontsize=9,
            )  # fmt: skip
        if len(at) > 1:
            axes.set_xlim(at[0], at[-1])
        names = [column.heading for column in table.columns[1:]]
        label_ends(axes, at[-1], [float(line[-1] / factor) for line in lines], names)
        write_unit(axes, unit)
        return Rows(along="x", at=list(at))


@dataclass(frozen=True, kw_only=True)
class Exceedance(Chart):
    """Columns: a chance, and the amount that is exceeded with it. The amount lies along x."""

    limit: float | None = None
    """An amount to mark, as a budget."""
    limit_words: str = ""

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "line"

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # as said
        """Nothing is written beyond the axes but the last mark of the axis."""
        return 0.35

    def draw(self, axes: Axes, table: Table) -> Rows:
        """One falling curve, with three of its points named."""
        chances, amounts = columns(table, (0, 1))
        factor, unit = unit_for(table.columns[1], float(amounts.max(initial=0.0)))
        amounts = amounts / factor
        axes.fill_between(amounts, chances * 100, color=INNER, alpha=0.35, linewidth=0)
        axes.plot(amounts, chances * 100, color=LINE, linewidth=2)
        for wanted in (0.9, 0.5, 0.1):
            nearest = int(np.argmin(np.abs(chances - wanted)))
            x, y = amounts[nearest], chances[nearest] * 100
            axes.plot([x], [y], color=LINE, marker="o")
            text = f"{y:.0f} % above {told(table.rows[nearest][1], table.columns[1])}"
            axes.annotate(text, (x, y), xytext=(7, 3), textcoords="offset points", fontsize=9)
        if self.limit is not None:
            axes.axvline(self.limit / factor, color=ACTUAL, linestyle="--", linewidth=1.4)
            axes.annotate(
                self.limit_words, (self.limit / factor, 100), xytext=(4, -10),
                textcoords="offset points", color=ACTUAL, fontsize=9,
            )  # fmt: skip
        axes.set_ylim(0, 100)
        low, high = float(amounts.min()), float(amounts.max())
        axes.set_xlim(low - 0.05 * (high - low or 1), high + 0.25 * (high - low or 1))
        axes.set_xlabel(unit, color=FAINT)
        write_unit(axes, "% of futures cost more")
        return Rows(along="x", at=list(amounts))
