"""Sums of many random sizes: exact cumulants, and draws that are right in the tail.

A cohort of Poisson(lambda) objects of size X has the cumulants k_r = lambda E[X^r]. Where it is
nearly symmetric, a score with the right mean and variance is enough. Where it is not, the few
largest objects decide: those above a quantile are drawn one by one, and a shifted gamma with
the exact three cumulants stands for the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from capacity.laws import Empirical, Floats, Law

SKEW_OF_A_SCORE = 0.05
"""Below this skewness a score with mean and variance is within the noise of 100,000 draws."""
TAIL_OBJECTS = 64
"""How many of the largest objects of a cohort are drawn one by one, on average."""
_NODES = 40_001
_AT_ONCE = 1 << 20
_NOTHING = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class Cumulants:
    """Mean, variance and third cumulant of a sum; each ndarray or float."""

    k1: Floats
    k2: Floats
    k3: Floats

    @property
    def skewness(self) -> Floats:
        """k3 / k2^1.5; zero where nothing varies."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.k2 > 0, self.k3 / self.k2**1.5, 0.0)


def cumulants(law: Law, objects: Floats) -> Cumulants:
    """Of the sum of Poisson(`objects`) sizes of `law`, exactly."""
    k1, k2, k3 = (objects * law.moment(order) for order in (1, 2, 3))
    return Cumulants(k1=k1, k2=k2, k3=k3)


def share_drawn(objects: float) -> float:
    """Which part of the largest sizes is drawn one by one, in a cohort of about so many objects."""
    return min(1.0, TAIL_OBJECTS / objects) if objects > 0 else 1.0


def draw_totals(
    law: Law,
    objects: Floats,
    generators: Callable[[str], np.random.Generator],
    *,
    share: float,
    whole: Cumulants | None = None,
) -> Floats:
    """Totals of cohorts of Poisson(`objects`) sizes of `law`, with the largest drawn one by one.

    objects : ndarray = (n_cohorts,); the first totals do not hang on how many more there are.
    generators : random numbers by the name of what they are for.
    share : of the largest sizes, from `share_drawn`; 1 draws every object.
    whole : the cumulants of the totals, where sizes come in clumps (images of one object).
    """
    known = whole or cumulants(law, objects)
    tail = _largest(law, objects, share, generators)
    first, second, third = tail_moments(law, share)  # type: ignore[arg-type]  # every law is frozen
    rest = Cumulants(
        k1=known.k1 - objects * first, k2=known.k2 - objects * second, k3=known.k3 - objects * third
    )
    return tail + _shifted_gamma(rest, generators("rest"))


def _largest(
    law: Law, objects: Floats, share: float, generators: Callable[[str], np.random.Generator]
) -> Floats:
    """Sums of the objects above the 1 - share quantile, each drawn; a slice at a time to bound memory."""
    counts = generators("counts").poisson(objects * share)
    sizes, sums, begin = generators("sizes"), np.empty(len(counts)), 0
    while begin < len(counts):
        room = np.searchsorted(np.cumsum(counts[begin:]), _AT_ONCE)
        part = slice(begin, begin + max(1, int(room)))
        drawn = law.quantile(1 - share * (1 - sizes.random(int(counts[part].sum()))))
        ends = np.cumsum(counts[part])
        running = np.concatenate([[0.0], np.cumsum(drawn)])
        sums[part] = running[ends] - running[ends - counts[part]]
        begin = part.stop
    return sums


@lru_cache(maxsize=4096)
def tail_moments(law: Law, share: float) -> tuple[float, float, float]:
    """E[X^r; X in the largest `share` of sizes] for r = 1, 2, 3."""
    if share >= 1:
        return law.moment(1), law.moment(2), law.moment(3)
    if isinstance(law, Empirical):
        values = np.asarray(law.values)
        ranks = np.arange(len(values))
        weight = np.clip((ranks + 1) / len(values) - (1 - share), 0, 1 / len(values))
        return tuple(float((weight * values**order).sum()) for order in (1, 2, 3))  # type: ignore[return-value]  # three
    # Integrated over the quantile function, u = 1 - share / (1 + e^t), which takes in the far tail.
    t = np.linspace(-36, 36, _NODES)
    upper = share / (1 + np.exp(t))
    values = law.quantile(np.clip(1 - upper, 0, 1 - 2**-53))
    weight = upper / (1 + np.exp(-t))
    return tuple(float(np.trapezoid(values**order * weight, t)) for order in (1, 2, 3))  # type: ignore[return-value]  # three


def _shifted_gamma(rest: Cumulants, generator: np.random.Generator) -> Floats:
    """Numbers with these three cumulants; just the mean where the rest is nothing."""
    varies = (rest.k2 > _NOTHING * np.maximum(rest.k1, 1) ** 2) & (rest.k3 > 0)
    safe2, safe3 = np.where(varies, rest.k2, 1.0), np.where(varies, rest.k3, 1.0)
    shape, scale = 4 * safe2**3 / safe3**2, safe3 / (2 * safe2)
    drawn = generator.standard_gamma(shape)
    # What is left of a difference of large numbers is noise, and nothing is below zero.
    return np.where(varies, rest.k1 + scale * (drawn - shape), np.where(rest.k1 > _NOTHING, rest.k1, 0.0))
