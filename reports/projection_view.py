"""One projection, as a page needs it: sentences made from its numbers, pictures, tables, provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import xarray as xr

from capacity.actuals import Actual
from reports.figures import Picture, fan_chart, year_bars
from reports.numbers import joined, money, month, percent, rough_count, si_bytes
from reports.provenance_view import Folded, assumptions, command, provenance, texts, vouching
from reports.tables import Table, fan_table, money_table, years_of, years_table


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A picture with its data beneath."""

    picture: Picture
    table: Table


@dataclass(frozen=True, kw_only=True)
class ProjectionView:
    """One result, in words, pictures and tables."""

    anchor: str
    title: str
    answers: tuple[tuple[str, str, str], ...]
    """Headline number, what it is, and the band around it."""
    sentences: tuple[str, ...]
    compared: bool
    """Whether something has really come since the plan began."""
    total: Shown
    stores: tuple[Shown, ...]
    money: Shown
    months_of_money: Table
    assumptions: Table
    vouching: str
    provenance: tuple[tuple[str, str], ...]
    command: str
    texts: tuple[Folded, ...]


def view_projection(ds: xr.Dataset, actuals: Sequence[Actual], *, anchor: str) -> ProjectionView:
    """Everything that the page says of one result.

    actuals : what is really held of what was made since `begins(ds)`, drawn into the same pictures.
    """
    source = (
        f"Source: {ds.attrs['draws']} draws, seed {ds.attrs['seed']}, hash {ds.attrs['draws_sha256'][:12]}."
    )
    stated = json.loads(ds.attrs["inputs"]) + json.loads(ds.attrs["prices"])
    return ProjectionView(
        anchor=anchor,
        title=ds.attrs["title"],
        answers=tuple(_answers(ds)),
        sentences=tuple(_sentences(ds, actuals)),
        compared=bool(_since(ds, actuals)),
        total=_total(ds, actuals, anchor, source),
        stores=tuple(_store(ds, name, actuals, f"{anchor}-{n}", source) for n, name in _numbered_stores(ds)),
        money=_money(ds, anchor, source),
        months_of_money=money_table(
            f"Cost of each month. {source}", ds["cost_total_fan"], ds.attrs["currency"]
        ),
        assumptions=assumptions(stated),
        vouching=vouching(stated),
        provenance=tuple(provenance(ds)),
        command=command(ds),
        texts=tuple(texts(ds)),
    )


def begins(ds: xr.Dataset) -> datetime:
    """The first moment of the plan."""
    return datetime.fromisoformat(str(ds["month"].values[0])).replace(tzinfo=UTC)


def _numbered_stores(ds: xr.Dataset) -> Iterator[tuple[int, str]]:
    return enumerate(map(str, ds["store"].values), start=1)


def _band(fan: xr.DataArray, *, at: int = -1) -> tuple[float, float, float]:
    """The 5 %, 50 % and 95 % quantiles of one month."""
    values = fan.isel(month=at).sel(quantile=[0.05, 0.5, 0.95]).values
    return float(values[0]), float(values[1]), float(values[2])


def _answers(ds: xr.Dataset) -> Iterator[tuple[str, str, str]]:
    end, currency = month(ds["month"].values[-1]), ds.attrs["currency"]
    low, median, high = _band(ds["bytes_held_total_fan"])
    yield si_bytes(median), f"held at the end of {end}", _between(si_bytes(low), si_bytes(high))
    low, median, high = _band(ds["cost_spent_fan"])
    yield (
        money(median, currency),
        f"spent on storage by then, {_prices(ds)}",
        _between(money(low, currency), money(high, currency)),
    )
    images = np.quantile(ds["images_deposited"].sum("month").values, [0.05, 0.5, 0.95])
    yield (
        rough_count(images[1]),
        "images made by then",
        _between(rough_count(images[0]), rough_count(images[2])),
    )


def _prices(ds: xr.Dataset) -> str:
    return f"from prices of {ds.attrs['price_year']}"


def _between(low: str, high: str) -> str:
    return "no doubt stated" if low == high else f"9 in 10 futures: {low} to {high}"


def _sentences(ds: xr.Dataset, actuals: Sequence[Actual]) -> Iterator[str]:
    start, end = month(ds["month"].values[0]), month(ds["month"].values[-1])
    shares = ds["bytes_held"].isel(month=-1).mean("draw")
    if whole := float(shares.sum()):
        # Shares, not bytes: the stores' means add up to the mean, and the headline is the median.
        parts = [
            f"{percent(float(shares.sel(store=name)) / whole)} in {name}" for _, name in _numbered_stores(ds)
        ]
        yield f"Of what is held at the end of {end}, all copies counted, {joined(parts)}."
    yield from _busiest_year(ds)
    doubled = _month_of_doubling(ds)
    if doubled:
        yield f"Half of all that is held at the end comes after {doubled} (in the median)."
    yield f"The plan counts what is made from {start} on; what was made before is not in it."
    yield from _against_actual(ds, actuals, start)


def _busiest_year(ds: xr.Dataset) -> Iterator[str]:
    years, quantiles = years_of(ds)
    dearest = int(np.argmax(quantiles[:, 2]))
    low, median, high = (money(float(quantiles[dearest, q]), ds.attrs["currency"]) for q in (0, 2, 4))
    yield f"The dearest year is {years[dearest]}: {median} ({_between(low, high)})."


def _month_of_doubling(ds: xr.Dataset) -> str | None:
    median = ds["bytes_held_total_fan"].sel(quantile=0.5).values
    if len(median) < 2 or median[-1] <= 0:
        return None
    return month(ds["month"].values[int(np.argmax(median >= median[-1] / 2))])


def _since(ds: xr.Dataset, actuals: Sequence[Actual]) -> dict[np.datetime64, float]:
    """Bytes really held of what was made since the plan began, by month of the plan."""
    held: dict[np.datetime64, float] = {}
    for item in actuals:
        key = np.datetime64(item.month, "s")
        held[key] = held.get(key, 0.0) + item.bytes_held
    return {key: value for key, value in held.items() if key in ds["month"].values}


def _against_actual(ds: xr.Dataset, actuals: Sequence[Actual], start: str) -> Iterator[str]:
    come = _since(ds, actuals)
    if not come:
        return
    latest, size = list(come.items())[-1]
    at = int(np.flatnonzero(ds["month"].values == latest)[0])
    low, _, high = _band(ds["bytes_held_total_fan"], at=at)
    where = "below" if size < low else "above" if size > high else "within"
    band = si_bytes(low) if low == high else f"band of {si_bytes(low)} to {si_bytes(high)}"
    yield (
        f"Really come since {start}, all collections of this catalogue counted: {si_bytes(size)} by "
        f"{month(latest)}, {where} the plan's {band} for the end of that month."
    )


def _fan(ds: xr.Dataset, fan: xr.DataArray, actuals: Sequence[Actual], name: str, title: str) -> Picture:
    low, median, high = _band(fan)
    come = _since(ds, actuals)
    told = f"; really come by {month(list(come)[-1])}: {si_bytes(list(come.values())[-1])}" if come else ""
    return fan_chart(
        name=name,
        title=title,
        description=(
            f"From {month(ds['month'].values[0])} to {month(ds['month'].values[-1])}; "
            f"at the end the median is {si_bytes(median)}, 9 in 10 futures lie between "
            f"{si_bytes(low)} and {si_bytes(high)}{told}."
        ),
        months=ds["month"].values,
        fan=fan.transpose("quantile", "month").values,
        actual_months=tuple(come),
        actual=tuple(come.values()),
    )


def _total(ds: xr.Dataset, actuals: Sequence[Actual], anchor: str, source: str) -> Shown:
    fan = ds["bytes_held_total_fan"]
    return Shown(
        picture=_fan(ds, fan, actuals, f"{anchor}-total", "Bytes held in all stores"),
        table=fan_table(f"Bytes held in all stores at the end of each month. {source}", fan),
    )


def _store(ds: xr.Dataset, store: str, actuals: Sequence[Actual], name: str, source: str) -> Shown:
    fan = ds["bytes_held_fan"].sel(store=store)
    here = [item for item in actuals if item.store == store]
    return Shown(
        picture=_fan(ds, fan, here, name, f"Bytes held in {store}"),
        table=fan_table(f"Bytes held in {store} at the end of each month. {source}", fan),
    )


def _money(ds: xr.Dataset, anchor: str, source: str) -> Shown:
    years, quantiles = years_of(ds)
    currency = ds.attrs["currency"]
    total = money(float(_band(ds["cost_spent_fan"])[1]), currency)
    picture = year_bars(
        name=f"{anchor}-money",
        title="Cost of each year",
        description=f"Nominal, {_prices(ds)} with the scenario's drift; {total} in all (median).",
        years=years,
        quantiles=quantiles,
        currency=currency,
    )
    return Shown(
        picture=picture,
        table=years_table(f"Cost of each calendar year. {source}", years, quantiles, currency),
    )
