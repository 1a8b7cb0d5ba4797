"""How well a plan foretold what came: how often its band held, and how far off it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import xarray as xr

from capacity.actuals import Actual
from capacity.growth import crps


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoredMonth:
    """All that was held at the end of one month, against the plan."""

    month: date
    low: float
    """5 % quantile."""
    middle: float
    high: float
    """95 % quantile."""
    actual: float
    crps: float
    """In bytes: the smaller the better. Of a plan without doubt it is how far off it was."""

    @property
    def where(self) -> str:
        """Of the band."""
        return "below" if self.actual < self.low else "above" if self.actual > self.high else "within"


@dataclass(frozen=True, kw_only=True, slots=True)
class Score:
    """The plan's total over the months that came."""

    months: tuple[ScoredMonth, ...]

    @property
    def covered(self) -> float:
        """Share of the months in which what came lay within the band; 0.9 is what the band promises."""
        return sum(each.where == "within" for each in self.months) / len(self.months)

    @property
    def crps(self) -> float:
        """Mean over the months, in bytes."""
        return float(np.mean([each.crps for each in self.months]))

    @property
    def median_off(self) -> float:
        """How far the median alone was off, in the mean, in bytes."""
        return float(np.mean([abs(each.middle - each.actual) for each in self.months]))


def score(ds: xr.Dataset, came: Sequence[Actual]) -> Score | None:
    """What is held in all stores of the plan at the end of each month that came; None where none did.

    Stores that the plan does not name are left out, as are months outside of it.
    """
    stores = {str(name) for name in ds["store"].values}
    sums: dict[date, int] = {}
    for each in came:
        if each.store in stores and np.datetime64(each.month, "s") in ds["month"].values:
            sums[each.month] = sums.get(each.month, 0) + each.bytes_held
    if not sums:
        return None
    return Score(months=tuple(_scored(ds, month, float(size)) for month, size in sorted(sums.items())))


def _scored(ds: xr.Dataset, month: date, actual: float) -> ScoredMonth:
    held = ds["bytes_held"].sel(month=np.datetime64(month, "s")).sum("store", dtype=np.float64).values
    low, middle, high = (float(each) for each in np.quantile(held, (0.05, 0.5, 0.95)))
    return ScoredMonth(month=month, low=low, middle=middle, high=high, actual=actual, crps=crps(held, actual))
