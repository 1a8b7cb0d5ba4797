"""The kernel: a block of draws in, small arrays out. No files, no clock, no scheduler.

```
inputs ─ draw ─┬─ objects ─ cohorts ─┐
               │                     ├─ flows by pattern ─ store after store ─ bytes, money, lines, carbon
policy ─ residency ── patterns ──────┘                   └ state after state ─ loss
```
Months come first in every array, so that a month of all draws lies together, and sums run in
one fixed order: no matrix product, whose order of summing would depend on threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from capacity.cohorts import cohort_bytes, month_after
from capacity.compound import SKEW_OF_A_SCORE, Cumulants, draw_totals, share_drawn
from capacity.flows import accumulate, arrivals, by_years, left_early
from capacity.laws import Floats, Point
from capacity.losses import StateModel, expected_losses, state_models
from capacity.money import PARTS, Months, StoreModel, cost_of_store, staff_cost, store_model
from capacity.prices import Market
from capacity.residency import Pattern, residency, streams_of
from capacity.sampling import BLOCK, correlate, generator_of, stream, uniforms
from capacity.scenario import Correlation, Input, Institution, Line, ObjectType, Scenario
from capacity.scratch import room
from capacity.sizes import Moments, object_moments
from capacity.volumes import objects_of, objects_of_lines

MONTHLY_BLOCKS = 2
"""Blocks that keep single months of each store, for their quantiles: eleven cubes, so not of all draws."""
_SPAN = 60
"""Months whose flows are made at once; whole years."""
_PART = 256
"""Draws whose accounts are made at once: some forty arrays of months, small enough for a cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamModel:
    """The packages of one kind of one type, as the kernel needs them."""

    kind: ObjectType
    package: str
    image: Moments
    pattern: int
    shares: tuple[float, ...] = ()
    """For each month, which part of the largest images is drawn one by one; 0 where a score is enough."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A scenario with its policy already run over all months; pickles to any worker."""

    months: int
    years_since_price_year: tuple[float, ...]
    """For each month, counted to its first day."""
    streams: tuple[StreamModel, ...]
    patterns: tuple[Pattern, ...]
    stores: tuple[StoreModel, ...]
    states: tuple[tuple[StateModel, ...], ...]
    """For each pattern, its sets of stores."""
    deposit_store: int
    lines: tuple[Line, ...]
    institutions: tuple[Institution, ...]
    numbers: Mapping[str, Input]
    inputs: tuple[Input, ...]
    """All that chance decides, each once."""
    correlations: tuple[Correlation, ...]

    @property
    def is_exact(self) -> bool:
        """Nothing is in doubt, so that every draw is the same, to the byte."""
        plain = not self.inputs and not any(each.year_spread for each in self.institutions)
        return plain and all(each.kind.is_exact for each in self.streams)

    @property
    def kind(self) -> type[np.floating]:
        """Of the numbers of many draws."""
        return np.float64 if self.is_exact else np.float32

    @property
    def years(self) -> int:
        """Years of the plan, the last perhaps not whole."""
        return -(-self.months // 12)


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """What one block of draws comes to. Cubes of many draws are float32; those without doubt are exact."""

    bytes_held: NDArray[np.floating]
    """ndarray = (n_months, n_stores, n_draws), at the end of each month."""
    cost: NDArray[np.floating]
    """ndarray = (n_months, n_stores, n_draws), of each month."""
    bytes_deposited: NDArray[np.floating]
    """ndarray = (n_months, n_draws): one copy of the masters that each month makes."""
    images_deposited: NDArray[np.floating]
    """ndarray = (n_months, n_draws)"""
    objects_deposited: NDArray[np.floating]
    """ndarray = (n_months, n_draws)"""
    by_store: Mapping[str, NDArray[np.floating]]
    """Of each year: ndarray = (n_years, n_stores, n_draws)."""
    by_year: Mapping[str, NDArray[np.floating]]
    """Of each year: ndarray = (n_years, n_draws)."""
    by_type: Mapping[str, NDArray[np.floating]]
    """Of each year: ndarray = (n_years, n_types, n_draws)."""
    by_domain: Mapping[str, NDArray[np.floating]]
    """At the end of each year: ndarray = (n_years, n_domains, n_draws)."""
    by_month: Mapping[str, NDArray[np.floating]]
    """Of each month: ndarray = (n_months, n_stores, n_draws); empty beyond the first `MONTHLY_BLOCKS`."""
    cost_parts: NDArray[np.floating]
    """Of each year: ndarray = (n_years, n_parts, n_draws)."""
    store_parts: NDArray[np.floating]
    """Of each year: ndarray = (n_years, n_stores, n_parts, n_draws); no draws beyond the first blocks."""
    discount_rate: Floats
    """ndarray = (n_draws,)"""


def build_model(scenario: Scenario) -> Model:
    """Run the policy over every cohort and month, once for all draws."""
    patterns, follows = residency(scenario)
    firsts = [month_after(scenario.start, n) for n in range(scenario.months)]
    every = {item.name: item for item in scenario.every_input()}
    sizes = {id(kind.image_bytes) for kind in scenario.object_types}
    model = Model(
        months=scenario.months,
        years_since_price_year=tuple(
            first.year - scenario.price_year + (first.month - 1) / 12 for first in firsts
        ),
        streams=tuple(
            StreamModel(
                kind=each.kind, package=each.package, image=Moments.of(each.kind.image_bytes.law), pattern=n
            )
            for each, n in zip(streams_of(scenario), follows, strict=True)
        ),
        patterns=tuple(patterns),
        stores=tuple(store_model(store, scenario) for store in scenario.stores),
        states=tuple(state_models(pattern, scenario.stores, months=scenario.months) for pattern in patterns),
        deposit_store=[store.name for store in scenario.stores].index(scenario.deposit_store),
        lines=scenario.lines,
        institutions=scenario.institutions,
        numbers=dict(scenario.numbers),
        # How single images differ is chance in single objects, not doubt about all of them.
        inputs=tuple(item for item in every.values() if not item.law.is_point and id(item) not in sizes),
        correlations=scenario.correlations,
    )
    return replace(model, streams=tuple(_with_shares(model)))


def _with_shares(model: Model) -> Iterator[StreamModel]:
    """Decided once, from what is likely, so that no draw changes how another one is made."""
    middle = {item.name: np.full(1, 0.5) for item in model.inputs}
    chance = Chance(model, seed=0, block=0, draws=1, points=middle)
    objects = months_objects(model, chance)
    for each in model.streams:
        images = chance.of(each.kind.images_per_object)
        number = objects[each.kind.name][:, 0]
        skewed = (each.image.skew(number, images) > SKEW_OF_A_SCORE) & (number > 0)
        is_chance = each.package == "bag" and not each.kind.is_exact
        shares = [share_drawn(n * images[0]) if skew else 0.0 for n, skew in zip(number, skewed, strict=True)]
        yield replace(each, shares=tuple(map(float, shares))) if is_chance else each


@np.errstate(over="ignore", invalid="ignore")
def simulate(
    model: Model,
    *,
    seed: int,
    block: int,
    draws: int = BLOCK,
    scramble: int = 0,
    points: Mapping[str, Floats] | None = None,
) -> Block:
    """The first `draws` futures of a block; numbers too large for a float are for the caller to refuse.

    points : uniforms for each input by name, instead of those of the block; single objects and
        years then bring no chance of their own.
    """
    chance = Chance(model, seed=seed, block=block, draws=draws, scramble=scramble, points=points)
    return _joined([*_Accounts(model, chance, _flows(model, chance)).parts()])


def simulate_parts(model: Model, *, seed: int, block: int, draws: int = BLOCK) -> Iterator[Block]:
    """What `simulate` gives, a part of the draws after the other, so that only one of them is in memory."""
    with np.errstate(over="ignore", invalid="ignore"):
        chance = Chance(model, seed=seed, block=block, draws=draws, points=None)
        accounts = _Accounts(model, chance, _flows(model, chance))
    yield from accounts.parts()


def _joined(parts: Sequence[Block]) -> Block:
    """One block of parts of its draws, in their order."""
    if len(parts) == 1:
        return parts[0]

    def joined(values: Sequence[Any]) -> Any:
        if isinstance(values[0], Mapping):
            return {name: joined([each[name] for each in values]) for name in values[0]}
        return np.concatenate(values, axis=-1)

    return Block(**{of.name: joined([getattr(each, of.name) for each in parts]) for of in fields(Block)})


class Chance:
    """The draws of one block, by the name of what they are draws of."""

    def __init__(
        self,
        model: Model,
        *,
        seed: int,
        block: int,
        draws: int,
        scramble: int = 0,
        points: Mapping[str, Floats] | None,
    ) -> None:
        self.draws, self.seed, self.block = draws, seed, block
        self.is_plain = points is not None
        self.is_forecast = points is None and scramble == 0
        # The whole block is drawn and then cut, so that fewer draws are the beginning of more.
        names = [item.name for item in model.inputs]
        drawn = points or uniforms(names, seed=seed, block=block, scramble=scramble)
        self._uniforms = correlate(dict(drawn), model.correlations)

    def of(self, item: Input) -> Floats:
        """ndarray = (n_draws,)"""
        if item.law.is_point:
            return Point(item.law.moment(1)).quantile(np.empty(self.draws))
        return item.law.quantile(self._uniforms[item.name][: self.draws])

    def generators(self, name: str) -> Callable[[str], np.random.Generator]:
        """Random numbers for `name`, by what they are for."""
        return lambda purpose: generator_of(f"{name} {purpose}", seed=self.seed, block=self.block)

    def cut(self, part: slice) -> Chance:
        """Some of the draws: of inputs alone, since what else is drawn is drawn for whole blocks."""
        some = copy(self)
        some.draws = part.stop - part.start
        some._uniforms = {name: each[part] for name, each in self._uniforms.items()}
        return some

    def scores(self, name: str) -> Callable[[int], Floats]:
        """Standard normal numbers of the next months: ndarray = (n_months, n_draws)."""
        numbers = stream(name, seed=self.seed, block=self.block)
        return lambda months: numbers(months)[:, : self.draws]


@dataclass(frozen=True, kw_only=True)
class _Flows:
    """What each month makes, summed over the streams of each pattern: ndarrays = (n_months, n_draws)."""

    made: list[Floats]
    packages: list[Floats]
    objects: list[Floats]
    bytes_deposited: Floats
    images: Floats
    objects_deposited: Floats
    by_type: dict[str, dict[str, NDArray[np.floating]]]
    """Of each year, by what is counted and by the name of the type: ndarray = (n_years, n_draws)."""

    def cut(self, part: slice) -> _Flows:
        """Those of some of the draws."""
        return _Flows(
            made=[each[:, part] for each in self.made],
            packages=[each[:, part] for each in self.packages],
            objects=[each[:, part] for each in self.objects],
            bytes_deposited=self.bytes_deposited[:, part],
            images=self.images[:, part],
            objects_deposited=self.objects_deposited[:, part],
            by_type={
                what: {name: each[:, part] for name, each in of.items()} for what, of in self.by_type.items()
            },
        )


def _flows(model: Model, chance: Chance) -> _Flows:
    shape = (model.months, chance.draws)
    flows = _Flows(
        made=[room(shape) for _ in model.patterns],
        packages=[room(shape) for _ in model.patterns],
        objects=[room(shape) for _ in model.patterns],
        bytes_deposited=room(shape),
        images=room(shape),
        objects_deposited=room(shape),
        by_type={
            what: {
                each.kind.name: np.zeros((model.years, chance.draws), dtype=model.kind)
                for each in model.streams
                if each.package == "bag"
            }
            for what in ("objects_by_type", "bytes_by_type")
        },
    )
    scores = {each.kind.name: chance.scores(each.kind.name) for each in model.streams}
    for months, objects in _spans(model, chance):
        rows, years = slice(months.start, months.stop), slice(months.start // 12, -(-months.stop // 12))
        for each in model.streams:
            name = each.kind.name
            number = objects[name]
            images = number * chance.of(each.kind.images_per_object)
            if each.package == "bag":
                scale = scale_of(each.kind, months, chance)
                made = _cohorts(each, number, scale, chance, months=months, scores=scores[name])
                fill = bag_fill(each, chance, scale)
                flows.bytes_deposited[rows] += made
                flows.images[rows] += images
                flows.objects_deposited[rows] += number
                flows.objects[each.pattern][rows] += number
                flows.by_type["objects_by_type"][name][years] = by_years(number)
                flows.by_type["bytes_by_type"][name][years] = by_years(made)
            else:
                made = images * sum(chance.of(item) for item in each.kind.derivatives)
                fill = each.kind.bag_bytes
            flows.made[each.pattern][rows] += made
            flows.packages[each.pattern][rows] += np.ceil(made / fill)
    return flows


def months_objects(model: Model, chance: Chance) -> dict[str, Floats]:
    """Objects by the name of their type: ndarray = (n_months, n_draws)."""
    spans = [objects for _, objects in _spans(model, chance)]
    return {name: np.concatenate([each[name] for each in spans]) for name in spans[0]}


def _spans(model: Model, chance: Chance) -> Iterator[tuple[range, dict[str, Floats]]]:
    """Some years after the other: their months, and objects by the name of their type."""
    institutions = model.institutions
    if chance.is_plain:
        institutions = tuple(replace(each, year_spread=0.0) for each in institutions)
    spans = [range(first, min(first + _SPAN, model.months)) for first in range(0, model.months, _SPAN)]
    by_lines = objects_of_lines(
        model.lines, institutions, spans=spans, draws=chance.draws, draw=chance.of,
        seed=chance.seed, block=chance.block,
    )  # fmt: skip
    kinds = {each.kind.name: each.kind for each in model.streams}
    before = {name: np.zeros(chance.draws) for name in kinds}
    for months, of_lines in zip(spans, by_lines, strict=True):
        yield (
            months,
            {
                name: objects_of(
                    kind, of_lines.pop(name, None), months=months, draw=chance.of, before=before[name]
                )
                for name, kind in kinds.items()
            },
        )


def scale_of(kind: ObjectType, months: range, chance: Chance) -> Floats:
    """Bytes as bagged of one that an image was drawn with: ndarray = (n_draws,) or (n_months, n_draws)."""
    kept = sum(chance.of(ratio) for ratio in kind.format_ratios)
    scale = chance.of(kind.image_bytes_doubt) * (1 + chance.of(kind.packaging_overhead)) * kept
    growth = chance.of(kind.size_growth_per_year)
    if growth.any():
        scale = scale * (1 + growth) ** (np.asarray(months)[:, None] / 12)
    return np.asarray(scale)


def bag_fill(each: StreamModel, chance: Chance, scale: Floats) -> Floats | float:
    """Bytes of a bag: what is left free is too small for the next object, on average E[S^2] / 2 E[S].

    That is the age of a renewal process; an object larger than a bag has one of its own. What is
    in no doubt fills its bags.
    """
    if each.kind.is_exact:
        return each.kind.bag_bytes
    mean, square = object_moments(each.image, chance.of(each.kind.images_per_object))
    with np.errstate(divide="ignore", invalid="ignore"):
        free = np.where(mean > 0, square / (2 * mean), 0.0)
    return np.maximum(np.maximum(each.kind.bag_bytes - free * scale, mean * scale), 1.0)


def _cohorts(
    each: StreamModel,
    objects: Floats,
    scale: Floats,
    chance: Chance,
    *,
    months: range,
    scores: Callable[[int], Floats],
) -> Floats:
    """Bytes (one copy, as bagged) of each of these months: ndarray = (n_months, n_draws)."""
    kind = each.kind
    images = chance.of(kind.images_per_object)
    mean, square = object_moments(each.image, images)
    k1 = objects * (mean * scale)
    if kind.is_exact or chance.is_plain:
        return k1
    k2 = objects * square
    third = each.image.object_third(images)
    totals = cohort_bytes(k1, k2 * scale * scale, scores(len(months)))
    scales = np.broadcast_to(scale, k1.shape)
    for row, month in enumerate(months):
        if not each.shares or not each.shares[month]:
            continue
        number = objects[row]
        whole = Cumulants(k1=number * mean, k2=k2[row], k3=number * third)
        totals[row] = scales[row] * draw_totals(
            kind.image_bytes.law, number * images, chance.generators(f"{kind.name} {month}"),
            share=each.shares[month], whole=whole,
        )  # fmt: skip
    return totals


class _Accounts:
    """Part after part, store after store and state after state, so that only one is in memory at a time."""

    def __init__(self, model: Model, chance: Chance, flows: _Flows) -> None:
        self.model, self.chance, self.flows = model, chance, flows
        self.kind = model.kind
        # Only what is told as a forecast is told by the month; not what is asked of inputs or scramblings.
        self.keeps_months = chance.block < MONTHLY_BLOCKS and chance.is_forecast
        self.market = Market(
            model.numbers,
            chance.of,
            months=model.months,
            seed=chance.seed,
            block=chance.block,
            plain=chance.is_plain,
        )

    def parts(self) -> Iterator[Block]:
        """What the block comes to, of some of its draws after the other."""
        draws = self.chance.draws
        # The last is the longer by what is left: numpy sums few draws in another order than many.
        edges = [*range(0, max(draws - _PART, 0) + 1, _PART), draws]
        for part in map(slice, edges, edges[1:]):
            some = copy(self)
            some.chance, some.flows = self.chance.cut(part), self.flows.cut(part)
            some.market = self.market.cut(part)
            yield some.block()

    @np.errstate(over="ignore", invalid="ignore")
    def block(self) -> Block:
        """All of it at once."""
        model, market, draws = self.model, self.market, self.chance.draws
        held = np.empty((model.months, len(model.stores), draws), dtype=self.kind)
        cost = np.empty_like(held)
        years, months_kept = (_Shelves(self.kind, len(model.stores)) for _ in range(2))
        parts = np.zeros((model.years, len(model.stores), len(PARTS), draws))
        all_held = np.zeros((model.months, draws))
        for number, store in enumerate(model.stores):
            months = self._months(number)
            found = cost_of_store(store, months, market, model, self.chance.of)
            held[:, number], cost[:, number] = months.held, found.cost
            all_held += months.held
            parts[:, number] = found.parts
            years.put(number, found.yearly)
            if self.keeps_months:
                months_kept.put(number, found.monthly)
        staff = staff_cost(all_held, model, self.chance.of)
        if staff is not None:
            # Nobody works for one store alone: their cost is spread evenly.
            cost += (staff / len(model.stores))[:, None]
            parts[:, :, PARTS.index("staff")] += by_years(staff / len(model.stores))[:, None]
        losses = expected_losses(model, self.flows.made, self.flows.objects, self.chance.of)
        if self.keeps_months:
            for name, of_stores in losses.by_store.items():
                for number, values in enumerate(of_stores):
                    months_kept.put(number, {name: values})
        return Block(
            bytes_held=held,
            cost=cost,
            bytes_deposited=self.flows.bytes_deposited.astype(self.kind),
            images_deposited=self.flows.images.astype(self.kind),
            objects_deposited=self.flows.objects_deposited.astype(self.kind),
            by_store=years.found,
            by_year={name: by_years(values).astype(self.kind) for name, values in losses.whole.items()},
            by_type={
                name: np.stack(list(of.values()), axis=1).astype(self.kind)
                for name, of in self.flows.by_type.items()
            },
            by_domain={name: values.astype(self.kind) for name, values in losses.by_domain.items()},
            by_month=months_kept.found,
            cost_parts=parts.sum(axis=1).astype(self.kind),
            store_parts=(parts if self.keeps_months else parts[..., :0]).astype(self.kind),
            discount_rate=self.chance.of(model.numbers["discount_rate"]),
        )

    def _months(self, store: int) -> Months:
        """What is held, comes, is read and goes in one store."""
        shape = (self.model.months, self.chance.draws)
        held, packages, objects, came, came_packages = (np.zeros(shape) for _ in range(5))
        read, read_packages, left = (np.zeros(shape) for _ in range(3))
        keep = self.model.stores[store].minimum_months
        for pattern, made, number, specimens in zip(
            self.model.patterns, self.flows.made, self.flows.packages, self.flows.objects, strict=True
        ):
            steps, reads = pattern.copies[store], pattern.reads[store]
            held += accumulate(steps, made)
            packages += accumulate(steps, number)
            if self.keeps_months:
                objects += accumulate(steps, specimens)
            came += arrivals(steps, made)
            came_packages += arrivals(steps, number)
            read += arrivals(reads, made)
            read_packages += arrivals(reads, number)
            if keep:
                left += left_early(steps, made, keep)
        is_deposit = store == self.model.deposit_store
        return Months(
            held=held, packages=packages, objects=objects, came=came, came_packages=came_packages, read=read,
            read_packages=read_packages, left_early=left,
            image_bytes=_mean_image(self.flows) if is_deposit else None,
        )  # fmt: skip


class _Shelves:
    """Arrays of all stores, by what they are of, as the block keeps them: (n_periods, n_stores, n_draws)."""

    def __init__(self, kind: type[np.floating], stores: int) -> None:
        self._kind, self._stores = kind, stores
        self.found: dict[str, NDArray[np.floating]] = {}

    def put(self, store: int, of_store: Mapping[str, Floats]) -> None:
        for name, values in of_store.items():
            if name not in self.found:
                self.found[name] = np.empty((len(values), self._stores, values.shape[1]), self._kind)
            self.found[name][:, store] = values


def _mean_image(flows: _Flows) -> Floats:
    """Bytes of an image, of all that were made so far: ndarray = (n_months, n_draws)."""
    images = np.cumsum(flows.images, axis=0)
    return np.asarray(np.cumsum(flows.bytes_deposited, axis=0) / np.maximum(images, 1e-300))
