"""Random numbers that belong to a name and a block, so that no worker, chunk or new input changes them.

What planners do not know (epistemic) comes from scrambled Sobol points, whose means settle
hundreds of times faster than those of plain random numbers. What is chance in single objects
(aleatory) comes from SFC64, one stream for each name and block.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from scipy.stats import qmc

from capacity.laws import Floats

BLOCK = 4096
"""Draws in a block. Never change it: results are made of blocks, and block i is the same for ever."""
SLOTS = 256
"""Sobol dimensions; an input takes the one that its name hashes to."""


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
    slots = max(SLOTS, 4 * len(names))
    taken: dict[int, str] = {}
    for name in sorted(names, key=name_hash):
        slot = name_hash(name) % slots
        while slot in taken:
            slot = (slot + 1) % slots
        taken[slot] = name
    return {name: slot for slot, name in taken.items()}


def uniforms(names: Sequence[str], *, seed: int, block: int) -> dict[str, Floats]:
    """Quasi-random numbers in (0, 1) for each name: ndarray = (BLOCK,)."""
    if not names:
        return {}
    slots = dimensions(names)
    engine = qmc.Sobol(max(SLOTS, 4 * len(names)), rng=np.random.default_rng([seed, 0]))
    if block:
        engine.fast_forward(block * BLOCK)
    # Points are multiples of 2^-30 and may be 0, whose normal score is infinite: take the cell's middle.
    points = engine.random(BLOCK) + LEAST_CHANCE
    return {name: np.ascontiguousarray(points[:, slot]) for name, slot in slots.items()}


def normals(name: str, *, seed: int, block: int, rows: int) -> Floats:
    """Standard normal numbers: ndarray = (rows, BLOCK); more rows continue where fewer ended."""
    stream = np.random.SFC64(np.random.SeedSequence([seed, name_hash(name), block]))
    return np.random.Generator(stream).standard_normal((rows, BLOCK))
