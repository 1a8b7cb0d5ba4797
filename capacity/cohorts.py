"""Monthly cohorts: what is digitised in one month, as one number of bytes instead of many objects.

A cohort's bytes are a compound Poisson sum with the cumulants k1 = lambda E[S] and
k2 = lambda E[S^2], which are exact for every size law. Drawing it costs the same for ten
objects and for ten million.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray

from capacity.laws import Floats


def month_after(start: date, months: int) -> date:
    """The first day of the month that is `months` after that of `start`."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return date(year, month + 1, 1)


def month_ends(start: date, months: int) -> list[datetime]:
    """The moment at which each month is over: midnight, UTC, on the first of the next."""
    days = (month_after(start, n + 1) for n in range(months))
    return [datetime(day.year, day.month, 1, tzinfo=UTC) for day in days]


def deposit_moments(start: date, months: int, *, day: int) -> list[datetime]:
    """When the bags of each month count as made: midnight, UTC, on the given day."""
    firsts = (month_after(start, n) for n in range(months))
    return [datetime(first.year, first.month, day, tzinfo=UTC) for first in firsts]


def objects_made(per_month: Floats, growth_per_year: Floats, months: range) -> Floats:
    """Expected objects of each of these months: the first month's number, grown by the month.

    per_month, growth_per_year : ndarray = (n_draws,)

    Returns ndarray = (n_months, n_draws).
    """
    years: NDArray[np.float64] = np.asarray(months)[:, None] / 12
    grown: Floats = per_month * (1 + growth_per_year) ** years
    return grown


def cohort_bytes(k1: Floats, k2: Floats, score: Floats) -> Floats:
    """k1 + sqrt(k2) w, where w is a standardised lognormal score: mean and variance are k1 and k2, exactly.

    score : standard normal. A lognormal score keeps a small cohort above zero, where a normal
        one would not, and is the same as it in a large cohort.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        sigma2 = np.log1p(np.where(k2 > 0, k2 / (k1 * k1), 0.0))
    return np.asarray(k1 * np.exp(np.sqrt(sigma2) * score - sigma2 / 2))
