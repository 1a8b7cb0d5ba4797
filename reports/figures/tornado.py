"""Which input moves an answer: a bar for each, from the answer at its low end to that at its high end."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from reports.document import Table, Width
from reports.figures.axes import unit_for
from reports.figures.chart import Chart, Rows, columns, words
from reports.figures.style import FAINT, HATCHES, INK, INNER, LINE, RULE
from reports.numbers import three, tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST = 22


@dataclass(frozen=True, kw_only=True)
class Tornado(Chart):
    """Columns: the input, the answer with it low, the answer with it high; the rest is not drawn."""

    base: float
    """The answer with every input in its middle."""

    def right_inches(self, table: Table) -> float:  # noqa: ARG002  # as said
        """Ends are named inside."""
        return 0.3

    def height_inches(self, table: Table, width: Width) -> float:  # noqa: ARG002  # by the rows alone
        """A line for each input."""
        return 0.75 + 0.38 * max(len(table.rows), 1)

    def draw(self, axes: Axes, table: Table) -> Rows:
        """The widest at the top."""
        low, high = columns(table, (1, 2))
        places = np.arange(len(table.rows))
        factor, unit = unit_for(table.columns[1], float(max(low.max(initial=0), high.max(initial=0))))
        base = self.base / factor
        for place, at_low, at_high in zip(places, low / factor, high / factor, strict=True):
            axes.barh(place, at_low - base, left=base, color=LINE, height=0.6)
            axes.barh(place, at_high - base, left=base, color=INNER, height=0.6, hatch=HATCHES[0])
            for value, word in ((at_low, "low"), (at_high, "high")):
                outwards = value >= base
                # The first row says which end is which, and its colours and the table say it of all others.
                text = f"{word} {three(float(value))}" if not place else three(float(value))
                axes.annotate(
                    text, (value, place), xytext=(4 if outwards else -4, 0),
                    textcoords="offset points", va="center", ha="left" if outwards else "right",
                    fontsize=8, color=FAINT,
                )  # fmt: skip
        axes.axvline(base, color=INK, linewidth=1)
        axes.set_yticks(places, [_short(name) for name in words(table, 0)])
        axes.tick_params(axis="y", labelcolor=INK, labelsize=8)
        axes.set_ylim(len(table.rows) - 0.4, -0.6)
        every = np.concatenate([low, high]) / factor
        reach = max(float(every.max(initial=base)) - float(every.min(initial=base)), abs(base) * 1e-6, 1e-12)
        axes.set_xlim(
            float(every.min(initial=base)) - 0.6 * reach, float(every.max(initial=base)) + 0.4 * reach
        )
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axes.xaxis.set_major_formatter(lambda value, _: tick(value))
        axes.grid(visible=False)
        axes.grid(visible=True, axis="x", color=RULE)
        axes.set_xlabel(unit, color=FAINT)
        return Rows(along="y", at=list(places))


def _short(name: str) -> str:
    lines = textwrap.wrap(name, _LONGEST)
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")
