"""Sizes and durations as people write them: `256 MiB`, `1 GB`, `30 s`."""

from __future__ import annotations

import re
from decimal import Decimal

_QUANTITY = re.compile(r"^(\d{1,18}(?:\.\d{1,9})?) ?([A-Za-z]+)$", re.ASCII)
_BYTES = {"B": 1} | {
    unit: base**power
    for base, units in ((1000, ("kB", "MB", "GB", "TB", "PB")), (1024, ("KiB", "MiB", "GiB", "TiB", "PiB")))
    for power, unit in enumerate(units, start=1)
}
_SECONDS = {
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86400),
}


def parse_size(value: object) -> int:
    """Bytes, from a whole number of bytes or a text such as `256 MiB` (1 TB is 10**12, 1 TiB is 2**40).

    Raises ValueError saying what is allowed.
    """
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    amount = _amount(value, {unit: Decimal(factor) for unit, factor in _BYTES.items()})
    if amount is None or amount != int(amount):
        raise ValueError(
            f"a size is a whole number of bytes or a text such as '256 MiB' ({', '.join(_BYTES)})"
        )
    return int(amount)


def parse_duration(value: object) -> float:
    """Seconds, from a number of them or a text such as `30 s`. Raises ValueError saying what is allowed."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return float(value)
    amount = _amount(value, _SECONDS)
    if amount is None:
        raise ValueError(
            f"a duration is a number of seconds or a text such as '30 s' ({', '.join(_SECONDS)})"
        )
    return float(amount)


def _amount(value: object, units: dict[str, Decimal]) -> Decimal | None:
    match = _QUANTITY.match(value) if isinstance(value, str) else None
    return Decimal(match[1]) * units[match[2]] if match and match[2] in units else None
