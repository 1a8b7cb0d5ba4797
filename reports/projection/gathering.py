"""Reads a result and gives plain data: quantiles at as many moments as a picture shows, and their making.

Numbers keep five figures: more than anybody reads, and the file stays small.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xarray as xr

from capacity.actuals import Actual, actuals
from holdings.house import House
from reports.holdings_view import gather_holdings

Data = dict[str, Any]
MOMENTS = 60
"""At most so many points of time in a picture, and rows in its table."""
_FIGURES = 5
_CHANCES = tuple(n / 40 for n in range(1, 40))


def gather_capacity(results: Sequence[xr.Dataset], house: House | None) -> Data:
    """Results, and what is held where there is a house: what `view_capacity` takes."""
    return {
        "scenarios": [
            gather_projection(ds, actuals(house, made_since=begins(ds)) if house else ()) for ds in results
        ],
        "holdings": gather_holdings(house) if house else None,
    }


def gather_projection(ds: xr.Dataset, came: Sequence[Actual] = ()) -> Data:
    """Everything that a report says of one result.

    came : what is really held of what was made since `begins(ds)`.
    """
    stores = [str(name) for name in ds["store"].values]
    at = _moments(ds.sizes["month"])
    months = ds.isel(month=at)
    total = ds["cost"].sum(("month", "store"), dtype=np.float64).values
    return {
        "about": _about(ds),
        "stores": stores,
        "first_month": _month(ds["month"].values[0]),
        "last_month": _month(ds["month"].values[-1]),
        "months": [_month(each) for each in months["month"].values],
        "years": [int(str(each)[:4]) for each in ds["year"].values],
        "held_total": _fan(months["bytes_held_total_fan"], "month"),
        "held": {name: _fan(months["bytes_held_fan"].sel(store=name), "month") for name in stores},
        "shares": rounded(ds["bytes_held"].isel(month=-1).mean("draw").values),
        "spent": _fan(months["cost_spent_fan"], "month"),
        "cost_year": _fan(ds["cost_year_fan"], "year"),
        "parts": [str(part) for part in ds["part"].values],
        "cost_parts": rounded(
            ds["cost_parts"].mean("draw", dtype=np.float64).transpose("year", "part").values
        ),
        "present": _quantiles(ds["cost_present"].values),
        "total_cost": rounded(np.quantile(total, [1 - chance for chance in _CHANCES])),
        "chances": list(_CHANCES),
        "images": _quantiles(ds["images_deposited"].sum("month", dtype=np.float64).values),
        "objects": _quantiles(ds["objects_deposited"].sum("month", dtype=np.float64).values),
        "made": _quantiles(ds["bytes_deposited"].sum("month", dtype=np.float64).values),
        "came_bands": _came_bands(ds, came),
        "actuals": [
            {"month": _month(np.datetime64(each.month)), "store": each.store, "bytes": each.bytes_held}
            for each in came
        ],
    }


def _came_bands(ds: xr.Dataset, came: Sequence[Actual]) -> Data:
    """The 5 and 95 % quantiles of all that is held, for each month of which it is known what really came."""
    known = {_month(np.datetime64(each.month)) for each in came}
    fan = ds["bytes_held_total_fan"].sel(quantile=[0.05, 0.95]).transpose("month", "quantile")
    named = zip(map(_month, ds["month"].values), fan.values, strict=True)
    return {month: rounded(band) for month, band in named if month in known}


def begins(ds: xr.Dataset) -> datetime:
    """The first moment of the plan."""
    return datetime.fromisoformat(str(ds["month"].values[0])).replace(tzinfo=UTC)


def _about(ds: xr.Dataset) -> Data:
    """What made the result, and texts as they were written."""
    kept = ("title", "scenario", "scenario_text", "policy_text", "currency", "draws_sha256", "catalogue_id")
    return {
        **{name: str(ds.attrs[name]) for name in kept},
        **{name: int(ds.attrs[name]) for name in ("price_year", "draws", "seed")},
        **{
            name: json.loads(ds.attrs[name])
            for name in ("price_sheets", "stores", "inputs", "prices", "versions")
        },
    }


def _moments(months: int) -> list[int]:
    """Which months are shown: all, or the last of every quarter, half-year or year, and the last of all."""
    step = next((each for each in (1, 3, 6, 12) if months <= each * MOMENTS), 12)
    chosen = list(range(step - 1, months, step))
    return chosen if chosen and chosen[-1] == months - 1 else [*chosen, months - 1]


def _month(moment: np.datetime64) -> str:
    return str(moment)[:7]


def _fan(fan: xr.DataArray, dim: str) -> list[list[float]]:
    """Five quantiles for each moment."""
    return [rounded(row) for row in fan.transpose(dim, "quantile").values]


def _quantiles(draws: np.ndarray[Any, Any]) -> list[float]:
    return rounded(np.quantile(draws.astype(np.float64), (0.05, 0.25, 0.5, 0.75, 0.95)))


def rounded(values: Iterable[Any]) -> list[Any]:
    """Numbers with five figures, in lists as they were in the array."""
    return [rounded(each) if np.ndim(each) else float(f"{each:.{_FIGURES}g}") for each in values]
