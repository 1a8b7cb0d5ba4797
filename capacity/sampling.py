"""Random numbers that belong to a name and a block, so that no worker, chunk or new input changes them.

What planners do not know (epistemic) comes from scrambled Sobol points, whose means settle
hundreds of times faster than those of plain random numbers. What is chance in single objects
(aleatory) comes from SFC64, one stream for each name and block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from capacity.laws import Floats
from capacity.scenario import Correlation
from capacity.sobol import sobol_points

BLOCK = 4096
"""Draws in a block. Never change it: results are made of blocks, and block i is the same for ever."""
SLOTS = (256, 1024, 4096, 16384)
"""Sobol dimensions; an input takes the one that its name hashes to.

The least of these that is four times as many as the inputs: in few and wide steps, because an
input keeps its dimension only as long as their number stays.
"""


LEAST_CHANCE = 2.0**-31
"""The least probability that a draw can stand at; the greatest is 1 less this."""


def name_hash(name: str) -> int:
    """64 bits that belong to `name`, the same in every process."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def dimensions(names: Sequence[str]) -> dict[str, int]:
    """The Sobol dimension of each input.

    It depends on the name alone, so an input keeps its draws when others are added; only where
    two names meet in one slot does the later of them (by hash) move on to the next that is free.
    """
    slots = _slots(len(names))
    taken: dict[int, str] = {}
    for name in sorted(names, key=name_hash):
        slot = name_hash(name) % slots
        while slot in taken:
            slot = (slot + 1) % slots
        taken[slot] = name
    return {name: slot for slot, name in taken.items()}


def _slots(inputs: int) -> int:
    return next((slots for slots in SLOTS if slots >= 4 * inputs), max(SLOTS[-1], inputs))


def uniforms(names: Sequence[str], *, seed: int, block: int, scramble: int = 0) -> dict[str, Floats]:
    """Quasi-random numbers in (0, 1) for each name: ndarray = (BLOCK,).

    scramble : which of many scramblings of the same points; their spread is the error of randomising.
    """
    if not names:
        return {}
    slots = dimensions(names)
    points = sobol_points(
        [*slots.values()],
        of=_slots(len(names)),
        rng=np.random.default_rng([seed, scramble]),
        first=block * BLOCK,
        count=BLOCK,
    )
    # Points are multiples of 2^-30 and may be 0, whose normal score is infinite: take the cell's middle.
    return {name: each + LEAST_CHANCE for name, each in zip(slots, points, strict=True)}


def normals(name: str, *, seed: int, block: int, rows: int) -> Floats:
    """Standard normal numbers: ndarray = (rows, BLOCK); more rows continue where fewer ended."""
    return stream(name, seed=seed, block=block)(rows)


def correlation_root(correlations: Sequence[Correlation]) -> tuple[list[str], Floats]:
    """The names that are correlated, and the lower triangular root of their matrix.

    Raises numpy.linalg.LinAlgError where the correlations contradict one another.
    """
    names = sorted({name for each in correlations for name in (each.first, each.second)}, key=name_hash)
    matrix = np.eye(len(names))
    for each in correlations:
        one, other = names.index(each.first), names.index(each.second)
        matrix[one, other] = matrix[other, one] = each.rho
    # A whisper on the diagonal lets rho = 1 through; it moves a score by less than 1e-5.
    root = np.asarray(np.linalg.cholesky(matrix + 1e-10 * np.eye(len(names))), dtype=np.float64)
    return names, root


def correlate(points: dict[str, Floats], correlations: Sequence[Correlation]) -> dict[str, Floats]:
    """`points` with those that move together made to: a Gaussian copula, each still uniform."""
    if not correlations:
        return points
    names, root = correlation_root(correlations)
    scores = [ndtri(points[name]) for name in names]
    joined = {
        # Summed one by one: a matrix product's order of summing would depend on threads.
        name: ndtr(sum(root[row, column] * scores[column] for column in range(row + 1)))
        for row, name in enumerate(names)
    }
    return {**points, **{name: np.clip(u, LEAST_CHANCE, 1 - LEAST_CHANCE) for name, u in joined.items()}}


def stream(name: str, *, seed: int, block: int) -> Callable[[int], Floats]:
    """Rows of standard normal numbers, ndarray = (rows, BLOCK), one lot after another."""
    generator = generator_of(name, seed=seed, block=block)
    return lambda rows: generator.standard_normal((rows, BLOCK))


def generator_of(name: str, *, seed: int, block: int) -> np.random.Generator:
    """The random numbers that belong to a name and a block."""
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, name_hash(name), block])))
