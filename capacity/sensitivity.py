"""Which input moves the answer: Sobol indices of first and total order."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

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
    both = qmc.Sobol(2 * n_inputs, scramble=True, rng=np.random.default_rng(seed)).random(n)
    first, second = both[:, :n_inputs], both[:, n_inputs:]
    at_first, at_second = function(first), function(second)
    variance = float(np.var(np.concatenate([at_first, at_second])))
    if variance == 0.0:
        return np.zeros(n_inputs), np.zeros(n_inputs)
    centre = float(np.mean(at_first))
    mixed = np.stack([function(_with_column(first, second, number)) for number in range(n_inputs)])
    main = np.mean((at_second - centre) * (mixed - at_first), axis=1) / variance
    total = 0.5 * np.mean((at_first - mixed) ** 2, axis=1) / variance
    return main, total


def _with_column(
    points: NDArray[np.float64], others: NDArray[np.float64], number: int
) -> NDArray[np.float64]:
    mixed = points.copy()
    mixed[:, number] = others[:, number]
    return mixed
