"""Two scenarios with the same random numbers: what differs, and which of their keys makes it so.

An input keeps its draws by its name, so that what both share cancels out of the difference. The
change is then walked through key by key, from the first scenario to the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from capacity.answers import QUESTIONS, draw_answers, end_year
from capacity.engine import build_model
from capacity.laws import Floats
from capacity.overlays import Laid, is_number, lay_whole
from capacity.scenario import Scenario
from capacity.scenario_reading import scenario_from
from holdings.errors import BadInput
from holdings.house import House

_BAND = (0.05, 0.5, 0.95)
_STEP_DRAWS = 1024
"""Means settle long before tails do: enough to explain, and each key takes a run."""
_WORDS_ONLY = {"title"}
Key = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """How one answer differs: quantiles 5, 50 and 95 % of each side, and of the second less the first."""

    question: str
    first: tuple[float, float, float]
    second: tuple[float, float, float]
    change: tuple[float, float, float]
    sharper: float
    """How many times smaller the variance of the difference is than with random numbers of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What changing one key does to the mean of each answer, after those before it."""

    keys: tuple[str, ...]
    """Dotted; several where one alone would not have been a scenario."""
    change: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Two scenarios side by side."""

    titles: tuple[str, str]
    currency: str
    end: int
    draws: int
    differences: tuple[Difference, ...]
    steps: tuple[Step, ...]


def compare(first: Path, second: Path, *, house: House | None, draws: int, seed: int) -> Comparison:
    """The two scenarios with common random numbers, and the way from the first to the second."""
    laid = lay_whole(first), lay_whole(second)
    one, other = (scenario_from(each, house=house) for each in laid)
    if one.currency != other.currency:
        raise BadInput(
            f"{one.currency} and {other.currency} are not compared: give both scenarios one currency."
        )
    left, right = (draw_answers(build_model(each), draws=draws, seed=seed) for each in (one, other))
    steps = tuple(_steps(laid, one, house=house, draws=min(draws, _STEP_DRAWS), seed=seed))
    return side_by_side(one, other, left, right, draws=draws, steps=steps)


def side_by_side(
    one: Scenario,
    other: Scenario,
    left: Mapping[str, Floats],
    right: Mapping[str, Floats],
    *,
    draws: int,
    steps: tuple[Step, ...],
) -> Comparison:
    """Two scenarios whose answers (`left` of `one`, `right` of `other`) and way are known."""
    return Comparison(
        titles=(one.title, other.title),
        currency=one.currency,
        end=end_year(other),
        draws=draws,
        differences=tuple(difference_of(each.key, left[each.key], right[each.key]) for each in QUESTIONS),
        steps=steps,
    )


def difference_of(question: str, left: Floats, right: Floats) -> Difference:
    """How one answer differs, draw by draw."""
    change = right - left
    apart = float(np.var(left) + np.var(right))
    together = float(np.var(change))
    return Difference(
        question=question,
        first=_band(left),
        second=_band(right),
        change=_band(change),
        sharper=apart / together if together > 0 else float("inf") if apart else 1.0,
    )


def _band(values: Floats) -> tuple[float, float, float]:
    low, middle, high = (float(each) for each in np.quantile(values, _BAND))
    return low, middle, high


def _steps(
    laid: Sequence[Laid], one: Scenario, *, house: House | None, draws: int, seed: int
) -> Iterator[Step]:
    """From the first to the second key by key; a key that makes no scenario alone waits for the next."""
    data, target = laid[0].parsed.data, laid[1].parsed.data
    before = _means(one, draws=draws, seed=seed)
    waiting: list[Key] = []
    differing = list(_differing(data, target))
    for number, key in enumerate(differing):
        data = _with(data, key, _at(target, key))
        waiting.append(key)
        try:
            scenario = scenario_from(replace(laid[1], parsed=replace(laid[1].parsed, data=data)), house=house)
            after = _means(scenario, draws=draws, seed=seed)
        except BadInput:
            if number == len(differing) - 1:
                raise
            continue
        change = {name: after[name] - before[name] for name in after}
        yield Step(keys=tuple(".".join(each) for each in waiting), change=change)
        before, waiting = after, []


def _means(scenario: Scenario, *, draws: int, seed: int) -> dict[str, float]:
    found = draw_answers(build_model(scenario), draws=draws, seed=seed)
    return {name: float(values.mean()) for name, values in found.items()}


_MISSING: Any = object()


def _differing(first: Mapping[str, Any], second: Mapping[str, Any], above: Key = ()) -> Iterator[Key]:
    """Keys whose values differ, the second's order first; a number with its source is one key."""
    for name in [*second, *(name for name in first if name not in second)]:
        left, right = first.get(name, _MISSING), second.get(name, _MISSING)
        if left == right or (not above and name in _WORDS_ONLY):
            continue
        both = isinstance(left, dict) and isinstance(right, dict)
        if both and not (is_number(left) or is_number(right)):
            yield from _differing(left, right, (*above, name))
        else:
            yield (*above, name)


def _at(data: Mapping[str, Any], key: Key) -> Any:
    for name in key:
        data = data.get(name, _MISSING) if isinstance(data, dict) else _MISSING
    return data


def _with(data: Mapping[str, Any], key: Key, value: Any) -> dict[str, Any]:
    """`data` with `value` at `key`, or without the key where the value is missing."""
    name, *below = key
    changed = dict(data)
    if below:
        changed[name] = _with(changed.get(name, {}), tuple(below), value)
    elif value is _MISSING:
        changed.pop(name, None)
    else:
        changed[name] = value
    return changed
