"""Forecasting a holding from its own past, and scoring a forecast on what came after.

Holdings grow in steps and saturate: an exponential through the past misses by multiples. Each
future here continues with steps that really happened, taken in runs, from a stretch of the past
that ends at the cut; how far back that stretch goes is itself in doubt. A pace of growth also
drifts: it persists less the further ahead one looks.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from capacity.laws import Floats
from capacity.sampling import generator_of
from holdings.errors import BadInput

_DAYS_PER_MONTH = 365.25 / 12
_SHORTEST_MONTHS = 12
"""A stretch of the past is at least a year: shorter ones say nothing of a year's round."""
_RUN_MONTHS = 6
"""Steps are taken in runs of about so many months, because they come in bursts."""
_FADE_MONTHS = 60.0
"""How long a pace is believed to last before it is as likely to have changed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """What was held, when: cumulative, in one unit."""

    days: tuple[date, ...]
    """Ascending."""
    values: tuple[float, ...]


def read_series(path: Path, *, column: str, date_column: str) -> Series:
    """Two columns of a CSV or TSV file; rows without a value are left out.

    Raises BadInput for what cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ","))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None
    for name in (column, date_column):
        if not rows or name not in rows[0]:
            there = ", ".join(rows[0]) if rows else "none"
            raise BadInput(f"{path} has no column '{name}'; its columns are: {there}.")
    try:
        found = sorted(
            (date.fromisoformat(row[date_column]), float(row[column])) for row in rows if row[column]
        )
    except ValueError as error:
        raise BadInput(f"{path}: a row is no date or no number: {error}.") from None
    latest = dict(found)  # of several rows of one day the largest is the last
    return Series(days=tuple(latest), values=tuple(latest.values()))


def _months(days: tuple[date, ...], origin: date) -> Floats:
    return np.array([(day - origin).days / _DAYS_PER_MONTH for day in days])


def forecast(past: Series, ahead: tuple[date, ...], *, draws: int, seed: int) -> Floats:
    """Futures of a series at the days `ahead`: ndarray = (n_days, n_draws).

    Each draw looks back over a stretch of its own and continues with runs of that stretch's
    monthly steps, scaled by a pace that wanders off as a random walk.
    """
    if len(past.days) < 3 or past.days[-1] <= past.days[0]:
        raise BadInput("A forecast takes three dated values or more before the cut.")
    at = _months(past.days, past.days[0])
    grid = np.arange(0, np.floor(at[-1]) + 1)
    steps = np.diff(np.interp(grid + (at[-1] - grid[-1]), at, past.values))
    horizon = int(np.ceil(_months(ahead, past.days[-1]).max())) + 1
    chance = generator_of("growth", seed=seed, block=0)
    longest = len(steps)
    stretch = chance.integers(min(_SHORTEST_MONTHS, longest), longest + 1, draws)
    pace = _mean_pace(steps, stretch, chance) * np.exp(_pace_walk(horizon, draws, chance))
    blur, burst = _blur(steps), np.ones(draws)
    grown = np.zeros((horizon + 1, draws))
    position = np.zeros(draws, dtype=np.int64)
    for month in range(horizon):
        # A run ends at random, and another begins anywhere in the stretch.
        ends = (chance.random(draws) < 1 / _RUN_MONTHS) | (position >= longest) | (month == 0)
        position = np.where(ends, longest - 1 - chance.integers(0, stretch), position)
        burst = np.where(ends, np.exp(blur * chance.standard_normal(draws) - blur**2 / 2), burst)
        grown[month + 1] = grown[month] + steps[position] * pace[month] * burst
        position = position + 1
    days = _months(ahead, past.days[-1])
    low = np.floor(days).astype(int)
    part = (days - low)[:, None]
    return np.asarray(past.values[-1] + grown[low] * (1 - part) + grown[low + 1] * part)


def _blur(steps: Floats) -> float:
    """How far a run may lie from those that were seen: Silverman's bandwidth of their logarithms.

    Without it no future holds a larger step than the past did, and records do fall.
    """
    runs = np.convolve(steps, np.ones(min(_RUN_MONTHS, len(steps))), mode="valid")
    logs = np.log(runs[runs > 0])
    apart = max(1.0, len(steps) / _RUN_MONTHS)
    return float(1.06 * np.std(logs) * apart**-0.2) if len(logs) > 1 else 0.0


def _mean_pace(steps: Floats, stretch: NDArray[np.int64], chance: np.random.Generator) -> Floats:
    """What the true pace may be, against that of the stretch: few bursts in it tell little of their mean.

    A factor of mean 1, whose relative error is that of a mean of so many runs: ndarray = (n_draws,).
    """
    runs = np.convolve(steps, np.ones(min(_RUN_MONTHS, len(steps))), mode="valid")
    variation = float(np.std(runs) / np.mean(runs)) if np.mean(runs) > 0 else 0.0
    variance = np.log1p(variation**2 * _RUN_MONTHS / stretch)
    return np.asarray(np.exp(np.sqrt(variance) * chance.standard_normal(len(stretch)) - variance / 2))


def _pace_walk(horizon: int, draws: int, chance: np.random.Generator) -> Floats:
    """The logarithm of the pace against the past's: a walk of mean pace 1, as wide as 50 % after its fade."""
    width = 0.5 / np.sqrt(_FADE_MONTHS)
    walk = np.cumsum(width * chance.standard_normal((horizon, draws)), axis=0)
    months = np.arange(1, horizon + 1)[:, None]
    return np.asarray(walk - width**2 * months / 2)


def exponential_fit(past: Series, ahead: tuple[date, ...], *, draws: int, seed: int) -> Floats:
    """The obvious peer: a line through the logarithms, with its residuals as doubt.

    Returns ndarray = (n_days, n_draws).
    """
    at, logs = _months(past.days, past.days[0]), np.log(past.values)
    slope, start = np.polyfit(at, logs, 1)
    spread = float(np.std(logs - (start + slope * at), ddof=2))
    chance = generator_of("exponential", seed=seed, block=0)
    middle = start + slope * _months(ahead, past.days[0])
    return np.asarray(np.exp(middle[:, None] + spread * chance.standard_normal((len(ahead), draws))))


def crps(draws: Floats, actual: float) -> float:
    """The continuous ranked probability score of one forecast: the smaller the better, in the value's unit.

    E|X - y| - E|X - X'| / 2, from the sorted draws. Source: Gneiting and Raftery 2007.
    """
    ranked = np.sort(draws)
    n = len(ranked)
    spread = float(np.sum((2 * np.arange(1, n + 1) - n - 1) * ranked)) / (n * n)
    return float(np.mean(np.abs(ranked - actual)) - spread)
