"""Tables as values: what a page shows, and the data beneath each figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from reports.numbers import money, short_month, si_bytes

FAN_HEADINGS = ("5 %", "25 %", "median", "75 %", "95 %")


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows of text under headings; the first column names the row."""

    caption: str
    """What the rows are and where they come from."""
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: tuple[int, ...] = (0,)
    """Columns that hold words, set to the left; the others are numbers, set to the right."""


def fan_table(caption: str, fan: xr.DataArray) -> Table:
    """Quantiles by month: fan = (quantile, month), in bytes."""
    return _by_month(caption, fan, si_bytes)


def money_table(caption: str, fan: xr.DataArray, currency: str) -> Table:
    """Quantiles by month: fan = (quantile, month), in money."""
    return _by_month(caption, fan, lambda value: money(value, currency))


def _by_month(caption: str, fan: xr.DataArray, told: Callable[[float], str]) -> Table:
    values = fan.transpose("month", "quantile").values
    return Table(
        caption=caption,
        headings=("month", *FAN_HEADINGS),
        rows=tuple(
            (short_month(month), *(told(value) for value in row))
            for month, row in zip(fan["month"].values, values, strict=True)
        ),
    )


def years_of(ds: xr.Dataset) -> tuple[list[int], NDArray[np.float64]]:
    """Money of each calendar year: the years, and quantiles as ndarray = (n_years, 5)."""
    cost = ds["cost"].sum("store").transpose("month", "draw").values
    calendar = ds["month"].values.astype("datetime64[Y]").astype(int) + 1970
    years = sorted(set(calendar.tolist()))
    sums = np.array([cost[calendar == year].sum(axis=0) for year in years])
    return years, np.quantile(sums, ds["quantile"].values, axis=1).T


def years_table(caption: str, years: Sequence[int], quantiles: NDArray[np.float64], currency: str) -> Table:
    """Money by calendar year."""
    return Table(
        caption=caption,
        headings=("year", *FAN_HEADINGS),
        rows=tuple(
            (str(year), *(money(value, currency) for value in row))
            for year, row in zip(years, quantiles, strict=True)
        ),
    )
