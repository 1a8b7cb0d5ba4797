"""A forecast from the past only, held against what came after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from capacity.growth import Series, crps, exponential_fit, forecast
from holdings.errors import BadInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """One day that came after the cut."""

    day: date
    low: float
    """5 % quantile."""
    middle: float
    high: float
    """95 % quantile."""
    actual: float

    @property
    def is_covered(self) -> bool:
        """Whether what came lies within the band."""
        return self.low <= self.actual <= self.high


@dataclass(frozen=True, kw_only=True, slots=True)
class Backtest:
    """How good the forecast would have been."""

    cut: date
    points_before: int
    days: tuple[Judged, ...]
    covered: float
    """Share of the days on which the 90 % band held."""
    crps: float
    """Mean over the days."""
    exponential_crps: float
    """The same of an exponential fit to the same past."""

    @property
    def is_good(self) -> bool:
        """The band holds nine days in ten, and the score beats the exponential's."""
        return self.covered >= 0.9 and self.crps < self.exponential_crps


def backtest(series: Series, *, cut: date, draws: int, seed: int) -> Backtest:
    """Forecast from the values before `cut`, and judge by those after it."""
    before = [(day, value) for day, value in zip(series.days, series.values, strict=True) if day < cut]
    after = [(day, value) for day, value in zip(series.days, series.values, strict=True) if day >= cut]
    if len(before) < 3 or not after:
        raise BadInput(
            f"{len(before)} values lie before {cut} and {len(after)} after it; it takes three and one.",
            hint="Name another day with --cut.",
        )
    past = Series(days=tuple(day for day, _ in before), values=tuple(value for _, value in before))
    ahead = tuple(day for day, _ in after)
    ours = forecast(past, ahead, draws=draws, seed=seed)
    peer = exponential_fit(past, ahead, draws=draws, seed=seed)
    bands = np.quantile(ours, (0.05, 0.5, 0.95), axis=1).T
    days = tuple(
        Judged(day=day, low=float(low), middle=float(middle), high=float(high), actual=actual)
        for (day, actual), (low, middle, high) in zip(after, bands, strict=True)
    )
    return Backtest(
        cut=cut,
        points_before=len(before),
        days=days,
        covered=sum(each.is_covered for each in days) / len(days),
        crps=float(np.mean([crps(row, actual) for row, (_, actual) in zip(ours, after, strict=True)])),
        exponential_crps=float(
            np.mean([crps(row, actual) for row, (_, actual) in zip(peer, after, strict=True)])
        ),
    )
