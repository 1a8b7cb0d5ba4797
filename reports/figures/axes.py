"""What several charts do to their axes: time, units, and words at the ends of lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from reports.document import Column, Table
from reports.figures.chart import Floats
from reports.figures.style import FAINT, INK
from reports.numbers import tick, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEPS_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120, 240)


def mark_time(axes: Axes, table: Table, column: int) -> Floats:
    """Lay a column of months or years along x; where each row is, in months or years."""
    kind = table.columns[column].kind
    if kind == "month":
        months = np.array([str(row[column]) for row in table.rows], dtype="datetime64[M]")
        at, labels = month_ticks(months, at_most=room(axes))
        axes.set_xticks(at.astype("datetime64[M]").astype(float), labels)
        return months.astype(float)
    years = np.array([float(str(row[column])) for row in table.rows])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=room(axes), integer=True))
    return years


def month_ticks(months: NDArray[np.datetime64], *, at_most: int) -> tuple[NDArray[np.datetime64], list[str]]:
    """Where time is marked and with what: years, or months where there are few."""
    first, last = months[0].astype("datetime64[M]"), months[-1].astype("datetime64[M]")
    every = np.arange(first, last + 1)
    numbers = every.astype(int)
    fitting = (
        step for step in _STEPS_MONTHS if len(numbers) <= step * at_most * (1 if step % 12 == 0 else 0.7)
    )
    step = next(fitting, _STEPS_MONTHS[-1])
    chosen = every[numbers % step == 0]
    return chosen, [str(month)[:4] if step % 12 == 0 else str(month)[:7] for month in chosen]


def room(axes: Axes) -> int:
    """How many labels fit beneath the picture."""
    pixels: float = axes.figure.bbox.width
    return round(pixels / axes.figure.dpi)


def unit_for(column: Column, largest: float) -> tuple[float, str]:
    """What an axis is divided by, and what is written at it."""
    if column.kind == "bytes":
        return unit_of(largest)
    if column.kind == "money":
        return _thousands(largest, column.unit)
    if column.kind == "share":
        return 0.01, "%"
    return _thousands(largest, column.unit or column.heading)


def _thousands(largest: float, unit: str) -> tuple[float, str]:
    for factor, word in ((1e9, "billion"), (1e6, "million")):
        if largest >= factor:
            return factor, f"{word} {unit}".strip()
    return 1.0, unit


def names_inches(table: Table) -> float:
    """Room for the headings of all columns but the first, at the ends of what they name."""
    return max(0.9, 0.25 + 0.078 * max(len(column.heading) for column in table.columns[1:]))


def write_unit(axes: Axes, unit: str) -> None:
    """Above the axis, level, as text is read."""
    axes.set_ylabel(unit, rotation=0, ha="left", va="bottom")
    axes.yaxis.set_label_coords(0, 1.02)
    axes.yaxis.set_major_formatter(lambda value, _: tick(value))


def label_ends(axes: Axes, at: float, values: Sequence[float], texts: Sequence[str]) -> None:
    """Write what each line is at its end, apart from one another even where they lie close."""
    low, top = axes.get_ylim()
    for height, text in zip(apart(values, least=(top - low) / 14), texts, strict=True):
        axes.annotate(
            text, (at, height), xytext=(7, 0), textcoords="offset points",
            va="center", annotation_clip=False, fontsize=9, color=FAINT if "%" in text else INK,
        )  # fmt: skip


def apart(values: Sequence[float], *, least: float) -> list[float]:
    """The values moved as little as keeps each `least` from the next, in the order they had."""
    order = sorted(range(len(values)), key=lambda number: values[number])
    heights = [float(values[number]) for number in order]
    groups: list[tuple[float, int]] = []
    for height in heights:
        groups.append((height, 1))
        # Two groups that meet become one about their common middle.
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < least * (groups[-1][1] + groups[-2][1]) / 2:
            (middle, n), (below, m) = groups.pop(), groups.pop()
            groups.append(((middle * n + below * m) / (n + m), n + m))
    moved = [middle + least * (k - (n - 1) / 2) for middle, n in groups for k in range(n)]
    found = [0.0] * len(values)
    for number, height in zip(order, moved, strict=True):
        found[number] = height
    return found
