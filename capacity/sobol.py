"""Scrambled Sobol points of some dimensions among many: those of `scipy.stats.qmc.Sobol`, to the bit.

To import scipy.stats takes longer than a small forecast, and its engine makes every dimension
where a scenario has values for one in four; so the points are made here, of SciPy's own
direction numbers (Joe and Kuo 2008).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from capacity.laws import Floats

BITS = 30
_POWERS = np.left_shift(np.uint32(1), np.arange(BITS, dtype=np.uint32))
_Words = NDArray[np.uint32]


def sobol_points(
    dimensions: Sequence[int], *, of: int, rng: np.random.Generator, first: int, count: int
) -> Floats:
    """Points `first` and on in the named dimensions of a sequence in `of` dimensions.

    Returns ndarray = (n_dimensions, count), multiples of 2^-30 in [0, 1).
    """
    chosen, (own,) = np.asarray(dimensions), rng.spawn(1)
    # All are drawn, so that a dimension is scrambled the same whichever others are asked for.
    shift = (own.integers(2, size=(of, BITS), dtype=np.uint32) * _POWERS).sum(axis=1, dtype=np.uint32)
    matrices = own.integers(2, size=(of, BITS, BITS), dtype=np.uint32)[chosen]
    directions = _scrambled(_directions(tuple(dimensions)), matrices)
    index = np.arange(first, first + count, dtype=np.uint32)
    gray = index ^ (index >> 1)
    points = np.repeat(shift[chosen][:, None], count, axis=1)
    for bit in range(int(gray.max(initial=0)).bit_length()):
        points[:, (gray >> bit) & 1 == 1] ^= directions[:, bit, None]
    return points * 2.0**-BITS


def _scrambled(directions: _Words, matrices: _Words) -> _Words:
    """Directions times a random lower triangular matrix each, over bits (Matousek 1998)."""
    lower = np.tril(matrices)
    lower[:, np.arange(BITS), np.arange(BITS)] = 1
    rows = (lower * _POWERS[::-1]).sum(axis=2, dtype=np.uint32)
    scrambled = np.zeros_like(directions)
    for row in range(BITS):
        odd = np.bitwise_count(rows[:, row, None] & directions) & 1
        scrambled |= odd.astype(np.uint32) << np.uint32(BITS - 1 - row)
    return scrambled


@cache
def _tables() -> tuple[_Words, _Words]:
    """Primitive polynomials and first direction numbers of every dimension."""
    spec = find_spec("scipy")
    folder = Path(spec.origin).parent if spec and spec.origin else Path()
    with np.load(folder / "stats" / "_sobol_direction_numbers.npz") as held:
        return held["poly"].astype(np.uint32), held["vinit"].astype(np.uint32)


@cache
def _directions(dimensions: tuple[int, ...]) -> _Words:
    """ndarray = (n_dimensions, BITS)"""
    return np.stack([_direction(number) for number in dimensions]) * _POWERS[::-1]


def _direction(dimension: int) -> _Words:
    """The direction numbers of one dimension, before they are moved to the top of the word."""
    if dimension == 0:
        return np.ones(BITS, dtype=np.uint32)
    polynomials, firsts = _tables()
    polynomial = int(polynomials[dimension])
    degree = polynomial.bit_length() - 1
    found = [int(each) for each in firsts[dimension][:degree]]
    for number in range(degree, BITS):
        new = found[number - degree]
        for k in range(degree):
            if polynomial >> (degree - 1 - k) & 1:
                new ^= found[number - k - 1] << (k + 1)
        found.append(new)
    return np.array(found, dtype=np.uint32)
