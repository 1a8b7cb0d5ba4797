"""What comes and goes, from the months in which copies change: sums in one fixed order."""

from __future__ import annotations

import numpy as np

from capacity.laws import Floats
from capacity.residency import Steps


def accumulate(steps: Steps, made: Floats) -> Floats:
    """What is there at the end of each month, from what comes and goes: ndarray = (n_months, n_draws)."""
    flow = np.zeros_like(made)
    for now, cohort, change in zip(steps.now, steps.made, steps.change, strict=True):
        flow[now] += change * made[cohort]
    # What leaves is what came, but sums of floats may miss zero by a billionth of a byte.
    return np.maximum(np.cumsum(flow, axis=0), 0.0)


def arrivals(steps: Steps, made: Floats) -> Floats:
    """What comes in each month, whatever goes: ndarray = (n_months, n_draws)."""
    flow = np.zeros_like(made)
    for now, cohort, change in zip(steps.now, steps.made, steps.change, strict=True):
        if change > 0:
            flow[now] += change * made[cohort]
    return flow


def left_early(steps: Steps, made: Floats, minimum_months: float) -> Floats:
    """Byte-months that are paid for though nothing is there any more: ndarray = (n_months, n_draws)."""
    flow = np.zeros_like(made)
    came: dict[int, int] = {}
    for now, cohort, change in zip(steps.now, steps.made, steps.change, strict=True):
        if change > 0:
            came[cohort] = now
        elif (rest := minimum_months - (now - came[cohort])) > 0:
            flow[now] += -change * rest * made[cohort]
    return flow


def by_years(monthly: Floats) -> Floats:
    """Sums of each year of the plan: ndarray = (n_years, …)."""
    return np.add.reduceat(monthly, np.arange(0, len(monthly), 12), axis=0)
