"""Prices over the months of one block of draws: drift, a market's own noise, and sudden rises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from capacity.laws import Floats
from capacity.sampling import BLOCK, generator_of, stream
from capacity.scenario import Input

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
        self._months, self._seed, self._block, self._plain = months, seed, block, plain
        self._noise = None if plain else _noise(numbers, draw, months=months, seed=seed, block=block)
        self._rise = _rises(numbers, draw, months=months, seed=seed, block=block, plain=plain)

    def level(self, drift: Floats, share: Floats, years: Sequence[float]) -> Floats:
        """Prices of each month against those of the price year: ndarray = (n_months, n_draws)."""
        level = (1 + drift) ** np.asarray(years)[:, None]
        if self._noise is not None:
            level = level * self._noise
        if self._rise is not None and share.any():
            level = level * (1 + share * self._rise)
        return np.asarray(level)

    def harvests(self, per_year: Floats) -> Floats:
        """Whole harvests that begin in each month, at random: ndarray = (n_months, n_draws)."""
        if self._plain:
            return np.broadcast_to(per_year / 12, (self._months, len(per_year)))
        chance = generator_of("access.harvests_per_year", seed=self._seed, block=self._block)
        monthly = np.zeros(BLOCK)
        monthly[: len(per_year)] = per_year / 12
        return np.stack([chance.poisson(monthly)[: len(per_year)] for _ in range(self._months)]).astype(float)


def _noise(numbers: Mapping[str, Input], draw: Draw, *, months: int, seed: int, block: int) -> Floats | None:
    """exp of the noise's running sum: ndarray = (n_months, n_draws); None where there is none."""
    spread, keeps = draw(numbers["price_noise_per_year"]), draw(numbers["price_persistence"])
    if not spread.any():
        return None
    numbers_of_year = stream("price_noise_per_year", seed=seed, block=block)
    drift, summed = np.zeros_like(spread), np.zeros_like(spread)
    noise = np.empty((months, len(spread)))
    for month in range(months):
        if month % 12 == 0:
            drift = keeps * drift + spread * numbers_of_year(1)[0, : len(spread)]
        summed = summed + drift / 12
        noise[month] = summed
    return np.exp(noise)


def _rises(
    numbers: Mapping[str, Input], draw: Draw, *, months: int, seed: int, block: int, plain: bool
) -> Floats | None:
    """How much higher shocks make prices, as a share: ndarray = (n_months, n_draws); None where none come."""
    rate, size, decay = (draw(numbers[f"price_shock.{key}"]) for key in ("per_year", "size", "decay_years"))
    if not (rate * size).any():
        return None
    chance = generator_of("price_shock", seed=seed, block=block)
    kept = np.exp(-1 / (12 * decay))
    rise, rises = np.zeros_like(rate), np.empty((months, len(rate)))
    for month in range(months):
        likely = -np.expm1(-rate / 12)
        comes = likely if plain else chance.random(BLOCK)[: len(rate)] < likely
        rise = kept * rise + size * comes
        rises[month] = rise
    return rises
