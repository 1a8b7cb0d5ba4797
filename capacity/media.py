"""What has to be bought, when: for growth, and again for what wore out."""

from __future__ import annotations

import numpy as np

from capacity.laws import Floats


def purchases(
    held: Floats, *, life: int, headroom: Floats | float = 0.0, lead: int = 0, installed: float = 0.0
) -> Floats:
    """Bought in each period: max(0, needed - there + worn out), where what is bought lasts `life` periods.

    held : ndarray = (n_periods, n_draws), at the end of each.
    headroom : bought beyond what is needed, as a share of it.
    lead : periods from the order, which is paid, to the first use; need beyond the end is that of the end.
    installed : there at the start; it wears out evenly over the first life.
    """
    needed = held[np.minimum(np.arange(len(held)) + lead, len(held) - 1)] * (1 + headroom)
    bought = np.zeros_like(needed)
    there = np.full(needed.shape[1:], installed, dtype=np.float64)
    for period, need in enumerate(needed):
        worn = bought[period - life] if period >= life else installed / life
        bought[period] = np.maximum(0.0, need - there + worn)
        there = there - worn + bought[period]
    return bought


def in_service(bought: Floats, *, life: int, installed: float = 0.0) -> Floats:
    """What is there and not worn out at the end of each period, counted from its order: as `bought`."""
    there = np.cumsum(bought, axis=0)
    there[life:] -= there[:-life].copy()
    left = installed * np.maximum(1 - (np.arange(len(bought)) + 1) / life, 0.0)
    return np.asarray(there + left.reshape(-1, *[1] * (bought.ndim - 1)))
