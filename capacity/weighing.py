"""A forecast after something has happened: draws that said so count more, those that did not count less."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import xarray as xr

from capacity.actuals import Actual
from capacity.laws import Floats
from holdings.errors import BadInput

LEAST_SPREAD = 0.05
"""How far a right draw may lie from what was seen, as a share: no model is closer to the world than this."""
QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """One thing that happened, against the fan of its month."""

    month: date
    what: str
    """`bytes held` or `invoice`."""
    store: str
    actual: float
    low: float
    middle: float
    high: float

    @property
    def where(self) -> str:
        """Of the 90 % band."""
        return "below" if self.actual < self.low else "above" if self.actual > self.high else "within"


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """What was seen, and what it makes of the end of the plan."""

    seen: tuple[Seen, ...]
    effective_draws: float
    """How many equal draws the weighted ones are worth; below a few dozen the plan is best made anew."""
    held_before: tuple[float, float, float]
    """Bytes held at the end in all stores: 5, 50 and 95 %."""
    held_after: tuple[float, float, float]
    cost_before: tuple[float, float, float]
    cost_after: tuple[float, float, float]


def read_invoices(path: Path) -> list[tuple[date, str, float]]:
    """Rows of month (2027-03), store and amount. Raises BadInput for what is none."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
        return [
            (date.fromisoformat(f"{row['month']}-01"), row["store"], float(row["amount"])) for row in rows
        ]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None
    except (KeyError, ValueError, TypeError) as error:
        raise BadInput(
            f"{path} is no list of invoices: {error}.",
            hint="It is a CSV with the columns month (2027-03), store, amount.",
        ) from None


def weigh(
    ds: xr.Dataset, actuals: Sequence[Actual], invoices: Sequence[tuple[date, str, float]] = ()
) -> Weighed:
    """Hold what happened against the draws of a result, and weigh these by it.

    Months outside the plan and stores it does not name are left out. Only the latest month of each
    store weighs: holdings add up, so that earlier months say the same again.
    """
    known = [
        *((item.month, "bytes held", item.store, float(item.bytes_held), "bytes_held") for item in actuals),
        *((month, "invoice", store, amount, "cost") for month, store, amount in invoices),
    ]
    months, stores = ds["month"].values, [str(store) for store in ds["store"].values]
    inside = [one for one in known if np.datetime64(one[0], "s") in months and one[2] in stores]
    logs = np.zeros(ds.sizes["draw"])
    seen = []
    latest = {(what, store): month for month, what, store, _, _ in sorted(inside, key=lambda one: one[0])}
    for month, what, store, actual, variable in inside:
        draws = ds[variable].sel(month=np.datetime64(month, "s"), store=store).values.astype(np.float64)
        low, middle, high = (float(each) for each in np.quantile(draws, QUANTILES))
        seen.append(
            Seen(month=month, what=what, store=store, actual=actual, low=low, middle=middle, high=high)
        )
        if latest[what, store] == month and actual > 0:
            logs += _log_likelihood(draws, actual)
    if not seen:
        first, last = (str(month)[:7] for month in (months[0], months[-1]))
        raise BadInput(
            "Nothing that was held or paid lies in the months and stores of this plan.",
            hint=f"It is of {first} to {last}, in {', '.join(stores)}: wait for its first month, or name the "
            "result of a plan that began earlier.",
        )
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    held = ds["bytes_held"].isel(month=-1).values.sum(axis=0, dtype=np.float64)
    cost = ds["cost"].values.sum(axis=(0, 1), dtype=np.float64)
    even = np.full(len(weights), 1 / len(weights))
    return Weighed(
        seen=tuple(seen),
        effective_draws=float(1 / np.sum(weights**2)),
        held_before=_band(held, even),
        held_after=_band(held, weights),
        cost_before=_band(cost, even),
        cost_after=_band(cost, weights),
    )


def _log_likelihood(draws: Floats, actual: float) -> Floats:
    """Of each draw, lognormal about it; a draw of nothing is as unlikely as any can be."""
    apart = np.log(np.maximum(draws, 1e-9) / actual) / LEAST_SPREAD
    # Student's tails: one surprise must not leave a single draw.
    return np.asarray(-2.5 * np.log1p(apart**2 / 4))


def _band(values: Floats, weights: Floats) -> tuple[float, float, float]:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    at = np.searchsorted(reached, np.array(QUANTILES) * reached[-1])
    low, middle, high = (float(values[order][min(n, len(values) - 1)]) for n in at)
    return low, middle, high
