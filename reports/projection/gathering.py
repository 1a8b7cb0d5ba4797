"""Reads results and gives plain data: quantiles at as many moments as a picture shows, and their making.

Numbers keep seven figures: far more than anybody reads, and the file stays small.
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
from reports.inventory.view import gather_holdings
from reports.projection.measured import gather_measured
from reports.projection.movers import gather_movers, short

Data = dict[str, Any]
MOMENTS = 60
"""At most so many points of time in a picture, and rows in its table."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_CHANCES = tuple(n / 40 for n in range(1, 40))
_TEXTS = ("title", "scenario", "scenario_text", "policy_text", "currency", "draws_sha256", "catalogue_id")
_WHOLE = ("price_year", "draws", "seed")
_JSON = ("price_sheets", "stores", "inputs", "prices", "versions", "randomisation_error")


def gather_capacity(results: Sequence[xr.Dataset], house: House | None) -> Data:
    """Results, and what is held where there is a house: what `view_capacity` takes."""
    return {
        "scenarios": [
            gather_projection(ds, actuals(house, made_since=begins(ds)) if house else ()) for ds in results
        ],
        "changes": [_change(results[0], other) for other in results[1:]],
        "holdings": gather_holdings(house) if house else None,
        "measured": gather_measured(house) if house else [],
    }


def gather_projection(ds: xr.Dataset, came: Sequence[Actual] = ()) -> Data:
    """Everything that a report says of one result.

    came : what is really held of what was made since `begins(ds)`.
    """
    return {
        "about": _about(ds),
        "stores": [str(name) for name in ds["store"].values],
        "tiers": [str(name) for name in ds["store_tier"].values],
        "domains": [str(name) for name in ds["store_domain"].values],
        "first_month": _month(ds["month"].values[0]),
        "last_month": _month(ds["month"].values[-1]),
        "years": [int(str(each)[:4]) for each in ds["year"].values],
        **_held(ds),
        **_money(ds),
        **_made(ds),
        "risk": _risk(ds),
        "load": _load(ds),
        "purchases": _purchases(ds),
        "fills": _fills(ds),
        "movers": gather_movers(ds),
        "came_bands": _came_bands(ds, came),
        "actuals": [
            {"month": _month(np.datetime64(each.month)), "store": each.store, "bytes": each.bytes_held}
            for each in came
        ],
    }


def begins(ds: xr.Dataset) -> datetime:
    """The first moment of the plan."""
    return datetime.fromisoformat(str(ds["month"].values[0])).replace(tzinfo=UTC)


def _about(ds: xr.Dataset) -> Data:
    """What made the result, and texts as they were written."""
    model = json.loads(ds.attrs["model"])
    return {
        **{name: str(ds.attrs[name]) for name in _TEXTS},
        **{name: int(ds.attrs[name]) for name in _WHOLE},
        **{name: json.loads(ds.attrs[name]) for name in _JSON},
        "budget_per_year": float(ds.attrs["budget_per_year"]),
        "audit_months": [float(each["audit_every_months"]) for each in model["stores"]["tuple"]],
    }


def _held(ds: xr.Dataset) -> Data:
    months = ds.isel(month=_moments(ds.sizes["month"]))
    stores = [str(name) for name in ds["store"].values]
    at_end = ds["bytes_held"].isel(month=-1).sum("store", dtype=np.float64).values
    one_copy = ds["bytes_deposited"].sum("month", dtype=np.float64).values
    return {
        "months": [_month(each) for each in months["month"].values],
        "held_total": _fan(months["bytes_held_total_fan"], "month"),
        "held": {name: _fan(months["bytes_held_fan"].sel(store=name), "month") for name in stores},
        "held_mean": rounded(_mean(months["bytes_held"]).transpose("month", "store").values),
        "copies": quantiles(at_end / np.maximum(one_copy, 1e-300)),
    }


def _money(ds: xr.Dataset) -> Data:
    months = ds.isel(month=_moments(ds.sizes["month"]))
    total = ds["cost"].sum(("month", "store"), dtype=np.float64).values
    return {
        "spent": _fan(months["cost_spent_fan"], "month"),
        "spent_year": _fan(ds["cost_spent_fan"].isel(month=_year_ends(ds)), "month"),
        "cost_year": _fan(ds["cost_year_fan"], "year"),
        "parts": [str(part) for part in ds["part"].values],
        "cost_parts": rounded(_mean(ds["cost_parts"]).transpose("year", "part").values),
        "present": quantiles(ds["cost_present"].values),
        "total_cost": rounded(np.quantile(total, [1 - chance for chance in _CHANCES])),
        "chances": list(_CHANCES),
        "over_budget": rounded(ds["over_budget"].values),
    }


def _made(ds: xr.Dataset) -> Data:
    by_type = _mean(ds["bytes_by_type"]).cumsum("year").transpose("year", "type").values
    return {
        "images": quantiles(_sum(ds["images_deposited"], "month")),
        "objects": quantiles(_sum(ds["objects_deposited"], "month")),
        "made": quantiles(_sum(ds["bytes_deposited"], "month")),
        "types": [str(name) for name in ds["type"].values],
        "made_by_type": rounded(by_type),
        "held_year": _fan(ds["bytes_held_total_fan"].isel(month=_year_ends(ds)), "month"),
    }


def _risk(ds: xr.Dataset) -> Data:
    """What is lost, summed up since the start; and what lies in one domain alone."""
    lost = {
        name: rounded(_over_draws(ds[f"{name}_lost"].transpose("year", "draw").values.cumsum(axis=0)))
        for name in ("objects", "bytes")
    }
    only = {
        name: rounded(ds[f"{name}_only_there_fan"].sel(quantile=0.5).transpose("year", "domain").values)
        for name in ("objects", "bytes")
    }
    return {"lost": lost, "domains": [str(name) for name in ds["domain"].values], "only_there": only}


def _load(ds: xr.Dataset) -> Data:
    def medians(name: str) -> list[Any]:
        return rounded(ds[f"{name}_fan"].sel(quantile=0.5).transpose("year", "store").values)

    return {
        "peak": medians("network_peak"),
        "peak_worst": [
            rounded(ds["network_peak_fan"].sel(store=store, quantile=[0.05, 0.5, 0.95]).max("year").values)
            for store in ds["store"].values
        ],
        "line": [_known(each) for each in ds["line"].values],
        "over_line": rounded(ds["over_line"].max("year").values),
        "audited": rounded(_mean(ds["bytes_audited"]).transpose("year", "store").values),
        "drive_hours": quantiles(ds["audit_drive_hours"].isel(year=-1).sum("store").values),
        "core_hours": quantiles(ds["audit_core_hours"].isel(year=-1).sum("store").values),
        "served": quantiles(ds["bytes_served"].isel(year=-1).sum("store").values),
        "requests": quantiles(ds["requests"].isel(year=-1).sum("store").values),
        "carbon": rounded(_over_draws(_sum(ds["carbon"].transpose("year", "store", "draw"), "store"))),
        "carbon_total": quantiles(_sum(ds["carbon"], ("year", "store"))),
    }


def _purchases(ds: xr.Dataset) -> Data:
    return {
        "bought": rounded(ds["media_bought_fan"].sel(quantile=0.5).transpose("year", "store").values),
        "bought_high": rounded(ds["media_bought_fan"].sel(quantile=0.95).transpose("year", "store").values),
        "lead_months": [_known(each) for each in ds["lead_months"].values],
        "life_years": [_known(each) for each in ds["media_life_years"].values],
    }


def _fills(ds: xr.Dataset) -> list[Data]:
    """Of each store that has an end: how likely it is full by when."""
    months = [_month(each) for each in ds["month"].values]
    shown = _moments(len(months))
    found = []
    for number, name in enumerate(ds["store"].values):
        capacity = _known(ds["capacity"].values[number])
        if capacity is None:
            continue
        chances = ds["full_by"].isel(store=number).values
        first = [np.flatnonzero(chances >= least) for least in (0.05, 0.5, 0.95)]
        found.append(
            {
                "store": str(name),
                "capacity": capacity,
                "by": [months[each[0]] if len(each) else None for each in first],
                "chances": rounded(chances[shown]),
            }
        )
    return found


def _came_bands(ds: xr.Dataset, came: Sequence[Actual]) -> Data:
    """The 5 and 95 % quantiles of all that is held, for each month of which it is known what really came."""
    known = {_month(np.datetime64(each.month)) for each in came}
    fan = ds["bytes_held_total_fan"].sel(quantile=[0.05, 0.95]).transpose("month", "quantile")
    named = zip(map(_month, ds["month"].values), fan.values, strict=True)
    return {month: rounded(band) for month, band in named if month in known}


def _change(first: xr.Dataset, other: xr.Dataset) -> Data:
    """What the other plan has more than the first: draw by draw where both were drawn alike."""
    alike = all(first.attrs[name] == other.attrs[name] for name in ("seed", "draws", "currency"))
    pairs = {
        "bytes_held": [_sum(ds["bytes_held"].isel(month=-1), "store") for ds in (first, other)],
        "cost": [_sum(ds["cost"], ("month", "store")) for ds in (first, other)],
        "objects_lost": [_sum(ds["objects_lost"], "year") for ds in (first, other)],
        "carbon": [_sum(ds["carbon"], ("year", "store")) for ds in (first, other)],
    }
    return {name: quantiles(right - left) for name, (left, right) in pairs.items()} if alike else {}


def _moments(months: int) -> list[int]:
    """Which months are shown: all, or the last of every quarter, half-year or year, and the last of all."""
    step = next((each for each in (1, 3, 6, 12) if months <= each * MOMENTS), 12)
    chosen = list(range(step - 1, months, step))
    return chosen if chosen and chosen[-1] == months - 1 else [*chosen, months - 1]


def _year_ends(ds: xr.Dataset) -> list[int]:
    """The last month of each year of the plan."""
    return [min(12 * n + 11, ds.sizes["month"] - 1) for n in range(ds.sizes["year"])]


def _month(moment: np.datetime64) -> str:
    return str(moment)[:7]


def _known(value: float) -> float | None:
    return None if np.isnan(value) else short(float(value))


def _mean(cube: xr.DataArray) -> xr.DataArray:
    return cube.mean("draw", dtype=np.float64)


def _sum(cube: xr.DataArray, over: str | tuple[str, ...]) -> Any:
    return cube.sum(over, dtype=np.float64).values


def _over_draws(cube: Any) -> Any:
    """Five quantiles for each row of (…, n_draws)."""
    return np.quantile(cube.astype(np.float64), QUANTILES, axis=-1).T


def _fan(fan: xr.DataArray, dim: str) -> list[list[float]]:
    """Five quantiles for each moment."""
    return rounded(fan.transpose(dim, "quantile").values)


def quantiles(draws: Any) -> list[float]:
    """The five that reports tell."""
    return rounded(np.quantile(np.asarray(draws, dtype=np.float64), QUANTILES))


def rounded(values: Iterable[Any]) -> list[Any]:
    """Numbers with seven figures, in lists as they were in the array."""
    return [rounded(each) if np.ndim(each) else short(float(each)) for each in values]
