"""What a line carries."""

from __future__ import annotations

from holdings.errors import BadInput

SECONDS_PER_DAY = 86_400
BITS_PER_BYTE = 8


def terabytes_per_day(*, gbit_per_s: float) -> float:
    """Decimal TB that a line of `gbit_per_s` (10^9 bits) carries in a day: 10.8 for 1 Gbit/s."""
    if gbit_per_s < 0:
        raise BadInput(f"gbit_per_s is {gbit_per_s}; a line carries zero or more.")
    return gbit_per_s * 1e9 / BITS_PER_BYTE * SECONDS_PER_DAY / 1e12
