"""A run as one xarray Dataset: named dimensions, units, quantiles, and all that makes it again."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from capacity.cohorts import month_after
from capacity.engine import BILLED, Block
from capacity.laws import Floats
from capacity.scenario import Input, PlannedStore, Scenario
from holdings.settings.prices import FigureName, PriceSheet

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
CUBES = ("bytes_held", "cost", "bytes_deposited", "images_deposited")
"""The variables that hold every draw; their hash is the run's identity."""
FANS = ("bytes_held_fan", "bytes_held_total_fan", "cost_fan", "cost_total_fan", "cost_spent_fan")
PROVENANCE = (
    "title", "scenario", "scenario_text", "policy_text", "price_sheets", "stores", "inputs", "prices",
    "currency", "price_year", "deposit_day", "draws", "seed", "catalogue_id", "versions", "draws_sha256",
)  # fmt: skip
"""What every result has; one without is none of ours, or of another version."""
_PER = {
    "storage_per_gb_month": "per GB and month",
    "put_per_1000": "per 1,000 objects put",
    "overhead_bytes_per_object": "bytes billed beside each object",
    "minimum_billable_bytes": "bytes billed at least for an object",
}
_LIBRARIES = ("holdfast", "numpy", "scipy", "dask", "xarray")


def make_dataset(scenario: Scenario, blocks: Sequence[Block], *, seed: int) -> xr.Dataset:
    """The blocks of one run, joined in their order, with quantiles and everything that made them."""
    money = scenario.currency
    by_store, by_month = ("month", "store", "draw"), ("month", "draw")
    cubes: dict[str, tuple[tuple[str, ...], Floats, dict[str, str]]] = {
        "bytes_held": (
            by_store,
            _join(blocks, "bytes_held"),
            _about("bytes held at the end of the month", "B"),
        ),
        "cost": (by_store, _join(blocks, "cost"), _about("nominal cost of the month", money)),
        "bytes_deposited": (by_month, _join(blocks, "bytes_deposited"), _about("bytes made, one copy", "B")),
        "images_deposited": (by_month, _join(blocks, "images_deposited"), _about("images made", "1")),
    }
    months = [np.datetime64(month_after(scenario.start, n), "s") for n in range(scenario.months)]
    ds = xr.Dataset(
        {**cubes, **_fans(cubes, money)},
        coords={
            "month": ("month", np.array(months), {"long_name": "first day of the month"}),
            "store": ("store", np.array([store.name for store in scenario.stores], dtype=object)),
            "quantile": ("quantile", np.array(QUANTILES)),
        },
    )
    ds.attrs = _provenance(scenario, ds, seed=seed)
    return ds


def _join(blocks: Sequence[Block], name: str) -> Floats:
    return np.concatenate([getattr(block, name) for block in blocks], axis=-1)


def _about(long_name: str, units: str) -> dict[str, str]:
    return {"long_name": long_name, "units": units}


def _fans(
    cubes: dict[str, tuple[tuple[str, ...], Floats, dict[str, str]]], money: str
) -> dict[str, tuple[tuple[str, ...], Floats, dict[str, str]]]:
    """Quantiles over the draws, of each store and in total; a total's are not the sum of the stores'."""
    held, cost = cubes["bytes_held"][1], cubes["cost"][1]
    spent = np.cumsum(cost.sum(axis=1), axis=0)
    store, total = ("quantile", "month", "store"), ("quantile", "month")
    return {
        "bytes_held_fan": (store, _quantiles(held), _about("bytes held, by store", "B")),
        "bytes_held_total_fan": (
            total,
            _quantiles(held.sum(axis=1)),
            _about("bytes held in all stores", "B"),
        ),
        "cost_fan": (store, _quantiles(cost), _about("nominal cost of the month, by store", money)),
        "cost_total_fan": (total, _quantiles(cost.sum(axis=1)), _about("nominal cost of the month", money)),
        "cost_spent_fan": (total, _quantiles(spent), _about("nominal cost since the start", money)),
    }


def _quantiles(cube: Floats) -> Floats:
    return np.asarray(np.quantile(cube, QUANTILES, axis=-1))


def draws_sha256(ds: xr.Dataset) -> str:
    """The hash of every draw, in a fixed order and layout: equal hashes are equal futures."""
    digest = hashlib.sha256()
    for name in CUBES:
        digest.update(np.ascontiguousarray(ds[name].values, dtype="<f8").data)
    return digest.hexdigest()


def _provenance(scenario: Scenario, ds: xr.Dataset, *, seed: int) -> dict[str, str | int]:
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
        "deposit_day": scenario.deposit_day,
        "draws": int(ds.sizes["draw"]),
        "seed": seed,
        "catalogue_id": scenario.catalogue_id or "",
        "versions": _json(versions()),
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
    return f"{sheet.currency} {_PER[name]}" if name == "put_per_1000" else _PER[name]


def versions() -> dict[str, str]:
    """What the numbers were made with."""
    return {"python": platform.python_version()} | {name: _version(name) for name in _LIBRARIES}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "run from its folder, not installed"
