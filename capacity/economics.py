"""What keeping a terabyte costs over decades: the published models, term by term.

They are oracles and building blocks: anyone can call them with a published table beside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from holdings.errors import BadInput

Discount = Literal["compound", "simple-complement"]
_FACTORS: Mapping[Discount, Callable[[float, NDArray[np.float64]], NDArray[np.float64]]] = MappingProxyType(
    {
        "compound": lambda rate, year: (1.0 + rate) ** -year,
        "simple-complement": lambda rate, year: (1.0 - rate) ** year,
    }
)


def discount_factors(*, rate: float, years: int, discount: Discount) -> NDArray[np.float64]:
    """What one unit of money in year 0, 1, … `years` - 1 is worth today.

    rate : a fraction, not percent.
    discount : `compound` is 1/(1+r)^y; `simple-complement` is (1-r)^y, as Rosenthal's code has it.
    """
    if discount not in _FACTORS:
        raise BadInput(f"'{discount}' is no discount convention.", hint=f"Allowed: {', '.join(_FACTORS)}.")
    return _FACTORS[discount](rate, np.arange(years, dtype=np.float64))


def endowment_per_tb(
    *,
    drive_cost: float,
    slot_cost: float,
    slot_tb: float,
    slot_cost_per_year: float,
    drive_life_years: int,
    drive_fail_rate: float,
    slot_life_years: int,
    discount_rate: float,
    kryder_rate: float,
    slot_rate: float,
    labour_power_rate: float,
    replication: float,
    years: int,
    discount: Discount = "simple-complement",
) -> float:
    """Money to be laid down today to keep one TB for `years`, drives and slots bought anew as they wear out.

    drive_cost, slot_cost : per drive and per slot (the place that holds one drive), today.
    slot_tb : capacity of a drive today; it grows by `kryder_rate` a year at the same price.
    slot_cost_per_year : labour and power of one slot, growing by `labour_power_rate` a year.
    drive_fail_rate : drives replaced per drive and year, bought with the drive.
    Rates are fractions, not percent; lives are whole years.

    Source: D. Rosenthal, minimal model of the cost of long-term storage (economicmodel.dshr.org).
    """
    _demand_whole_years(drive_life_years=drive_life_years, slot_life_years=slot_life_years, years=years)
    year = np.arange(years)
    running = slot_cost_per_year * (1.0 + labour_power_rate) ** year
    drives = (year % drive_life_years == 0) * drive_cost * (1.0 + drive_fail_rate * drive_life_years)
    slots = (year % slot_life_years == 0) * slot_cost * (1.0 - slot_rate) ** year
    capacity_tb = slot_tb * (1.0 + kryder_rate) ** year
    worth = discount_factors(rate=discount_rate, years=years, discount=discount)
    return float(replication * np.sum(worth * (running + drives + slots) / capacity_tb))


def refresh_cost(
    *, stock_tb: Sequence[float], price_per_tb: float | Sequence[float], life_years: int
) -> NDArray[np.float64]:
    """What is spent on media each year, where media are bought for growth and again when they wear out.

    stock_tb : held at the end of each year, shape (n_years,); before the first nothing is held.
    price_per_tb : one price, or one for each year.

    cost[y] = price[y] * (stock[y] - stock[y-1] + purchases[y - life]), never below zero: what is
    no longer needed is not bought again. Source: Rubin Observatory DMTN-135 (operations).
    """
    _demand_whole_years(life_years=life_years)
    stock = np.asarray(stock_tb, dtype=np.float64)
    purchases = np.zeros_like(stock)
    for year, growth in enumerate(np.diff(stock, prepend=0.0)):
        worn_out = purchases[year - life_years] if year >= life_years else 0.0
        purchases[year] = max(0.0, growth + worn_out)
    return np.asarray(price_per_tb, dtype=np.float64) * purchases


def _demand_whole_years(**lives: int) -> None:
    for name, value in lives.items():
        if value != int(value) or value < 1:
            raise BadInput(f"{name} is {value}; it takes a whole number of years, at least 1.")
