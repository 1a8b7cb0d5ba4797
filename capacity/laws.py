"""Laws of chance for scenario inputs and sizes: quantiles, and moments in closed form.

A law is a small frozen value that pickles to any worker. Percentiles that a person wrote
down come back exactly; means and second moments are formulas, never estimates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Z90 = float(ndtri(0.9))
"""Standard normal score of the 90th percentile."""
Z95 = float(ndtri(0.95))


class Law(Protocol):
    """Whatever an uncertain number can follow."""

    @property
    def is_point(self) -> bool:
        """Whether only one value is possible."""
        ...

    def quantile(self, u: Floats) -> Floats:
        """The values at probabilities `u`, each in (0, 1)."""
        ...

    def moment(self, order: int) -> float:
        """E[X^order], exactly; order 1, 2 or 3."""
        ...


def _power(base: float, order: int) -> float:
    """Infinite where no float holds it."""
    try:
        return base**order
    except OverflowError:
        return math.inf


@dataclass(frozen=True, slots=True)
class Point:
    """One value, without doubt."""

    value: float

    @property
    def is_point(self) -> bool:
        return True

    def quantile(self, u: Floats) -> Floats:
        return np.full_like(u, self.value)

    def moment(self, order: int) -> float:
        return _power(self.value, order)


def _exp(power: float) -> float:
    """Infinite where no float holds it: whoever asked finds out from the result."""
    return math.exp(power) if power < 700 else math.inf


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A positive number whose logarithm is normal, with a width of its own on each side of the median.

    So the 10th, 50th and 90th percentiles that a person gave are all kept. With both
    widths equal it is the ordinary lognormal.
    """

    median: float
    sigma_below: float
    """Standard deviation of the logarithm below the median."""
    sigma_above: float

    @classmethod
    def from_log_moments(cls, mu: float, sigma: float) -> Self:
        """The ordinary lognormal with these moments of the logarithm."""
        return cls(math.exp(mu), sigma, sigma)

    @classmethod
    def from_interval(cls, low: float, high: float) -> Self:
        """The ordinary lognormal with 90 % of its weight between `low` and `high`."""
        return cls.from_log_moments(math.log(low * high) / 2, math.log(high / low) / (2 * Z95))

    @classmethod
    def from_percentiles(cls, p10: float, p50: float, p90: float) -> Self:
        """Through the three percentiles, exactly."""
        return cls(p50, math.log(p50 / p10) / Z90, math.log(p90 / p50) / Z90)

    @property
    def is_point(self) -> bool:
        return self.sigma_below == self.sigma_above == 0

    def quantile(self, u: Floats) -> Floats:
        score = ndtri(u)
        width = np.where(score < 0, self.sigma_below, self.sigma_above)
        return np.asarray(self.median * np.exp(score * width))

    def moment(self, order: int) -> float:
        # E[X^r; X < m] = m^r e^{(rs)^2/2} Phi(-rs), and the like above the median.
        below, above = order * self.sigma_below, order * self.sigma_above
        lower = _exp(below**2 / 2) * float(ndtr(-below))
        upper = _exp(above**2 / 2) * float(ndtr(above))
        return _power(self.median, order) * (lower + upper)


@dataclass(frozen=True, slots=True)
class Normal:
    """A number that may be negative (a rate), normal with a width of its own on each side."""

    median: float
    sigma_below: float
    sigma_above: float

    @classmethod
    def from_interval(cls, low: float, high: float) -> Self:
        """The ordinary normal with 90 % of its weight between `low` and `high`."""
        sigma = (high - low) / (2 * Z95)
        return cls((low + high) / 2, sigma, sigma)

    @classmethod
    def from_percentiles(cls, p10: float, p50: float, p90: float) -> Self:
        """Through the three percentiles, exactly."""
        return cls(p50, (p50 - p10) / Z90, (p90 - p50) / Z90)

    @property
    def is_point(self) -> bool:
        return self.sigma_below == self.sigma_above == 0

    def quantile(self, u: Floats) -> Floats:
        score = ndtri(u)
        return np.asarray(self.median + score * np.where(score < 0, self.sigma_below, self.sigma_above))

    def moment(self, order: int) -> float:
        # E[(m + Y)^r] from the half moments of Y: each side is half a normal of its own width.
        absolute = (1.0, math.sqrt(2 / math.pi), 1.0, 2 * math.sqrt(2 / math.pi))
        below, above = self.sigma_below, self.sigma_above
        terms = (
            math.comb(order, power)
            * self.median ** (order - power)
            * absolute[power]
            * (above**power + (-below) ** power)
            / 2
            for power in range(order + 1)
        )
        return math.fsum(terms)


@dataclass(frozen=True, slots=True)
class Triangular:
    """Between `low` and `high`, most likely `mode`."""

    low: float
    mode: float
    high: float

    @property
    def is_point(self) -> bool:
        return self.low == self.high

    def quantile(self, u: Floats) -> Floats:
        if self.is_point:
            return np.full_like(u, self.low)
        width, rising, falling = self.high - self.low, self.mode - self.low, self.high - self.mode
        left = self.low + np.sqrt(u * width * rising)
        right = self.high - np.sqrt((1 - u) * width * falling)
        return np.where(u * width < rising, left, right)

    def moment(self, order: int) -> float:
        # The density is a B-spline of its three corners, whose moments are complete homogeneous sums.
        corners = combinations_with_replacement((self.low, self.mode, self.high), order)
        return 2 / ((order + 1) * (order + 2)) * math.fsum(math.prod(each) for each in corners)


@dataclass(frozen=True, slots=True)
class Empirical:
    """The values that were measured, each as likely as the next."""

    values: tuple[float, ...]
    """Ascending."""

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """From values in any order."""
        return cls(tuple(sorted(values)))

    @property
    def is_point(self) -> bool:
        return self.values[0] == self.values[-1]

    def quantile(self, u: Floats) -> Floats:
        ranks = np.minimum((u * len(self.values)).astype(np.int64), len(self.values) - 1)
        return np.asarray(self.values)[ranks]

    def moment(self, order: int) -> float:
        return math.fsum(value**order for value in self.values) / len(self.values)


@dataclass(frozen=True, slots=True)
class Scaled:
    """Another law, times a factor above zero."""

    law: Law
    factor: float

    @property
    def is_point(self) -> bool:
        return self.law.is_point

    def quantile(self, u: Floats) -> Floats:
        return np.asarray(self.factor * self.law.quantile(u))

    def moment(self, order: int) -> float:
        return float(self.factor**order * self.law.moment(order))
