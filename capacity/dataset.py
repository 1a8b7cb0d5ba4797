"""A run as one xarray Dataset: named dimensions, units, quantiles, and all that makes it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from capacity.canning import canned
from capacity.cohorts import month_after
from capacity.cubes import Cubes
from capacity.fans import QUANTILES, quantiles
from capacity.flows import by_years
from capacity.losses import domains_of
from capacity.money import BILLED, PARTS
from capacity.scenario import Input, PlannedStore, Scenario
from capacity.scratch import Numbers, let_go, rows
from capacity.versions import versions
from holdings.settings.prices import FigureName, PriceSheet

MONTHLY = ("bytes_held", "cost", "bytes_deposited", "images_deposited", "objects_deposited")
YEARLY_BY_STORE = (
    *("bytes_written", "bytes_audited", "bytes_served", "bytes_damaged", "requests"),
    *("audit_drive_hours", "audit_core_hours", "network_mean", "network_peak", "media_bought", "carbon"),
)
YEARLY = ("bytes_lost", "objects_lost")
YEARLY_BY_TYPE = ("objects_by_type", "bytes_by_type")
YEARLY_BY_DOMAIN = ("bytes_only_there", "objects_only_there")
CUBES = (
    *(*MONTHLY, *YEARLY_BY_STORE, *YEARLY, *YEARLY_BY_TYPE, *YEARLY_BY_DOMAIN),
    *("cost_parts", "cost_present"),
)
"""The variables that hold every draw; their hash is the run's identity."""
MONTHLY_BY_STORE = (
    *("objects_held", "packages_held", "bytes_audited", "bytes_damaged", "bytes_lost", "objects_lost"),
    *("network_mean", "network_peak", "media_bought", "media_installed", "carbon"),
)
"""Told by month and store as quantiles alone, under `NAME_month_fan`."""
FANS = (
    *("bytes_held_fan", "bytes_held_total_fan", "cost_fan", "cost_total_fan", "cost_spent_fan"),
    *(f"{name}_fan" for name in (*YEARLY_BY_STORE, *YEARLY, *YEARLY_BY_TYPE, *YEARLY_BY_DOMAIN)),
    *(f"{name}_month_fan" for name in MONTHLY_BY_STORE),
    *("cost_parts_fan", "cost_parts_store_fan", "cost_year_fan"),
)
CHANCES = ("full_by", "over_budget", "over_line")
"""Probabilities: that a store's capacity is reached by a month, that a year costs more than the budget,
that a busy day asks for more than a store's line."""
FACTS = ("capacity", "line", "lead_months", "media_life_years")
"""What the scenario says of each store; nan where it says nothing."""
PROVENANCE = (
    "title", "scenario", "scenario_text", "policy_text", "price_sheets", "stores", "inputs", "prices",
    "currency", "price_year", "budget_per_year", "deposit_day", "draws", "seed", "catalogue_id", "versions",
    "model", "randomisation_error", "draws_sha256",
)  # fmt: skip
"""What every result has; one without is none of ours, or of another version."""
_PER = {
    "storage_per_gb_month": "per GB and month",
    "put_per_1000": "per 1,000 objects put",
    "get_per_1000": "per 1,000 objects read",
    "retrieval_per_gb": "per GB read",
    "egress_per_gb": "per GB that leaves the provider",
    "minimum_days": "days billed at least",
    "watts_per_tb": "watts per TB",
    "embodied_kg_co2e_per_tb": "kg CO2e per TB",
    "overhead_bytes_per_object": "bytes billed beside each object",
    "minimum_billable_bytes": "bytes billed at least for an object",
}


_DIMS: dict[str, tuple[str, ...]] = {
    "bytes_held": ("month", "store", "draw"),
    "cost": ("month", "store", "draw"),
    "bytes_deposited": ("month", "draw"),
    "images_deposited": ("month", "draw"),
    "objects_deposited": ("month", "draw"),
    **dict.fromkeys(YEARLY_BY_STORE, ("year", "store", "draw")),
    **dict.fromkeys(YEARLY, ("year", "draw")),
    **dict.fromkeys(YEARLY_BY_TYPE, ("year", "type", "draw")),
    **dict.fromkeys(YEARLY_BY_DOMAIN, ("year", "domain", "draw")),
    "cost_parts": ("year", "part", "draw"),
    "cost_present": ("draw",),
}


def make_dataset(
    scenario: Scenario, cubes: Cubes, *, seed: int, errors: Mapping[str, float] | None = None
) -> xr.Dataset:
    """The draws of one run, with quantiles and everything that made them.

    errors : the randomisation error of headline medians, as shares, where it was found out.
    """
    money = scenario.currency
    units = _units(money)
    ds = xr.Dataset(
        {
            **{name: (_DIMS[name], cubes[name], _about(*units[name])) for name in CUBES},
            **_fans(cubes, units),
            **_totals(cubes, scenario),
            **_month_fans(cubes, units),
            "cost_parts_store_fan": (
                ("quantile", "year", "store", "part"),
                quantiles(cubes.store_parts),
                _about("nominal cost of the year, by store and by what it is spent on", money)
                | _of_draws(cubes.store_parts),
            ),
            **_chances(cubes, scenario),
            **_facts(scenario),
        },
        coords=_coords(scenario),
    )
    ds.attrs = _provenance(scenario, ds, seed=seed, errors=errors or {})
    return ds


def _coords(scenario: Scenario) -> dict[str, Any]:
    months = [np.datetime64(month_after(scenario.start, n), "s") for n in range(scenario.months)]
    return {
        "month": ("month", np.array(months), {"long_name": "first day of the month"}),
        "year": ("year", np.array(months[::12]), {"long_name": "first day of the year of the plan"}),
        "store": ("store", _words(store.name for store in scenario.stores)),
        "store_tier": ("store", _words(store.tier for store in scenario.stores)),
        "store_domain": ("store", _words(store.domain for store in scenario.stores)),
        "domain": ("domain", _words(domains_of(scenario.stores)), {"long_name": "what fails together"}),
        "type": ("type", _words(kind.name for kind in scenario.object_types), {"long_name": "of objects"}),
        "part": ("part", _words(PARTS), {"long_name": "what money is spent on"}),
        "quantile": ("quantile", np.array(QUANTILES)),
    }


def _words(names: Iterable[str]) -> NDArray[np.object_]:
    return np.array(list(names), dtype=object)


def _units(money: str) -> dict[str, tuple[str, str]]:
    return {
        "bytes_held": ("bytes held at the end of the month", "B"),
        "cost": ("nominal cost of the month", money),
        "bytes_deposited": ("bytes made, one copy", "B"),
        "images_deposited": ("images made", "1"),
        "objects_deposited": ("objects digitised", "1"),
        "bytes_written": ("bytes written in the year", "B"),
        "bytes_audited": ("bytes read to verify copies in the year", "B"),
        "bytes_served": ("bytes read by people in the year", "B"),
        "bytes_damaged": ("bytes of copies damaged or gone in the year, expected, to be made again", "B"),
        "requests": ("requests in the year, puts and gets", "1"),
        "audit_drive_hours": ("hours of drives that read to verify copies in the year", "h"),
        "audit_core_hours": ("hours of cores that hash what is verified in the year", "h"),
        "network_mean": ("line in and out, mean of the year", "Gbit/s"),
        "network_peak": ("line in and out, busiest day in a hundred of the busiest month", "Gbit/s"),
        "media_bought": ("media bought in the year", "B"),
        "media_installed": ("media ordered and not worn out at the end", "B"),
        "carbon": ("carbon of the year, operation and embodied", "kg CO2e"),
        "bytes_lost": ("bytes lost for ever in the year, expected", "B"),
        "objects_lost": ("objects lost for ever in the year, expected", "1"),
        "objects_held": ("objects whose images are held at the end", "1"),
        "packages_held": ("packages held at the end", "1"),
        "objects_by_type": ("objects digitised in the year, by type", "1"),
        "bytes_by_type": ("bytes of masters made in the year, one copy, by type", "B"),
        "bytes_only_there": ("bytes with copies in this domain alone at the end of the year", "B"),
        "objects_only_there": ("objects with copies in this domain alone at the end of the year", "1"),
        "cost_parts": ("nominal cost of the year, by what it is spent on", money),
        "cost_present": ("all cost, as money of the first month", money),
    }


def _about(long_name: str, units: str) -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def _fans(cubes: Cubes, units: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Quantiles over the draws, as far as the draws lie there themselves."""
    names = (*YEARLY_BY_STORE, *YEARLY, *YEARLY_BY_TYPE, *YEARLY_BY_DOMAIN, "cost_parts")
    about = {name: _about(*units[name]) for name in names} | {
        "bytes_held": _about("bytes held, by store", "B"),
        "cost": _about("nominal cost of the month, by store", units["cost"][1]),
    }
    return {
        f"{name}_fan": (("quantile", *_DIMS[name][:-1]), quantiles(cubes[name]), told)
        for name, told in about.items()
    }


def _totals(cubes: Cubes, scenario: Scenario) -> dict[str, Any]:
    """Quantiles over all stores, which are not the sum of the stores'; a year at a time."""
    budget = scenario.budget_per_year or np.inf
    held, cost = cubes["bytes_held"], cubes["cost"]
    months: list[tuple[Numbers, Numbers, Numbers]] = []
    years: list[tuple[Numbers, float]] = []
    spent = np.zeros(cost.shape[-1])
    for first in range(0, len(cost), 12):
        held_total = held[first : first + 12].sum(axis=1, dtype=np.float64)
        cost_total = cost[first : first + 12].sum(axis=1, dtype=np.float64)
        yearly = by_years(cost_total)
        since_start = np.cumsum(np.concatenate([spent[None], cost_total]), axis=0)[1:]
        spent = since_start[-1]
        months.append((quantiles(held_total), quantiles(cost_total), quantiles(since_start)))
        years.append((quantiles(yearly), float((yearly > budget).mean())))
        let_go(held)
        let_go(cost)
    fans = [np.concatenate(each, axis=1) for each in zip(*months, strict=True)]
    of_month, money = ("quantile", "month"), scenario.currency
    return {
        "bytes_held_total_fan": (of_month, fans[0], _about("bytes held in all stores", "B")),
        "cost_total_fan": (of_month, fans[1], _about("nominal cost of the month", money)),
        "cost_spent_fan": (of_month, fans[2], _about("nominal cost since the start", money)),
        "cost_year_fan": (
            ("quantile", "year"),
            np.concatenate([fan for fan, _ in years], axis=1),
            _about("nominal cost of the year", money),
        ),
        "over_budget": (
            ("year",),
            np.array([over for _, over in years]),
            _about("probability that the year costs more than its budget", "1"),
        ),
    }


def _month_fans(cubes: Cubes, units: dict[str, tuple[str, str]]) -> dict[str, Any]:
    """Quantiles of what months keep of each store."""
    return {
        f"{name}_month_fan": (
            ("quantile", "month", "store"),
            quantiles(cubes.months_of(name)),
            _about(units[name][0].replace("year", "month"), units[name][1])
            | _of_draws(cubes.months_of(name)),
        )
        for name in MONTHLY_BY_STORE
    }


def _of_draws(cube: Numbers) -> dict[str, str]:
    return {"comment": f"of the first {cube.shape[-1]} draws"}


def _chances(cubes: Cubes, scenario: Scenario) -> dict[str, Any]:
    limits = np.array([store.capacity_tb * 1e12 or np.inf for store in scenario.stores])[:, None]
    lines = np.array([store.gbit_per_s or np.inf for store in scenario.stores])[:, None]
    return {
        "full_by": (
            ("month", "store"),
            np.maximum.accumulate(_share_above(cubes["bytes_held"], limits), axis=0),
            _about("probability that the store is full by the end of the month", "1"),
        ),
        "over_line": (
            ("year", "store"),
            _share_above(cubes["network_peak"], lines),
            _about("probability that a busy day asks for more than the store's line", "1"),
        ),
    }


def _share_above(cube: Numbers, limits: Numbers) -> Numbers:
    """Of the draws, for each row and store: ndarray = (n_rows, n_stores)."""
    return np.stack([(row > limits).mean(axis=-1) for row in rows(cube)])


def _facts(scenario: Scenario) -> dict[str, Any]:
    """What the scenario says of its stores, for whoever lays the fans beside it."""

    def of(told: Callable[[PlannedStore], float], long_name: str, units: str) -> Any:
        values = [told(store) or np.nan for store in scenario.stores]
        return ("store",), np.array(values), _about(long_name, units)

    return {
        "capacity": of(lambda store: store.capacity_tb * 1e12, "what the store holds at most", "B"),
        "line": of(lambda store: store.gbit_per_s, "of the line to the store", "Gbit/s"),
        "lead_months": of(
            lambda store: store.media.lead_months if store.media else 0.0, "from order to first use", "month"
        ),
        "media_life_years": of(
            lambda store: store.media.life_years if store.media else 0.0, "of its media", "year"
        ),
    }


def draws_sha256(ds: xr.Dataset) -> str:
    """The hash of every draw, in a fixed order and layout: equal hashes are equal futures."""
    digest = hashlib.sha256()
    for name in CUBES:
        for row in rows(np.atleast_2d(ds[name].values)):
            digest.update(np.ascontiguousarray(row, dtype=row.dtype.newbyteorder("<")).data)
    return digest.hexdigest()


def _provenance(
    scenario: Scenario, ds: xr.Dataset, *, seed: int, errors: Mapping[str, float]
) -> dict[str, str | int | float]:
    """Everything that made the result, as plain text and JSON: with it the run can be made again."""
    return {
        "title": scenario.title,
        "scenario": scenario.path.name,
        "scenario_text": scenario.text,
        "policy_text": scenario.policy_text,
        "price_sheets": _json({store.name: store.sheet_text for store in scenario.stores}),
        "stores": _json([_store_told(store) for store in scenario.stores]),
        "inputs": _json([_input_told(item) for item in scenario.inputs]),
        "prices": _json([told for store in scenario.stores for told in _prices_told(store)]),
        "currency": scenario.currency,
        "price_year": scenario.price_year,
        "budget_per_year": scenario.budget_per_year,
        "deposit_day": scenario.deposit_day,
        "draws": int(ds.sizes["draw"]),
        "seed": seed,
        "catalogue_id": scenario.catalogue_id or "",
        "versions": _json(versions()),
        "model": canned(scenario),
        "randomisation_error": _json(dict(errors)),
        "draws_sha256": draws_sha256(ds),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _store_told(store: PlannedStore) -> dict[str, str]:
    return {
        "name": store.name,
        "tier": store.tier,
        "domain": store.domain,
        "price_sheet": store.sheet.name,
        "prices": store.sheet.title,
    }


def _input_told(item: Input) -> dict[str, str | None]:
    return {
        "name": item.name,
        "written": item.written,
        "unit": item.unit,
        "source": item.source,
        "date": item.dated.isoformat() if item.dated else None,
        "confidence": item.confidence,
    }


def _prices_told(store: PlannedStore) -> Iterator[dict[str, str]]:
    """The figures of its price sheet that money is computed from; no other is counted."""
    for name in BILLED:
        if figure := store.sheet.figures.get(name):
            yield {
                "name": f"stores.{store.name}.{name}",
                "written": str(figure.value),
                "unit": _unit(name, store.sheet, float(figure.value)),
                "source": figure.source,
                "date": figure.date.isoformat(),
                "confidence": figure.confidence,
            }


def _unit(name: FigureName, sheet: PriceSheet, value: float) -> str:
    if name == "storage_per_gb_month":
        return f"{sheet.currency} {_PER[name]}; {value * 12_000:.2f} per TB and year"
    is_money = name.endswith(("_per_1000", "_per_gb"))
    return f"{sheet.currency} {_PER[name]}" if is_money else _PER[name]
