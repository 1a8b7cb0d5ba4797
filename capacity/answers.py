"""The few numbers that a plan is asked for, as draws: what verbs compare, explain and rank by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from capacity.cohorts import month_after
from capacity.engine import Block, Model, simulate
from capacity.laws import Floats
from capacity.sampling import BLOCK
from capacity.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One number that is asked for."""

    key: str
    words: str
    """What it is, with `{end}` for the last month's year."""
    unit: str
    """`bytes`, `money`, `kg` or `objects`."""


QUESTIONS = (
    Question(key="bytes_held", words="what is held at the end of {end}, all copies counted", unit="bytes"),
    Question(key="cost", words="the cost until the end of {end}", unit="money"),
    Question(key="carbon", words="the carbon until the end of {end}", unit="kg"),
    Question(key="objects_lost", words="the objects lost until the end of {end}, expected", unit="objects"),
)


def answers_of(block: Block) -> dict[str, Floats]:
    """By the key of the question: ndarray = (n_draws,), in double precision."""
    return {
        "bytes_held": block.bytes_held[-1].sum(axis=0, dtype=np.float64),
        "cost": block.cost.sum(axis=(0, 1), dtype=np.float64),
        "carbon": block.by_store["carbon"].sum(axis=(0, 1), dtype=np.float64),
        "objects_lost": block.by_year["objects_lost"].sum(axis=0, dtype=np.float64),
    }


def draw_answers(model: Model, *, draws: int, seed: int) -> dict[str, Floats]:
    """The answers of so many draws, block after block."""
    sizes = [min(BLOCK, draws - begin) for begin in range(0, draws, BLOCK)]
    found = [answers_of(simulate(model, seed=seed, block=n, draws=size)) for n, size in enumerate(sizes)]
    return {key: np.concatenate([one[key] for one in found]) for key in found[0]}


def answers_at(model: Model, points: Mapping[str, Floats]) -> dict[str, Floats]:
    """The answers at given uniforms of each input, without the chance of single objects and years."""
    total = len(next(iter(points.values()))) if points else 1
    found = []
    for begin in range(0, total, BLOCK):
        part = {name: values[begin : begin + BLOCK] for name, values in points.items()}
        size = min(BLOCK, total - begin)
        found.append(answers_of(simulate(model, seed=0, block=0, draws=size, points=part)))
    return {key: np.concatenate([one[key] for one in found]) for key in found[0]}


def end_year(scenario: Scenario) -> int:
    """The calendar year in which the plan ends."""
    return month_after(scenario.start, scenario.months - 1).year
