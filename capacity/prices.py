"""Prices over the months of one block of draws: drift, a market's own noise, and sudden rises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy

import numpy as np

from capacity.laws import Floats
from capacity.sampling import BLOCK, generator_of, stream
from capacity.scenario import Input
from capacity.scratch import room

Draw = Callable[[Input], Floats]


class Market:
    """What all stores of one draw have in common: the noise of prices, and their shocks.

    p(t) = p0 (1 + drift)^years exp(noise(t)) (1 + share * rise(t)), where a year's noise keeps a
    part of the last year's (AR(1)) and a rise comes at random and decays.
    """

    # With `plain`, what comes at random is what is expected of it, so that inputs alone move the answer.

    def __init__(
        self,
        numbers: Mapping[str, Input],
        draw: Draw,
        *,
        months: int,
        seed: int,
        block: int,
        plain: bool = False,
    ) -> None:
        self._noise = None if plain else _noise(numbers, draw, months=months, seed=seed, block=block)
        self._rise = _rises(numbers, draw, months=months, seed=seed, block=block, plain=plain)
        self.harvests = _harvests(numbers, draw, months=months, seed=seed, block=block, plain=plain)
        """Whole harvests that begin in each month: ndarray = (n_months, n_draws); None where none come."""

    def cut(self, part: slice) -> Market:
        """That of some of the draws."""
        some = copy(self)
        some._noise, some._rise, some.harvests = (
            None if each is None else each[:, part] for each in (self._noise, self._rise, self.harvests)
        )
        return some

    def level(self, drift: Floats, share: Floats, years: Sequence[float]) -> Floats:
        """Prices of each month against those of the price year: ndarray = (n_months, n_draws)."""
        level = (1 + drift) ** np.asarray(years)[:, None]
        if self._noise is not None:
            level = level * self._noise
        if self._rise is not None and share.any():
            level = level * (1 + share * self._rise)
        return np.asarray(level)


def _noise(numbers: Mapping[str, Input], draw: Draw, *, months: int, seed: int, block: int) -> Floats | None:
    """exp of the noise's running sum: ndarray = (n_months, n_draws); None where there is none."""
    spread, keeps = draw(numbers["price_noise_per_year"]), draw(numbers["price_persistence"])
    if not spread.any():
        return None
    numbers_of_year = stream("price_noise_per_year", seed=seed, block=block)
    drift, summed = np.zeros_like(spread), np.zeros_like(spread)
    noise = room((months, len(spread)))
    for month in range(months):
        if month % 12 == 0:
            drift = keeps * drift + spread * numbers_of_year(1)[0, : len(spread)]
        summed = summed + drift / 12
        noise[month] = summed
    return np.exp(noise, out=noise)


def _rises(
    numbers: Mapping[str, Input], draw: Draw, *, months: int, seed: int, block: int, plain: bool
) -> Floats | None:
    """How much higher shocks make prices, as a share: ndarray = (n_months, n_draws); None where none come."""
    rate, size, decay = (draw(numbers[f"price_shock.{key}"]) for key in ("per_year", "size", "decay_years"))
    if not (rate * size).any():
        return None
    chance = generator_of("price_shock", seed=seed, block=block)
    kept = np.exp(-1 / (12 * decay))
    rise, rises = np.zeros_like(rate), room((months, len(rate)))
    for month in range(months):
        likely = -np.expm1(-rate / 12)
        comes = likely if plain else chance.random(BLOCK)[: len(rate)] < likely
        rise = kept * rise + size * comes
        rises[month] = rise
    return rises


def _harvests(
    numbers: Mapping[str, Input], draw: Draw, *, months: int, seed: int, block: int, plain: bool
) -> Floats | None:
    """Whole harvests that begin in each month, at random; None where none ever come."""
    per_year = draw(numbers["access.harvests_per_year"])
    if not per_year.any():
        return None
    if plain:
        return np.broadcast_to(per_year / 12, (months, len(per_year)))
    chance = generator_of("access.harvests_per_year", seed=seed, block=block)
    monthly = np.zeros(BLOCK)
    monthly[: len(per_year)] = per_year / 12
    harvests = room((months, len(per_year)))
    for month in harvests:
        month[...] = chance.poisson(monthly)[: len(per_year)]
    return harvests
