"""Every object drawn by itself: slow, exact, and the judge of the cohorts.

What the cohorts say of the very same futures (the same inputs, the same number of objects) stands
beside it, so that what is left between the two is the cohorts' own error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from capacity.engine import Chance, Model, build_model, months_objects, simulate
from capacity.laws import Floats, Law
from capacity.sampling import generator_of
from capacity.scenario import Scenario
from holdings.errors import BadInput

MAX_OBJECTS = 200_000_000
"""More would take minutes; a scenario of Europe is not validated object by object, its herbaria are."""
_AT_ONCE = 1 << 16
_COUNTED = 4096


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectRun:
    """The totals of some draws, each object drawn, against those of the cohorts at the same inputs."""

    objects: float
    """Drawn in all draws."""
    draws: int
    apart: float
    """Mean of the objects' totals less that of the cohorts', as a share."""
    noise: float
    """The standard error that so many draws leave of it."""
    p95_image_bytes: dict[str, float]
    """By object type, of single images."""


def run_objects(scenario: Scenario, *, draws: int, seed: int) -> ObjectRun:
    """Draw every image of `draws` futures and hold its bytes against the cohorts of the same futures."""
    model = build_model(scenario)
    chance = Chance(model, seed=seed, block=0, draws=draws, points=None)
    objects = months_objects(model, chance)
    total = sum(float(each.sum()) for each in objects.values())
    if total > MAX_OBJECTS:
        raise BadInput(
            f"{total:.3g} objects in {draws} draws are too many to draw each; at most {MAX_OBJECTS:.0e} are.",
            hint="Ask for fewer --draws, or a shorter scenario.",
        )
    block = simulate(model, seed=seed, block=0, draws=draws)
    drawn, p95 = _drawn(model, chance, objects, draws)
    cohorts = block.bytes_deposited.sum(axis=0, dtype=np.float64)
    shares = drawn / cohorts - 1
    noise = float(np.std(shares, ddof=1) / np.sqrt(draws)) if draws > 1 else 0.0
    return ObjectRun(objects=total, draws=draws, apart=float(shares.mean()), noise=noise, p95_image_bytes=p95)


def _drawn(
    model: Model, chance: Chance, objects: dict[str, Floats], draws: int
) -> tuple[Floats, dict[str, float]]:
    """Bytes of each draw: ndarray = (n_draws,); and the 95th percentile of image sizes by type."""
    sums, p95 = np.zeros(draws), {}
    for each in model.streams:
        if each.package != "bag":
            continue
        kind = each.kind
        images = chance.of(kind.images_per_object)
        kept = sum(chance.of(ratio) for ratio in kind.format_ratios)
        scale = chance.of(kind.image_bytes_doubt) * (1 + chance.of(kind.packaging_overhead)) * kept
        growth = (1 + chance.of(kind.size_growth_per_year)) ** (np.arange(model.months)[:, None] / 12)
        generator = generator_of(f"{kind.name} one by one", seed=chance.seed, block=0)
        seen: list[Floats] = []
        for draw in range(draws):
            for month in range(model.months):
                made = objects[kind.name][month, draw]
                number = made if kind.is_exact else generator.poisson(made)
                total = total_of(kind.image_bytes.law, round(number * images[draw]), generator, seen)
                sums[draw] += total * scale[draw] * growth[month, draw]
        sample = np.concatenate(seen) if seen else np.zeros(1)
        p95[kind.name] = float(np.quantile(sample, 0.95))
    return sums, p95


def total_of(law: Law, number: int, generator: np.random.Generator, seen: list[Floats]) -> float:
    """The sum of `number` sizes, drawn in lots; a few of them are put into `seen`."""
    total, left = 0.0, number
    while left > 0:
        lot = min(left, _AT_ONCE)
        sizes = law.quantile(generator.random(lot))
        total += float(sizes.sum())
        left -= lot
        if len(seen) < _COUNTED:
            seen.append(sizes[:64])
    return total
