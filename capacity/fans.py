"""Quantiles over draws, and the first figures of a run, before anything heavier than numpy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from capacity.cohorts import month_after
from capacity.cubes import Cubes
from capacity.laws import Floats
from capacity.scenario import Scenario
from capacity.scratch import Numbers, rows

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def quantiles(cube: Numbers, at: Sequence[float] = QUANTILES) -> Floats:
    """Of the last axis, interpolated in double precision: ndarray = (n_quantiles, …).

    Sorted a slice at a time, which bounds memory and is several times faster than to select.
    """
    place = np.asarray(at) * (cube.shape[-1] - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, cube.shape[-1] - 1)
    part = place - low
    fans = np.empty((len(at), *cube.shape[:-1]))
    for index, each in enumerate(rows(cube)):
        ordered = np.sort(each, axis=-1)
        below, above = ordered[..., low].astype(np.float64), ordered[..., high].astype(np.float64)
        fans[:, index] = np.moveaxis(below + (above - below) * part, -1, 0)
    return fans


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What stands at the end of a month: the quantiles 5, 50 and 95 %."""

    month: date
    """Its first day."""
    bytes_held: tuple[float, ...]
    """In all stores."""
    cost_since_start: tuple[float, ...]


def shown_months(months: int) -> list[int]:
    """The last month of each year of the plan, and the last of all."""
    return sorted({*range(11, months, 12), months - 1})


def first_figures(cubes: Cubes, scenario: Scenario) -> list[Figures]:
    """Year by year; they are those that the whole result will hold."""
    shown, at = shown_months(scenario.months), (0.05, 0.5, 0.95)
    figures, spent = [], np.zeros(cubes["cost"].shape[-1])
    for month, (held, cost) in enumerate(zip(rows(cubes["bytes_held"]), rows(cubes["cost"]), strict=True)):
        spent += cost.sum(axis=0, dtype=np.float64)
        if month in shown:
            fans = quantiles(np.stack([held.sum(axis=0, dtype=np.float64), spent]), at).T
            figures.append(
                Figures(
                    month=month_after(scenario.start, month),
                    bytes_held=tuple(map(float, fans[0])),
                    cost_since_start=tuple(map(float, fans[1])),
                )
            )
    return figures
