"""Which input moves the answer: Sobol indices of first and total order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity.answers import answers_at, draw_answers
from capacity.engine import build_model
from capacity.laws import Floats
from capacity.sampling import LEAST_CHANCE
from capacity.scenario import Scenario
from capacity.sobol import sobol_points
from holdings.errors import BadInput

Function = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def sobol_indices(
    *, function: Function, n_inputs: int, n: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First-order and total Sobol indices, each of shape (n_inputs,).

    function : takes uniforms in [0, 1) of shape (m, n_inputs) and returns (m,).
    n : base points, a power of two; `function` is asked for n * (n_inputs + 2) points.

    Estimators: S1 of Saltelli et al. 2010 (table 2, b), ST of Jansen 1999; the base points are
    two halves of one scrambled Sobol sequence. An output that does not vary has indices 0.
    """
    if n < 2 or n & (n - 1):
        raise BadInput(f"n is {n}; it takes a power of two, at least 2.")
    if n_inputs < 1:
        raise BadInput(f"n_inputs is {n_inputs}; it takes at least one.")
    whole = _sobol(lambda points: {"": function(points)}, n_inputs=n_inputs, n=n, seed=seed)
    return whole[""]


def _sobol(
    function: Callable[[Floats], Mapping[str, Floats]], *, n_inputs: int, n: int, seed: int
) -> dict[str, tuple[Floats, Floats]]:
    """The indices of every output that `function` names."""
    both = _points(2 * n_inputs, n, rng=np.random.default_rng(seed))
    first, second = both[:, :n_inputs], both[:, n_inputs:]
    at_first, at_second = function(first), function(second)
    at_mixed = [function(_with_column(first, second, number)) for number in range(n_inputs)]
    return {
        name: _indices(at_first[name], at_second[name], np.stack([each[name] for each in at_mixed]))
        for name in at_first
    }


def _points(dimensions: int, n: int, *, rng: np.random.Generator) -> Floats:
    """Scrambled Sobol points: ndarray = (n, dimensions)."""
    return sobol_points(range(dimensions), of=dimensions, rng=rng, first=0, count=n).T


def _indices(at_first: Floats, at_second: Floats, mixed: Floats) -> tuple[Floats, Floats]:
    variance = float(np.var(np.concatenate([at_first, at_second])))
    if variance == 0.0:
        return np.zeros(len(mixed)), np.zeros(len(mixed))
    centre = float(np.mean(at_first))
    main = np.mean((at_second - centre) * (mixed - at_first), axis=1) / variance
    total = 0.5 * np.mean((at_first - mixed) ** 2, axis=1) / variance
    return main, total


def _with_column(
    points: NDArray[np.float64], others: NDArray[np.float64], number: int
) -> NDArray[np.float64]:
    mixed = points.copy()
    mixed[:, number] = others[:, number]
    return mixed


@dataclass(frozen=True, kw_only=True, slots=True)
class Influence:
    """What one input does to one answer."""

    name: str
    first: float
    """S1: the share of the variance that would go if this input alone were known."""
    total: float
    """ST: the share that stays if everything but this input were known."""
    low: float
    """The answer with this input at its 10th percentile and all others at their medians."""
    high: float
    """The same at its 90th."""
    narrower: float
    """By which share the band would narrow, on average, if the input were measured: 1 - sqrt(1 - S1)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sensitivity:
    """One answer, and what moves it, most first."""

    question: str
    band: tuple[float, float, float]
    """Its 5, 50 and 95 % quantiles."""
    chance: float
    """The share of its variance that is the chance of single objects, years and markets, and no input."""
    influences: tuple[Influence, ...]


def sensitivities(scenario: Scenario, *, n: int, draws: int, seed: int) -> list[Sensitivity]:
    """Sobol indices, tornado and value of measuring, for every answer; inputs that do nothing are left out.

    n : base points, a power of two; the model is asked for n * (inputs + 2) points.
    draws : futures for the bands.
    """
    if n < 2 or n & (n - 1):
        raise BadInput(f"n is {n}; it takes a power of two, at least 2.")
    if scenario.correlations:
        raise BadInput(
            "Sobol indices are of inputs that are independent, and this scenario correlates some.",
            hint="Lay a file over it that says correlations = [].",
        )
    model = build_model(scenario)
    names = [item.name for item in model.inputs]
    if not names:
        raise BadInput(f"{scenario.path.name} leaves nothing in doubt, so that nothing moves its answer.")

    def at(points: Floats) -> dict[str, Floats]:
        inside = np.clip(points, LEAST_CHANCE, 1 - LEAST_CHANCE)
        return answers_at(model, {name: inside[:, number] for number, name in enumerate(names)})

    indices = _sobol(at, n_inputs=len(names), n=n, seed=seed)
    ends = at(_one_at_a_time(len(names)))
    plain = at(_points(len(names), max(n, 256), rng=np.random.default_rng([seed, 1])))
    drawn = draw_answers(model, draws=draws, seed=seed)
    return [
        _sensitivity(
            question,
            names,
            indices[question],
            ends=ends[question],
            plain=plain[question],
            drawn=drawn[question],
        )
        for question in indices
    ]


def _one_at_a_time(n_inputs: int) -> Floats:
    """Each input at 10 %, then each at 90 %, the others at their medians."""
    points = np.full((2 * n_inputs, n_inputs), 0.5)
    points[np.arange(n_inputs), np.arange(n_inputs)] = 0.1
    points[n_inputs + np.arange(n_inputs), np.arange(n_inputs)] = 0.9
    return points


def _sensitivity(
    question: str,
    names: list[str],
    indices: tuple[Floats, Floats],
    *,
    ends: Floats,
    plain: Floats,
    drawn: Floats,
) -> Sensitivity:
    first, total = indices
    low, high = np.split(ends, 2)
    found = [
        Influence(
            name=name,
            first=float(np.clip(first[n], 0, 1)),
            total=float(max(total[n], 0)),
            low=float(low[n]),
            high=float(high[n]),
            narrower=float(1 - np.sqrt(1 - np.clip(first[n], 0, 1))),
        )
        for n, name in enumerate(names)
    ]
    moving = sorted((each for each in found if each.total > 0), key=lambda each: -each.total)
    band = np.quantile(drawn, (0.05, 0.5, 0.95))
    variance = float(np.var(drawn))
    return Sensitivity(
        question=question,
        band=(float(band[0]), float(band[1]), float(band[2])),
        chance=float(np.clip(1 - np.var(plain) / variance, 0, 1)) if variance else 0.0,
        influences=tuple(moving),
    )
