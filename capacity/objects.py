"""Every object drawn by itself: slow, exact, and the judge of the cohorts.

What the cohorts say of the very same futures (the same inputs, the same expected number of objects)
stands beside it, so that what is left between the two is the cohorts' own error. Objects are packed
into bags one after the other, as deposits pack them; where the policy looks at single sizes, it
decides for each of these bags, where for a cohort it decides for full ones.

Only masters are drawn: a derivative is a share of what its master is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from capacity.engine import (
    Chance,
    Model,
    StreamModel,
    bag_fill,
    build_model,
    months_objects,
    scale_of,
    simulate,
)  # fmt: skip
from capacity.laws import Floats
from capacity.packing import Bags, Packer
from capacity.residency import held_of_bags
from capacity.sampling import generator_of
from capacity.scenario import Scenario
from holdings.errors import BadInput
from tiering.policy.placing import columns_of

MAX_OBJECTS = 200_000_000
"""More would take minutes; a scenario of Europe is not validated object by object, its herbaria are."""
MAX_PLACED = 30_000_000
"""Bags times months of one type in one future: what a policy of single sizes is asked about at once."""
_AT_ONCE = 1 << 16
_COUNTED = 4096
_SIZES = {"bytes", "images"}
"""Columns of the policy that differ from bag to bag of a cohort."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """How far the objects are from the cohorts."""

    what: str
    """`bytes made`, `bags made`, or `bytes held in` a store at the end."""
    apart: float
    """Mean of the objects' number less that of the cohorts', as a share."""
    noise: float
    """The standard error that so many draws leave of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectRun:
    """The totals of some draws, each object drawn, against those of the cohorts at the same inputs."""

    objects: float
    """Drawn in all draws."""
    bags: int
    """They filled."""
    draws: int
    compared: tuple[Apart, ...]
    of_variance: float
    """What the chance of single objects adds to the variance of all bytes, as a share of it."""
    placed_one_by_one: bool
    """Whether the policy was asked about each bag, since it looks at single sizes."""
    p95_image_bytes: dict[str, float]
    """By object type, of single images."""


def count_objects(scenario: Scenario, *, draws: int, seed: int) -> float:
    """How many objects so many futures have. Raises BadInput where they are too many to draw each."""
    model = build_model(scenario)
    return _count(months_objects(model, Chance(model, seed=seed, block=0, draws=draws, points=None)), draws)


def _count(objects: dict[str, Floats], draws: int) -> float:
    total = sum(float(each.sum()) for each in objects.values())
    if not total:
        raise BadInput("The scenario digitises nothing, so that there is no object to draw.")
    if total > MAX_OBJECTS:
        raise BadInput(
            f"{total:.3g} objects in {draws} draws are too many to draw each; at most {MAX_OBJECTS:.0e} are.",
            hint="Ask for fewer futures, or a shorter scenario.",
        )
    return total


def run_objects(scenario: Scenario, *, draws: int, seed: int) -> ObjectRun:
    """Draw every image of `draws` futures and hold bytes and bags against the cohorts of the same futures."""
    masters = replace(
        scenario, object_types=tuple(replace(each, derivatives=()) for each in scenario.object_types)
    )
    model = build_model(masters)
    chance = Chance(model, seed=seed, block=0, draws=draws, points=None)
    objects = months_objects(model, chance)
    total = _count(objects, draws)
    drawn = _Drawn(masters, model, chance, objects)
    cohorts = simulate(model, seed=seed, block=0, draws=draws)
    held = cohorts.bytes_held[-1].astype(np.float64)
    apart = [
        _apart("bytes made", drawn.made, cohorts.bytes_deposited.sum(axis=0, dtype=np.float64)),
        _apart("bags made", drawn.bags, drawn.cohort_bags),
        *(
            _apart(f"bytes held in {store.name}", drawn.held[number], held[number])
            for number, store in enumerate(masters.stores)
            if held[number].any()
        ),
    ]
    return ObjectRun(
        objects=total,
        bags=int(drawn.bags.sum()),
        draws=draws,
        compared=tuple(apart),
        of_variance=_share_of_variance(drawn.made, drawn.expected),
        placed_one_by_one=drawn.placed_one_by_one,
        p95_image_bytes=drawn.p95,
    )


def _apart(what: str, one_by_one: Floats, cohorts: Floats) -> Apart:
    shares = one_by_one / np.maximum(cohorts, 1e-300) - 1
    noise = float(np.std(shares, ddof=1) / np.sqrt(len(shares))) if len(shares) > 1 else 0.0
    return Apart(what=what, apart=float(shares.mean()), noise=noise)


def _share_of_variance(made: Floats, expected: Floats) -> float:
    of_inputs = float(np.var(expected))
    of_objects = float(np.mean((made - expected) ** 2))
    return of_objects / (of_objects + of_inputs) if of_objects + of_inputs else 0.0


class _Drawn:
    """What single objects come to in each draw: ndarrays = (n_draws,)."""

    def __init__(self, scenario: Scenario, model: Model, chance: Chance, objects: dict[str, Floats]) -> None:
        self._scenario, self._model, self._chance = scenario, model, chance
        self.placed_one_by_one = bool(columns_of(scenario.policy) & _SIZES)
        self.made, self.expected = np.zeros(chance.draws), np.zeros(chance.draws)
        self.bags, self.cohort_bags = np.zeros(chance.draws), np.zeros(chance.draws)
        self.held = np.zeros((len(scenario.stores), chance.draws))
        self.p95: dict[str, float] = {}
        for each in model.streams:
            self._draw(each, objects[each.kind.name])

    def _draw(self, each: StreamModel, objects: Floats) -> None:
        """objects : ndarray = (n_months, n_draws), expected."""
        kind, chance, months = each.kind, self._chance, self._model.months
        images = chance.of(kind.images_per_object)
        scale = np.broadcast_to(scale_of(kind, range(months), chance), objects.shape)
        expected = objects * images * each.image.mean * scale
        self.expected += expected.sum(axis=0)
        self.cohort_bags += np.ceil(expected / bag_fill(each, chance, scale)).sum(axis=0)
        source = _Objects(each, generator_of(f"{kind.name} one by one", seed=chance.seed, block=0))
        for draw in range(chance.draws):
            packer = Packer(kind.bag_bytes)
            for month in range(months):
                for sizes, numbers in source.lots(objects[month, draw], float(images[draw])):
                    packer.add(sizes * scale[month, draw], numbers)
                packer.close(month)
            bags = packer.bags()
            self.made[draw] += bags.size_bytes.sum()
            self.bags[draw] += len(bags.made)
            self.held[:, draw] += self._held(each, bags)
        self.p95[kind.name] = source.p95()

    def _held(self, each: StreamModel, bags: Bags) -> Floats:
        """Bytes in each store at the end: ndarray = (n_stores,)."""
        months = self._model.months
        if not self.placed_one_by_one:
            made = np.bincount(bags.made, weights=bags.size_bytes, minlength=months)
            copies = self._model.patterns[each.pattern].copies
            return np.array([sum(c * made[m] for m, c in zip(s.made, s.change, strict=True)) for s in copies])
        if len(bags.made) * months > MAX_PLACED:
            raise BadInput(
                f"The policy looks at single sizes, and {len(bags.made):,} bags of {each.kind.name} are too "
                "many to ask it about each in every month.",
                hint="Ask for a shorter scenario, or fewer objects.",
            )
        held = held_of_bags(
            self._scenario, each.kind, made=bags.made, images=bags.images,
            size_bytes=np.rint(bags.size_bytes).astype(np.int64),
        )  # fmt: skip
        return np.asarray(held[-1], dtype=np.float64)


class _Objects:
    """The objects of one type, drawn in lots; a few of their images are kept for the percentile."""

    def __init__(self, each: StreamModel, generator: np.random.Generator) -> None:
        self._law, self._exact, self._chance = each.kind.image_bytes.law, each.kind.is_exact, generator
        self._seen: list[Floats] = []

    def lots(self, expected: float, images: float) -> Iterator[tuple[Floats, NDArray[np.int64]]]:
        """Bytes before any scale, and images, of the objects of a month."""
        left = round(expected) if self._exact else int(self._chance.poisson(expected))
        done = 0
        while left > 0:
            lot = min(left, _AT_ONCE)
            numbers = self._images(lot, images, done)
            sizes = self._law.quantile(self._chance.random(int(numbers.sum())))
            if len(self._seen) < _COUNTED:
                self._seen.append(sizes[:64])
            ends = np.cumsum(numbers)
            running = np.concatenate([[0.0], np.cumsum(sizes)])
            yield running[ends] - running[ends - numbers], numbers
            left, done = left - lot, done + lot

    def _images(self, objects: int, mean: float, before: int) -> NDArray[np.int64]:
        """The whole number of images on either side of the mean; without chance where nothing is in doubt."""
        if self._exact:
            marks = np.floor((before + np.arange(objects + 1)) * mean + 1e-9)
            return np.asarray(np.diff(marks), dtype=np.int64)
        low = int(np.floor(mean))
        more = self._chance.random(objects) < mean - low if mean > low else np.zeros(objects, dtype=bool)
        return np.asarray(low + more.astype(np.int64))

    def p95(self) -> float:
        """Of single images."""
        return float(np.quantile(np.concatenate(self._seen), 0.95)) if self._seen else 0.0
