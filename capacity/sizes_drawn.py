"""Single sizes by the hundred million: totals and a percentile, at little more than chance itself costs.

Float32 normals are made in place, in lots that stay in the processor's cache; the few large ones
are counted where they fall before all become bytes. So nothing as large as the answer is in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity.laws import Lognormal
from capacity.sampling import generator_of

LOT = 1 << 16
"""256 kB of float32: with its scratch within a second-level cache."""
_FROM = 1.4
"""In standard deviations: only sizes above, the largest 8 %, are counted by where they fall."""
_TO = 8.0
"""Beyond lies one of 10^15."""
_CELLS_PER_SIGMA = 256
_CELLS = round((_TO - _FROM) * _CELLS_PER_SIGMA)


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """Sizes of one law, drawn one by one."""

    number: int
    total: float
    counts: NDArray[np.int64]
    """How many fell into each 256th of a standard deviation of the logarithm, from 1.4 to 8."""

    def __add__(self, other: Drawn) -> Drawn:
        return Drawn(
            number=self.number + other.number,
            total=self.total + other.total,
            counts=self.counts + other.counts,
        )

    def quantile(self, share: float, law: Lognormal) -> float:
        """The size that `share` of them do not exceed, to a 256th of a standard deviation at worst.

        Raises ValueError for a share below that which is counted.
        """
        below = self.number - int(self.counts.sum())
        wanted = share * self.number - below
        if wanted < 0:
            raise ValueError(f"only the largest {1 - below / self.number:.1%} are counted")
        reached = np.cumsum(self.counts)
        cell = min(int(np.searchsorted(reached, wanted)), _CELLS - 1)
        inside = (wanted - (reached[cell - 1] if cell else 0)) / max(int(self.counts[cell]), 1)
        score = _FROM + (cell + inside) / _CELLS_PER_SIGMA
        return float(law.median * np.exp(law.sigma_above * score))


def draw_sizes(law: Lognormal, number: int, *, name: str, seed: int, block: int = 0) -> Drawn:
    """`number` sizes of an ordinary lognormal, which belong to a name and a block."""
    chance = generator_of(f"{name} sizes", seed=seed, block=block)
    scores = np.empty(LOT, np.float32)
    counts = np.zeros(_CELLS, dtype=np.int64)
    sigma, total, left = np.float32(law.sigma_above), 0.0, number
    while left > 0:
        lot = min(left, LOT)
        z = scores[:lot]
        chance.standard_normal(out=z, dtype=np.float32)
        large = (z[z > np.float32(_FROM)] - np.float32(_FROM)) * np.float32(_CELLS_PER_SIGMA)
        counts += np.bincount(np.minimum(large, _CELLS - 1).astype(np.intp), minlength=_CELLS)
        np.multiply(z, sigma, out=z)
        np.exp(z, out=z)
        total += float(z.sum(dtype=np.float64))
        left -= lot
    return Drawn(number=number, total=law.median * total, counts=counts)
