"""How numbers look in every report: one place, so that two pages never disagree.

Bytes are decimal (1 TB is 10**12). A no-break space stands between a number and its unit.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import numpy as np

from reports.document import Cell, Column

_NB = "\N{NO-BREAK SPACE}"
_THIN = "\N{NARROW NO-BREAK SPACE}"
_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")  # fmt: skip


def unit_of(size_bytes: float) -> tuple[float, str]:
    """The decimal unit in which a size is read most easily, as (bytes in one, name)."""
    power = 0
    # 999.5 kB would round to 1,000 kB: take the next unit from there.
    while abs(size_bytes) >= 999.5 * 1000**power and power < len(_UNITS) - 1:
        power += 1
    return 1000.0**power, _UNITS[power]


def si_bytes(size_bytes: float) -> str:
    """A size with three figures: `35.1 TB`."""
    factor, unit = unit_of(size_bytes)
    return f"{three(size_bytes / factor)}{_NB}{unit}"


def three(value: float) -> str:
    """Three figures without an exponent: 0.123, 1.23, 12.3, 123, 1 230."""
    if value == 0:
        return "0"
    if abs(value) >= 1000:
        return count(_three_figures(value))
    digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
    rounded = round(value, digits)
    if digits and abs(rounded) >= 10 ** (3 - digits):
        digits -= 1  # 9.996 has become 10.0
    return f"{round(value, digits):,.{digits}f}".replace(",", _THIN)


def tick(value: float) -> str:
    """A mark of an axis: as short as it is exact."""
    return f"{value:,.10g}".replace(",", _THIN)


def count(value: float) -> str:
    """A whole number, in groups of three: `12 000 000`."""
    return f"{round(value):,}".replace(",", _THIN)


def rough_count(value: float) -> str:
    """A number of things that nobody counts to the last: `12.0 million`."""
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{three(value / size)}{_NB}{word}"
    return count(_three_figures(value))


def _three_figures(value: float) -> float:
    """Rounded, where it has more than three figures before the point."""
    digits = int(np.floor(np.log10(abs(value)))) - 2 if value else 0
    return round(value, -digits) if digits > 0 else value


def money(amount: float, currency: str) -> str:
    """An amount with its currency: cents below a hundred, three figures above a thousand."""
    return f"{_amount(amount)}{_NB}{currency}"


def _amount(amount: float) -> str:
    if abs(amount) >= 1e6:
        return f"{three(amount / 1e6)}{_NB}million"
    if abs(amount) >= 1000:
        return count(_three_figures(amount))
    if 0 < amount < 0.005:
        return "under 0.01"
    if -0.005 < amount < 0:
        return "over -0.01"
    return f"{amount:.2f}" if abs(amount) < 100 else f"{amount:.0f}"


def month(day: date | datetime | np.datetime64) -> str:
    """`December 2036`."""
    day = _day(day)
    return f"{_MONTHS[day.month - 1]} {day.year}"


def day_of(moment: datetime) -> str:
    """`22 November 2026`."""
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def month_of_text(text: str) -> str:
    """`December 2036`, of `2036-12`."""
    return month(date.fromisoformat(f"{text}-01"))


def months_before(text: str, months: int) -> str:
    """`2036-06` for `2036-12` and six months."""
    return str(np.datetime64(text, "M") - months)


def day_of_text(moment: str) -> str:
    """`22 November 2026`, of text that begins with the date as ISO 8601 has it."""
    return day_of(datetime.fromisoformat(moment[:10]))


def _day(day: date | datetime | np.datetime64) -> date:
    return day.astype("datetime64[D]").item() if isinstance(day, np.datetime64) else day


def percent(share: float) -> str:
    """`43 %`."""
    return f"{share * 100:.0f}{_NB}%"


def chance_in(share: float) -> str:
    """`one in 63 000`, or per cent where it is not small."""
    if share <= 0:
        return "none"
    return percent(share) if share > 0.05 else f"one in {rough_count(1 / share)}"


def tonnes(kg_co2e: float) -> str:
    """`9 590 t CO2e`; kilograms where it is little."""
    if kg_co2e < 1000:
        return f"{three(kg_co2e)}{_NB}kg{_NB}CO2e"
    return f"{three(kg_co2e / 1000)}{_NB}t{_NB}CO2e"


def signed(value: float, as_told: Callable[[float], str]) -> str:
    """`12.3 PB more`, `12.3 PB less`, or `the same`."""
    if value == 0:
        return "the same"
    return f"{as_told(abs(value))} {'more' if value > 0 else 'less'}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """`1 package`, `2 packages`."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


def joined(words: list[str]) -> str:
    """`a, b and c`."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def told(value: Cell, column: Column) -> str:
    """A table's raw value as people read it; the heading has the unit of a `number`."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if column.kind == "money":
        return money(value, column.unit)
    return _TOLD[column.kind](value)


def headed(column: Column) -> str:
    """A column's heading with its unit, where the cells do not say it."""
    return f"{column.heading}, {column.unit}" if column.kind == "number" and column.unit else column.heading


_TOLD: dict[str, Callable[[float], str]] = {
    "bytes": si_bytes,
    "count": count,
    "about": rough_count,
    "number": three,
    "share": percent,
    "year": str,
    "text": str,
}
