"""The kernel: a block of draws in, small arrays out. No files, no clock, no scheduler.

Months come first in every array, so that a month of all draws lies together, and sums run in
one fixed order: no matrix product, whose order of summing would depend on threads.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from capacity.cohorts import cohort_bytes, month_after, objects_made
from capacity.laws import Floats, Law, Point
from capacity.residency import STORED_OBJECTS_PER_BAG, Steps, copies_held
from capacity.sampling import BLOCK, normals, uniforms
from capacity.scenario import Input, ObjectType, PlannedStore, Scenario
from capacity.sizes import Moments, object_moments
from holdings.settings.prices import FigureName

GB = 1e9
BILLED: tuple[FigureName, ...] = (
    "storage_per_gb_month",
    "put_per_1000",
    "overhead_bytes_per_object",
    "minimum_billable_bytes",
)
"""The figures of a price sheet that money is computed from here; reading and leaving early are not."""
SMALL_OBJECTS_PER_BAG = STORED_OBJECTS_PER_BAG - 1
"""All but the tar, which a store may bill as larger than they are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeModel:
    """One object type as the kernel needs it."""

    kind: ObjectType
    image: Moments
    steps: tuple[Steps, ...]
    """One for each store."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreModel:
    """One store's prices as the kernel needs them; money in the scenario's currency."""

    per_gb_month: float
    per_put: float
    billed_bytes_per_bag: float
    """What a bag costs beyond its bytes: overhead of each object, and small ones billed as larger."""
    drift: Input


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A scenario with its policy already run over all months; pickles to any worker."""

    months: int
    years_since_price_year: tuple[float, ...]
    """For each month, counted to its first day."""
    types: tuple[TypeModel, ...]
    stores: tuple[StoreModel, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What one block of draws comes to."""

    bytes_held: Floats
    """ndarray = (n_months, n_stores, n_draws), at the end of each month."""
    cost: Floats
    """ndarray = (n_months, n_stores, n_draws), of each month."""
    bytes_deposited: Floats
    """ndarray = (n_months, n_draws): one copy of what each month makes."""
    images_deposited: Floats
    """ndarray = (n_months, n_draws)"""


def build_model(scenario: Scenario) -> Model:
    """Run the policy over every cohort and month, once for all draws."""
    copies = copies_held(scenario)
    firsts = (month_after(scenario.start, n) for n in range(scenario.months))
    return Model(
        months=scenario.months,
        years_since_price_year=tuple(
            first.year - scenario.price_year + (first.month - 1) / 12 for first in firsts
        ),
        types=tuple(
            TypeModel(
                kind=kind,
                image=Moments.of(kind.image_bytes.law),
                steps=tuple(Steps.of(copies[number, store]) for store in range(len(scenario.stores))),
            )
            for number, kind in enumerate(scenario.object_types)
        ),
        stores=tuple(_store_model(store) for store in scenario.stores),
    )


def _store_model(store: PlannedStore) -> StoreModel:
    sheet = store.sheet
    overhead = STORED_OBJECTS_PER_BAG * sheet.amount("overhead_bytes_per_object")
    smallness = SMALL_OBJECTS_PER_BAG * sheet.amount("minimum_billable_bytes")
    return StoreModel(
        per_gb_month=sheet.amount("storage_per_gb_month"),
        per_put=sheet.amount("put_per_1000") / 1000,
        billed_bytes_per_bag=overhead + smallness,
        drift=store.price_drift_per_year,
    )


@np.errstate(over="ignore", invalid="ignore")
def simulate(model: Model, *, seed: int, block: int, draws: int = BLOCK) -> Block:
    """The first `draws` futures of a block; numbers too large for a float are for the caller to refuse."""
    chance = _Chance(model, seed=seed, block=block, draws=draws)
    shape = (model.months, len(model.stores), draws)
    held, billed, puts = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    deposited, images = np.zeros((model.months, draws)), np.zeros((model.months, draws))
    for each in model.types:
        made, made_images = _cohorts(each, model.months, chance)
        bags = np.ceil(made / each.kind.bag_bytes)
        deposited += made
        images += made_images
        for store, steps in enumerate(each.steps):
            held[:, store] += _accumulate(steps, made)
            billed[:, store] += _accumulate(steps, bags)
            puts[:, store] += _arrivals(steps, bags)
    return Block(
        bytes_held=held,
        cost=_costs(model, chance, held, billed, puts),
        bytes_deposited=deposited,
        images_deposited=images,
    )


class _Chance:
    """The draws of one block, by the name of what they are draws of."""

    def __init__(self, model: Model, *, seed: int, block: int, draws: int) -> None:
        self.draws = draws
        self._seed, self._block = seed, block
        inputs = [item for each in model.types for item in _epistemic(each.kind)]
        inputs += [store.drift for store in model.stores]
        doubtful = dict.fromkeys(item.name for item in inputs if not item.law.is_point)
        # The whole block is drawn and then cut, so that fewer draws are the beginning of more.
        self._uniforms = uniforms(list(doubtful), seed=seed, block=block)

    def of(self, item: Input) -> Floats:
        """ndarray = (n_draws,)"""
        law: Law = item.law
        if law.is_point:
            return Point(law.moment(1)).quantile(np.empty(self.draws))
        return law.quantile(self._uniforms[item.name][: self.draws])

    def scores(self, name: str, months: int) -> Floats:
        """ndarray = (n_months, n_draws)"""
        return normals(name, seed=self._seed, block=self._block, rows=months)[:, : self.draws]


def _epistemic(kind: ObjectType) -> tuple[Input, ...]:
    """What is unknown of a type as a whole; how single images differ is chance, not doubt."""
    return tuple(item for item in kind.inputs if item is not kind.image_bytes)


def _cohorts(each: TypeModel, months: int, chance: _Chance) -> tuple[Floats, Floats]:
    """Bytes (one copy, as bagged) and images of each month: ndarray = (n_months, n_draws), twice."""
    kind = each.kind
    objects = objects_made(chance.of(kind.objects_per_month), chance.of(kind.growth_per_year), months)
    images = chance.of(kind.images_per_object)
    scale = chance.of(kind.image_bytes_doubt) * (1 + chance.of(kind.packaging_overhead))
    mean, square = object_moments(each.image, images)
    k1 = objects * (mean * scale)
    if kind.is_exact:
        return k1, objects * images
    k2 = objects * (square * scale * scale)
    return cohort_bytes(k1, k2, chance.scores(kind.name, months)), objects * images


def _accumulate(steps: Steps, made: Floats) -> Floats:
    """What is there at the end of each month, from what comes and goes: ndarray = (n_months, n_draws)."""
    flow = np.zeros_like(made)
    for now, cohort, change in zip(steps.now, steps.made, steps.change, strict=True):
        flow[now] += change * made[cohort]
    # What leaves is what came, but sums of floats may miss zero by a billionth of a byte.
    return np.maximum(np.cumsum(flow, axis=0), 0.0)


def _arrivals(steps: Steps, made: Floats) -> Floats:
    """What comes in each month, whatever goes: ndarray = (n_months, n_draws)."""
    flow = np.zeros_like(made)
    for now, cohort, change in zip(steps.now, steps.made, steps.change, strict=True):
        if change > 0:
            flow[now] += change * made[cohort]
    return flow


def _costs(model: Model, chance: _Chance, held: Floats, bags: Floats, puts: Floats) -> Floats:
    """Nominal money of each month: storage of what is held at its end, and the puts of what came."""
    years = np.array(model.years_since_price_year)[:, None]
    cost = np.empty_like(held)
    for number, store in enumerate(model.stores):
        level = (1 + chance.of(store.drift)) ** years
        billed_gb = (held[:, number] + store.billed_bytes_per_bag * bags[:, number]) / GB
        requests = STORED_OBJECTS_PER_BAG * puts[:, number]
        cost[:, number] = level * (store.per_gb_month * billed_gb + store.per_put * requests)
    return cost
