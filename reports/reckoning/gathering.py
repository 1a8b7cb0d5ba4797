"""Reads a result, the holdings, invoices and perhaps an earlier result, and gives plain data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import xarray as xr

from capacity.actuals import Actual, actuals
from capacity.comparing import Comparison
from capacity.scoring import score
from capacity.walking import compare_results
from capacity.weighing import Seen, Weighed, weigh
from holdings.errors import BadInput
from holdings.house import House
from holdings.records import short
from reports.projection.gathering import begins, rounded

Data = dict[str, Any]
Invoices = Sequence[tuple[date, str, float]]
MONTHS = 60
_AHEAD = 12
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_TEXTS = ("title", "scenario", "currency", "draws_sha256")
_WHOLE = ("price_year", "draws", "seed")


def gather_reckoning(
    ds: xr.Dataset,
    house: House,
    invoices: Invoices = (),
    *,
    before: xr.Dataset | None = None,
    draws: int = 1024,
) -> Data:
    """What came against what was planned, month by month, and what changed since the plan before.

    before : an earlier result; None where there is none.
    draws : of each plan, to explain the change.

    Raises BadInput where nothing came in the months and stores of the plan.
    """
    came = [each for each in actuals(house, made_since=begins(ds)) if _is_planned(ds, each.month, each.store)]
    found = weigh(ds, came, invoices)
    return {
        "catalogue_id": house.catalogue.catalogue_id,
        "agent": house.agent,
        "made_at": short(house.clock.now()),
        "about": {
            **{name: str(ds.attrs[name]) for name in _TEXTS},
            **{name: int(ds.attrs[name]) for name in _WHOLE},
        },
        "first_month": _month(ds["month"].values[0]),
        "last_month": _month(ds["month"].values[-1]),
        **_held(ds, came),
        **_paid(ds, invoices),
        "score": _score(ds, came),
        "seen": [_seen(each) for each in found.seen],
        "weighed": _weighed(found),
        "change": _change(compare_results(before, ds, draws=draws, seed=int(ds.attrs["seed"])))
        if before is not None
        else None,
    }


def _is_planned(ds: xr.Dataset, month: date, store: str) -> bool:
    named = store in {str(name) for name in ds["store"].values}
    return named and bool(np.datetime64(month, "s") in ds["month"].values)


def _held(ds: xr.Dataset, came: Sequence[Actual]) -> Data:
    """The fans of all stores and of each, from the first month to some time after what came."""
    stores = [str(name) for name in ds["store"].values]
    at = _window(ds, [each.month for each in came])
    months = ds.isel(month=at)
    really: dict[str, dict[str, int]] = defaultdict(dict)
    for each in came:
        really[each.store][f"{each.month:%Y-%m}"] = each.bytes_held
    named = [_month(each) for each in months["month"].values]
    every = sorted({month for of_store in really.values() for month in of_store})
    return {
        "months": named,
        "stores": stores,
        "held_total": _fan(months["bytes_held_total_fan"]),
        "held": {name: _fan(months["bytes_held_fan"].sel(store=name)) for name in stores},
        "came": {name: [really[name].get(month) for month in named] for name in stores},
        "came_total": [
            sum(really[name].get(month, 0) for name in stores) if month in every else None for month in named
        ],
    }


def _window(ds: xr.Dataset, came: Sequence[date]) -> list[int]:
    """The months that are drawn: as many again as came, and no more than a table takes."""
    months = ds.sizes["month"]
    known = [int(np.flatnonzero(ds["month"].values == np.datetime64(month, "s"))[0]) for month in set(came)]
    last = max(known, default=0)
    until = min(months, max(2 * (last + 1), last + 1 + _AHEAD))
    step = -(-until // MONTHS)
    # Counted from the last month that came, so that it is among those that are drawn.
    return [n for n in range(until) if (n - last) % step == 0 or n in (0, until - 1)]


def _fan(fan: xr.DataArray) -> list[list[float]]:
    return [rounded(row) for row in fan.transpose("month", "quantile").values]


def _month(moment: np.datetime64) -> str:
    return str(moment)[:7]


def _paid(ds: xr.Dataset, invoices: Invoices) -> Data:
    """Invoices by month, against what the plan has for the stores that sent one in that month."""
    paid: dict[date, dict[str, float]] = defaultdict(dict)
    outside = 0
    for month, store, amount in invoices:
        if _is_planned(ds, month, store):
            paid[month][store] = paid[month].get(store, 0.0) + amount
        else:
            outside += 1
    rows = []
    for month, of_store in sorted(paid.items()):
        cube = ds["cost"].sel(month=np.datetime64(month, "s"), store=sorted(of_store))
        draws = cube.sum("store", dtype=np.float64).values
        rows.append(
            {
                "month": f"{month:%Y-%m}",
                "stores": sorted(of_store),
                "fan": rounded(np.quantile(draws, _QUANTILES)),
                "paid": round(sum(of_store.values()), 6),
            }
        )
    return {"paid": rows, "invoices_outside": outside}


def _score(ds: xr.Dataset, came: Sequence[Actual]) -> Data | None:
    found = score(ds, came)
    if found is None:
        return None
    return {
        "covered": found.covered,
        "crps": float(rounded([found.crps])[0]),
        "median_off": float(rounded([found.median_off])[0]),
        "months": [
            {
                "month": f"{each.month:%Y-%m}",
                **dict(zip(("low", "middle", "high", "crps"),
                           rounded([each.low, each.middle, each.high, each.crps]), strict=True)),
                "actual": int(each.actual),
                "where": each.where,
            }
            for each in found.months
        ],
    }  # fmt: skip


def _seen(each: Seen) -> Data:
    low, middle, high = rounded([each.low, each.middle, each.high])
    return {
        "month": f"{each.month:%Y-%m}",
        "what": each.what,
        "store": each.store,
        "actual": each.actual,
        "low": low,
        "middle": middle,
        "high": high,
        "where": each.where,
    }


def _weighed(found: Weighed) -> Data:
    return {
        "effective_draws": round(found.effective_draws),
        "held_before": rounded(found.held_before),
        "held_after": rounded(found.held_after),
        "cost_before": rounded(found.cost_before),
        "cost_after": rounded(found.cost_after),
    }


def _change(found: Comparison) -> Data:
    return {
        "titles": list(found.titles),
        "end": found.end,
        "draws": found.draws,
        "differences": [
            {
                "question": each.question,
                "first": rounded(each.first),
                "second": rounded(each.second),
                "change": rounded(each.change),
            }
            for each in found.differences
        ],
        "steps": [
            {
                "keys": list(step.keys),
                "change": dict(zip(step.change, rounded(step.change.values()), strict=True)),
            }
            for step in found.steps
        ],
    }


def check_invoices(ds: xr.Dataset, invoices: Invoices) -> None:
    """Raise BadInput where none of the invoices is of a month and store of the plan."""
    if invoices and not any(_is_planned(ds, month, store) for month, store, _ in invoices):
        stores = ", ".join(str(name) for name in ds["store"].values)
        raise BadInput(
            "No invoice is of a month and a store of this plan.",
            hint=f"It has the stores {stores}, from {_month(ds['month'].values[0])} on.",
        )
