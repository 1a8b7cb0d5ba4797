"""How many objects each month brings: what people state, or what lines at institutions do.

Institutions are taken in the order of their names, whatever the order of the file, and each has
random numbers of its own name: so listing them otherwise changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from capacity.cohorts import objects_made
from capacity.laws import Floats
from capacity.sampling import stream
from capacity.scenario import Input, Institution, Line, ObjectType, Ramp

Draw = Callable[[Input], Floats]
"""The values of an input in each draw of a block: ndarray = (n_draws,)."""


def objects_of_lines(
    lines: Sequence[Line],
    institutions: Sequence[Institution],
    *,
    spans: Sequence[range],
    draws: int,
    draw: Draw,
    seed: int,
    block: int,
) -> Iterator[dict[str, Floats]]:
    """Objects of each type and month, span after span: ndarray = (n_months, n_draws) by the name of the type.

    spans : the months of each, one after the other; they begin with a year of the plan.
    """
    by_name = {line.name: line for line in lines}
    numbers = {
        each.name: stream(f"institutions.{each.name}", seed=seed, block=block) for each in institutions
    }
    for months in spans:
        made = {line.object_type: np.zeros((len(months), draws)) for line in lines}
        for each in sorted(institutions, key=lambda institution: institution.name):
            activity = _activity(each, months=months, draws=draws, draw=draw, numbers=numbers[each.name])
            for name, count in each.lines:
                line = by_name[name]
                per_day, days, uptime = (draw(item) for item in line.inputs)
                made[line.object_type] += activity * (draw(count) * per_day * days * uptime / 12)
        yield made


def _activity(
    each: Institution, *, months: range, draws: int, draw: Draw, numbers: Callable[[int], Floats]
) -> Floats:
    """How many of these institutions' worth of lines run in each month: ndarray = (n_months, n_draws).

    numbers : gives the next rows of the institution's own random numbers, one lot for each year.
    """
    since = np.maximum(np.asarray(months) - each.first_month, 0)
    risen = np.ones((len(months), draws)) if each.ramp is None else _risen(each.ramp, since / 12, draw)
    risen[: max(each.first_month - months.start, 0)] = 0.0
    if not each.year_spread:
        risen *= each.count
        return risen
    for year in range(-(-len(months) // 12)):
        factor = np.exp(each.year_spread * numbers(each.count)[:, :draws] - each.year_spread**2 / 2)
        risen[12 * year : 12 * year + 12] *= factor.sum(axis=0)
    return risen


def _risen(ramp: Ramp, years: Floats, draw: Draw) -> Floats:
    """The share of its lines that run: start_share at first, all of them in the end, never falling."""
    start, midpoint, width = (draw(item) for item in ramp.inputs)
    at_first = 1 / (1 + np.exp(midpoint / width))
    logistic = 1 / (1 + np.exp((midpoint - years[:, None]) / width))
    start = np.minimum(start, 1.0)
    return np.asarray(start + (1 - start) * (logistic - at_first) / (1 - at_first))


def objects_of(
    kind: ObjectType, by_lines: Floats | None, *, months: range, draw: Draw, before: Floats
) -> Floats:
    """Objects of one type in each month, never more than there are: ndarray = (n_months, n_draws).

    before : ndarray = (n_draws,), what would have been made so far if there were enough; brought up to date.
    """
    made = by_lines
    if made is None or kind.objects_per_month.written:
        stated = objects_made(draw(kind.objects_per_month), draw(kind.growth_per_year), months)
        made = stated if made is None else stated + made
    there_are = draw(kind.objects_at_most)
    if not there_are.any():
        return made
    limit = np.where(there_are > 0, there_are, np.inf)
    so_far = np.cumsum(np.concatenate([before[None], made]), axis=0)
    before[...] = so_far[-1]
    return np.diff(np.minimum(so_far, limit), axis=0)
