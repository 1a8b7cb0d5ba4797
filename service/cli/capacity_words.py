"""How the capacity commands write a number of any unit."""

from __future__ import annotations

from service.wording import size


def amount(value: float, unit: str, currency: str = "") -> str:
    """A number of the unit `bytes`, `money`, `kg` or `objects` as people read it."""
    if unit == "bytes":
        return f"-{size(-value)}" if value < 0 else size(value)
    if unit == "money":
        return f"{value:,.0f} {currency}"
    if unit == "kg":
        return f"{value / 1000:,.1f} t CO2e"
    return f"{value:,.3g} objects"
