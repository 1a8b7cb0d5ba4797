"""What one store costs, carries and emits, month by month, from what it holds and what comes and goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from archive.storing import STORED_NAMES
from capacity.flows import by_years
from capacity.laws import Floats
from capacity.losses import monthly_chance
from capacity.media import in_service, purchases
from capacity.network import BITS_PER_BYTE, SECONDS_PER_DAY
from capacity.prices import Market
from capacity.scenario import Input, PlannedStore, Scenario
from holdings.settings.prices import FigureName

if TYPE_CHECKING:
    from capacity.engine import Model

GB, TB, PB = 1e9, 1e12, 1e15
DAYS_PER_MONTH = 365.25 / 12
HOURS_PER_MONTH = 24 * DAYS_PER_MONTH
Z99 = 2.3263478740408408
"""Standard normal score of the 99th percentile: the busiest day in a hundred."""
PARTS = ("storage", "requests", "reading", "leaving early", "media", "energy", "staff")
"""What money is spent on."""
BILLED: tuple[FigureName, ...] = (
    "storage_per_gb_month",
    "put_per_1000",
    "get_per_1000",
    "retrieval_per_gb",
    "egress_per_gb",
    "minimum_days",
    "overhead_bytes_per_object",
    "minimum_billable_bytes",
    "watts_per_tb",
    "embodied_kg_co2e_per_tb",
)
"""The figures of a price sheet that are computed from here."""
OBJECTS_PER_PACKAGE = len(STORED_NAMES)
_READS_OF_A_NEW_COPY = 2
"""Per object, at most, as the mover makes them: is it there (asked of large ones), and reading it back."""
Draw = Callable[[Input], Floats]


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreModel:
    """One store as the kernel needs it; money as its price sheet has it."""

    store: PlannedStore
    per_gb_month: float
    per_put: float
    per_get: float
    per_gb_read: float
    """Retrieval and egress."""
    minimum_months: float
    billed_bytes_per_package: float
    """What a package costs beyond its bytes: overhead of each object, and small ones billed as larger."""
    watts_per_tb: float
    embodied_kg_per_tb: float
    is_deposit: bool


def store_model(store: PlannedStore, scenario: Scenario) -> StoreModel:
    """The figures of a store's price sheet, for arithmetic in arrays."""
    amount = store.sheet.amount
    overhead = OBJECTS_PER_PACKAGE * amount("overhead_bytes_per_object")
    # All but the tar, which a store may bill as larger than they are.
    smallness = (OBJECTS_PER_PACKAGE - 1) * amount("minimum_billable_bytes")
    return StoreModel(
        store=store,
        per_gb_month=amount("storage_per_gb_month"),
        per_put=amount("put_per_1000") / 1000,
        per_get=amount("get_per_1000") / 1000,
        per_gb_read=amount("retrieval_per_gb") + amount("egress_per_gb"),
        minimum_months=amount("minimum_days") / DAYS_PER_MONTH,
        billed_bytes_per_package=overhead + smallness,
        watts_per_tb=amount("watts_per_tb"),
        embodied_kg_per_tb=amount("embodied_kg_co2e_per_tb"),
        is_deposit=store.name == scenario.deposit_store,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Months:
    """One store, month by month: ndarrays = (n_months, n_draws)."""

    held: Floats
    packages: Floats
    objects: Floats
    """Specimens whose images are held; nothing where months are not kept."""
    came: Floats
    came_packages: Floats
    read: Floats
    """To be copied elsewhere."""
    read_packages: Floats
    left_early: Floats
    """Byte-months that are billed though the bytes are gone."""
    image_bytes: Floats | None
    """Of an image on average, where people read from this store."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What one store comes to."""

    cost: Floats
    """ndarray = (n_months, n_draws)"""
    parts: Floats
    """ndarray = (n_years, n_parts, n_draws)"""
    monthly: dict[str, Floats]
    """ndarrays = (n_months, n_draws)"""
    yearly: dict[str, Floats]
    """ndarrays = (n_years, n_draws)"""


def cost_of_store(store: StoreModel, months: Months, market: Market, model: Model, draw: Draw) -> Account:
    """Money, lines, audits and carbon of one store."""
    told = store.store
    audits = 1 / told.audit_every_months if told.audit_every_months else 0.0
    audited, served = months.held * audits, _served(store, months, market, model, draw)
    bought, kwh = _bought(told, months, draw), _kwh(store, months, draw, model)
    level = market.level(
        draw(told.price_drift_per_year), draw(told.shock_share), model.years_since_price_year
    )
    # A new copy is read back: it came, and it goes out once.
    out = months.read + months.came + audited + served
    puts, gets = _requests(months, audits, served)
    billed = _fees(store, months, puts, gets, out)
    rate = draw(told.exchange_rate)
    parts = {name: rate * level * amount for name, amount in billed.items()}
    if told.media is not None:
        parts["media"] = level * draw(told.media.price_per_tb) * bought
        parts["energy"] = kwh * draw(model.numbers["energy.price_per_kwh"])
    nothing = np.zeros_like(months.held)
    # A store of one's own is audited where it stands; a rented one through its line.
    local = audited if told.media is not None else nothing
    flows = {
        "bytes_written": months.came,
        "bytes_audited": audited,
        "bytes_served": served,
        "bytes_damaged": months.held * _damage(told, model, draw),
        "requests": puts + gets,
        "media_bought": bought * TB if told.media else nothing,
        "carbon": kwh * _grid(model, draw) + store.embodied_kg_per_tb * bought,
    }
    gbit = gbit_per_s(months.came + out - local)
    peak = gbit * _peak_factor(model, draw)
    return Account(
        cost=np.asarray(sum(parts.values())),
        parts=np.stack([by_years(parts.get(name, nothing)) for name in PARTS], axis=1),
        monthly={
            **{name: flows[name] for name in MONTHLY_FLOWS},
            "objects_held": months.objects,
            "packages_held": months.packages,
            "network_mean": gbit,
            "network_peak": peak,
            "media_installed": _in_service(told, bought),
        },
        yearly={
            **{name: by_years(values) for name, values in flows.items()},
            **_audit_load(by_years(audited), model, draw),
            "network_mean": _mean_of_years(gbit),
            "network_peak": np.maximum.reduceat(peak, np.arange(0, model.months, 12), axis=0),
        },
    )


MONTHLY_FLOWS = ("bytes_audited", "bytes_damaged", "carbon", "media_bought")
"""What is told by the month as well, beside what is held, lines and losses."""


def _damage(store: PlannedStore, model: Model, draw: Draw) -> Floats:
    """The probability that a copy is damaged, or gone with its domain, within a month."""
    kept = (1 - draw(store.copy_loss_per_year)) * (1 - draw(model.numbers["durability.site_shock_per_year"]))
    return monthly_chance(1 - kept)


def _audit_load(audited: Floats, model: Model, draw: Draw) -> dict[str, Floats]:
    """Hours of drives that read and of cores that hash what is verified."""
    return {
        f"audit_{what}_hours": audited / draw(model.numbers[f"audit.{speed}"]) / 3600
        for what, speed in (("drive", "drive_read"), ("core", "hash"))
    }


def _in_service(store: PlannedStore, bought: Floats) -> Floats:
    """Bytes of media that are ordered and not worn out; nothing where the store is rented."""
    if store.media is None:
        return np.zeros_like(bought)
    return TB * in_service(bought, life=12 * store.media.life_years, installed=store.media.installed_tb)


def _requests(months: Months, audits: float, served: Floats) -> tuple[Floats, Floats]:
    """Puts and gets of each month: ndarrays = (n_months, n_draws). Removing is free, and not counted."""
    puts = OBJECTS_PER_PACKAGE * months.came_packages
    read_whole = OBJECTS_PER_PACKAGE * (months.read_packages + audits * months.packages)
    gets = read_whole + _READS_OF_A_NEW_COPY * puts
    if months.image_bytes is not None:
        gets = gets + served / np.maximum(months.image_bytes, 1.0)
    return puts, gets


def _fees(store: StoreModel, months: Months, puts: Floats, gets: Floats, out: Floats) -> dict[str, Floats]:
    """What the price sheet asks for, at its own prices and in its own money."""
    billed_gb = (months.held + store.billed_bytes_per_package * months.packages) / GB
    return {
        "storage": store.per_gb_month * billed_gb,
        "requests": store.per_put * puts + store.per_get * gets,
        "reading": store.per_gb_read * out / GB,
        "leaving early": store.per_gb_month * months.left_early / GB,
    }


def _grid(model: Model, draw: Draw) -> Floats:
    """kg CO2e per kWh in each month: ndarray = (n_months, n_draws)."""
    years = np.arange(model.months)[:, None] / 12
    change = draw(model.numbers["energy.grid_change_per_year"])
    return np.asarray(draw(model.numbers["energy.grid_g_per_kwh"]) / 1000 * (1 + change) ** years)


def _served(store: StoreModel, months: Months, market: Market, model: Model, draw: Draw) -> Floats:
    """Bytes that people and harvests read in each month; all of them from the deposit store."""
    if not store.is_deposit:
        return np.zeros_like(months.held)
    served = months.held * (draw(model.numbers["access.reads_per_year"]) / 12)
    if market.harvests is not None:
        share = draw(model.numbers["access.harvest_share"])
        served = served + months.held * share * market.harvests
    return np.asarray(served)


def _bought(store: PlannedStore, months: Months, draw: Draw) -> Floats:
    """TB of media in each month: what is bought, or what comes where the store is rented."""
    if store.media is None:
        return months.came / TB
    return purchases(
        months.held / TB, life=12 * store.media.life_years, headroom=draw(store.media.headroom),
        lead=store.media.lead_months, installed=store.media.installed_tb,
    )  # fmt: skip


def _kwh(store: StoreModel, months: Months, draw: Draw, model: Model) -> Floats:
    watts = months.held / TB * store.watts_per_tb
    return np.asarray(watts * (HOURS_PER_MONTH / 1000) * draw(model.numbers["energy.pue"]))


def gbit_per_s(moved: Floats) -> Floats:
    """What a line carries on average, for bytes of a month."""
    return np.asarray(moved * (BITS_PER_BYTE / (DAYS_PER_MONTH * SECONDS_PER_DAY) / 1e9))


def _mean_of_years(monthly: Floats) -> Floats:
    months = np.diff(np.arange(0, len(monthly), 12), append=len(monthly))[:, None]
    return np.asarray(by_years(monthly) / months)


def _peak_factor(model: Model, draw: Draw) -> Floats:
    """The busiest day in a hundred against the mean, with an outage to catch up with."""
    spread, outage, catch_up = (
        draw(model.numbers[f"network.{key}"]) for key in ("day_spread", "outage_days", "catch_up_days")
    )
    return np.asarray(np.exp(Z99 * spread - spread**2 / 2) * (1 + outage / np.maximum(catch_up, 1e-9)))


def staff_cost(held: Floats, model: Model, draw: Draw) -> Floats | None:
    """Money for people in each month: ndarray = (n_months, n_draws); None where there are none."""
    fixed, per_pb, each, raised = (
        draw(model.numbers[f"staff.{key}"])
        for key in ("fte", "fte_per_pb", "cost_per_year", "raise_per_year")
    )
    if not each.any():
        return None
    years = np.asarray(model.years_since_price_year)[:, None]
    return np.asarray((fixed + per_pb * held / PB) * each / 12 * (1 + raised) ** years)
