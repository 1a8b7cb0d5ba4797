"""A forecast in sentences, each made from its numbers; whoever prints them says how bytes are written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import xarray as xr

    from capacity.sensitivity import Sensitivity

Size = Callable[[float], str]
"""Bytes as people read them."""


def sentences(result: xr.Dataset, *, size: Size) -> Iterator[str]:
    """What the years ask for, beyond the table of bytes and money."""
    last = result.isel(year=-1)
    end = str(result["month"].dt.year.values[-1])
    yield from _money(result, end)
    store, low, middle, high = _widest_line(result)
    yield (
        f"The busiest line is that of {store}: on a busy day {middle:.3g} Gbit/s in the median "
        f"({low:.3g} to {high:.3g})."
    )
    audited = last["bytes_audited_fan"].sum("store")
    if float(audited.max()):
        yield f"Verifying every copy in time reads {size(float(audited.sel(quantile=0.5)))} in the last year."
    yield from _losses(result, end, size)
    carbon = result["carbon"].values.sum(axis=(0, 1), dtype=float)
    if carbon.max():
        yield f"Carbon until the end of {end}: {_middle(carbon) / 1000:,.1f} t CO2e in the median."
    yield from _limits(result)


def _middle(values: object) -> float:
    return float(np.median(np.asarray(values)))


def _money(result: xr.Dataset, end: str) -> Iterator[str]:
    parts = result["cost_parts"].mean("draw").sum("year")
    whole = float(parts.sum())
    if whole <= 0:
        return
    shares = sorted(((float(parts.sel(part=p)) / whole, str(p)) for p in parts["part"].values), reverse=True)
    told = ", ".join(f"{share:.0%} {name}" for share, name in shares if share >= 0.005)
    yield f"Money until the end of {end} goes into: {told}."
    present = f"{_middle(result['cost_present'].values):,.0f}"
    if present != f"{float(result['cost_spent_fan'].isel(month=-1).sel(quantile=0.5)):,.0f}":
        yield f"As money of the first month that is {present} {result.attrs['currency']} in the median."


def _widest_line(result: xr.Dataset) -> tuple[str, float, float, float]:
    peaks = result["network_peak_fan"].max("year")
    middles = peaks.sel(quantile=0.5)
    store = str(middles["store"].values[int(middles.values.argmax())])
    low, middle, high = (float(peaks.sel(quantile=q, store=store)) for q in (0.05, 0.5, 0.95))
    return store, low, middle, high


def _losses(result: xr.Dataset, end: str, size: Size) -> Iterator[str]:
    lost = result["objects_lost"].values.sum(axis=0, dtype=float)
    made = result["objects_deposited"].values.sum(axis=0, dtype=float)
    if not lost.max():
        return
    yield (
        f"Expected to be lost until the end of {end}: {_middle(lost):,.3g} of {_middle(made):,.0f} objects "
        f"in the median, {size(_middle(result['bytes_lost'].values.sum(axis=0, dtype=float)))}."
    )


def _limits(result: xr.Dataset) -> Iterator[str]:
    full = result["full_by"]
    for store in map(str, full["store"].values):
        chances = full.sel(store=store)
        if float(chances[-1]) >= 0.05:
            soonest, middle = _first(chances, 0.05), _first(chances, 0.5)
            yield f"{store} is full in one future of two by {middle}, in one of twenty by {soonest}."
            if lead := _months_ahead(result, store):
                ordered = _first(chances, 0.05, before=lead)
                yield f"What is to hold more in {store} then is ordered {lead} months before: by {ordered}."
    over = result["over_budget"]
    if float(over.max()) >= 0.005:
        worst = int(over.values.argmax())
        year = str(over["year"].dt.year.values[worst])
        share = f"{float(over.values[worst]):.0%}"
        yield f"The budget of a year is exceeded most often in {year}: in {share} of the futures."


def _months_ahead(result: xr.Dataset, store: str) -> int:
    lead = float(result["lead_months"].sel(store=store))
    return 0 if lead != lead else round(lead)  # noqa: PLR0124  # nan where nobody said


def _first(chances: xr.DataArray, least: float, *, before: int = 0) -> str:
    """The first month with at least this chance, or so many months before it."""
    reached = np.flatnonzero(chances.values >= least)
    if not len(reached):
        return "never within the plan"
    month = chances["month"].values[reached[0]].astype("datetime64[M]") - before
    return str(month)


def influence_sentence(found: Sensitivity, words: str, inputs: str) -> str:
    """What moves an answer most, and what it would bring to know it.

    inputs : the result's or scenario's inputs as JSON, for the names that people wrote.
    """
    named = {item["name"]: item for item in json.loads(inputs)}
    first = found.influences[0]
    source = named.get(first.name, {}).get("source")
    vouched = "" if source else " (an assumption without a source)"
    return (
        f"{min(first.total, 1):.0%} of the spread of {words} comes from {input_words(first.name)}{vouched}; "
        f"to measure it would narrow the band by {first.narrower:.0%}."
    )


def input_words(name: str) -> str:
    """`object_types.sheet.image_bytes` as people say it."""
    *owner, what = name.split(".")
    last = owner[-1].replace("_", " ") if owner else ""
    return f"{what.replace('_', ' ')}{f' of {last}' if last else ''}"
