"""What each thing adds or takes away: bars to the right and, hatched, to the left, with their signs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.document import Table, Width
from reports.figures.chart import Chart, Rows, columns, words
from reports.figures.style import ACTUAL, CARD, INK, INNER, RULE, patterned
from reports.numbers import told

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST = 30


@dataclass(frozen=True, kw_only=True)
class Changes(Chart):
    """The name in the first column, the change in `value`."""

    value: int

    @property
    def sheet_form(self) -> str:
        """As it is drawn here, as near as may be."""
        return "bar"

    def sheet_columns(self, table: Table) -> Sequence[int]:  # noqa: ARG002  # as the bars are drawn
        """The changes."""
        return (self.value,)

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # the same for all
        """The axes themselves leave room behind the bars."""
        return 0.15

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # the same for both
        """A line for each row."""
        return 0.25 + 0.36 * max(len(table.rows), 1)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """Every bar with its change at its end."""
        amounts = np.nan_to_num(columns(table, (self.value,))[0])
        largest = float(np.abs(amounts).max(initial=0.0)) or 1.0
        for place, (row, amount) in enumerate(zip(table.rows, amounts / largest, strict=True)):
            less = amount < 0
            axes.barh(
                place, amount, height=0.62, color=ACTUAL if less else INNER, edgecolor=CARD,
                hatch="////" if less and patterned() else None,
            )  # fmt: skip
            text = told(row[self.value], table.columns[self.value])
            axes.annotate(
                text if less or not amount else f"+{text}", (amount, place),
                xytext=(-6 if less else 6, 0), textcoords="offset points", va="center",
                ha="right" if less else "left", color=INK,
            )  # fmt: skip
        axes.axvline(0, color=RULE, linewidth=1)
        names = [name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…" for name in words(table, 0)]
        axes.set_yticks(np.arange(len(table.rows)), names)
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(len(table.rows) - 0.4, -0.6)
        low, high = float(amounts.min(initial=0.0)) / largest, float(amounts.max(initial=0.0)) / largest
        axes.set_xlim(low - 0.5 if low < 0 else -0.02, high + 0.5)
        axes.grid(visible=False)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        return Rows(along="y", at=[float(number) for number in range(len(table.rows))])
