"""What a person may write for a number in a scenario, and the law that it means.

| written | meaning |
|---|---|
| `4000`, `"2 %"`, `"40 MB"` | that value, without doubt |
| `"5 to 9"`, `"30 to 60 MB"` | 90 % of the weight between the two |
| `{ p10 = …, p50 = …, p90 = … }` | through the three percentiles |
| `{ low = …, mode = …, high = … }` | triangular |

Amounts that cannot be negative become lognormal, rates become normal. A TB is 10**12 bytes
and a TiB 2**40: neither is taken for the other. A number without a unit that can hardly be
meant, 40 bytes for an image or growth by 5 (which is 500 %), is asked for its unit. What a unit
is worth is pint's to say, here at the door and nowhere else; past it are plain floats.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from capacity.laws import Law, Lognormal, Normal, Point, Triangular
from holdings.settings.problems import nearest

_AMOUNT = re.compile(r"^\s*([-+]?[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z%][A-Za-z/]*)?\s*$")
_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB")
_LARGEST = 1e18
"""An exabyte, or more objects than there will ever be; sums of such still fit a float."""
_BINARY = ("KiB", "MiB", "GiB", "TiB", "PiB")
_DEFINITIONS = (
    "B = [information]", "kB = 1e3 B", "MB = 1e6 B", "GB = 1e9 B", "TB = 1e12 B", "PB = 1e15 B",
    "KiB = 1024 B", "MiB = 1024 KiB", "GiB = 1024 MiB", "TiB = 1024 GiB", "PiB = 1024 TiB",
    "bit = 0.125 B", "Mbit = 1e6 bit", "Gbit = 1e9 bit", "s = [time]",
    "px = [pixel]", "MP = 1e6 px", "GP = 1e9 px", "percent = 0.01",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Unit:
    """What a number is counted in."""

    name: str
    suffixes: tuple[str, ...]
    """What may stand behind the number."""
    base: str = ""
    """What pint converts them to; empty for a plain number."""
    signed: bool = False
    needs_suffix: bool = False
    """Whether a number in quotes without a unit is refused: 40 what?"""
    bare: tuple[float, float] = (-math.inf, math.inf)
    """Between which sizes a number without a unit can be meant; zero always can."""


BYTES = Unit(name="bytes", suffixes=_DECIMAL + _BINARY, base="B", needs_suffix=True, bare=(1000, math.inf))
COUNT = Unit(name="", suffixes=())
FACTOR = Unit(name="factor", suffixes=("%",))
RATE = Unit(name="per year", suffixes=("%",), signed=True, bare=(0, 1))
PIXELS = Unit(name="pixels", suffixes=("MP", "GP"), base="px", bare=(1000, math.inf))
LINE = Unit(name="Gbit/s", suffixes=("Gbit/s", "Mbit/s"), base="Gbit/s", needs_suffix=True)
FLOW = Unit(name="bytes per second", suffixes=("MB/s", "GB/s"), base="B/s", needs_suffix=True)


@cache
def _worth(suffix: str, base: str) -> float:
    """What one `suffix` is in `base`."""
    import pint  # noqa: PLC0415  # half a second, and a scenario without units needs none of it

    units: Any = pint.UnitRegistry(
        None
    )  # without pint's own thousand units: ours are the ones that are allowed
    for definition in _DEFINITIONS:
        units.define(definition)
    quantity = units.Quantity(1, "percent" if suffix == "%" else suffix)
    return float(quantity.to(base).magnitude if base else quantity.to_base_units().magnitude)


def parse_amount(written: object, unit: Unit, *, borrowed: str = "") -> float:
    """One amount, as written: a number or text with a unit.

    borrowed : the suffix to take where the text has none (of the other end of an interval).

    Raises ValueError with a clause for people.
    """
    if isinstance(written, bool) or not isinstance(written, int | float | str):
        raise ValueError(f"{written!r} is not a number")
    value, suffix = _split(written)
    suffix = suffix or borrowed
    if isinstance(written, str) and unit.needs_suffix and not suffix:
        raise ValueError(f"'{written}' lacks a unit; write for example '{written.strip()} MB'")
    if math.isfinite(value) and value and not suffix and not unit.bare[0] <= abs(value) <= unit.bare[1]:
        example = "MB" if unit.needs_suffix else "%"
        raise ValueError(f"{written} lacks a unit; write for example '{written} {example}'")
    if suffix and suffix not in unit.suffixes:
        raise ValueError(f"'{suffix}' in '{written}' is no unit here" + _allowed(suffix, unit))
    amount = value * _worth(suffix, unit.base) if suffix else value
    if not math.isfinite(amount) or (amount < 0 and not unit.signed):
        raise ValueError(f"{written!r} must be a finite number{'' if unit.signed else ', not below zero'}")
    if abs(amount) > _LARGEST:
        raise ValueError(f"{written!r} is more than {_LARGEST:.0e}, and nothing here is")
    return amount


def _split(written: float | str) -> tuple[float, str]:
    if not isinstance(written, str):
        return float(written), ""
    match = _AMOUNT.match(written)
    if not match:
        raise ValueError(f"'{written}' is not a number with a unit")
    return float(match[1].replace("_", "")), match[2] or ""


def _allowed(suffix: str, unit: Unit) -> str:
    return nearest(suffix, unit.suffixes) if unit.suffixes else "; write the number alone"


def parse_law(written: object, unit: Unit) -> Law:
    """The law that `written` means (the table above). Raises ValueError with a clause for people."""
    if isinstance(written, dict):
        return _from_table(written, unit)
    if isinstance(written, str) and " to " in written:
        return _from_interval(written, unit)
    return Point(parse_amount(written, unit))


def _from_interval(written: str, unit: Unit) -> Law:
    left, _, right = written.partition(" to ")
    suffix = _split(right)[1]
    low, high = parse_amount(left, unit, borrowed=suffix), parse_amount(right, unit)
    if low > high:
        raise ValueError(f"'{written}' runs downwards; write the smaller end first")
    if unit.signed:
        return Normal.from_interval(low, high)
    if low == 0:
        raise ValueError(f"'{written}' begins at zero, which no lognormal reaches; use low, mode and high")
    return Lognormal.from_interval(low, high)


def _percentiles(values: Mapping[str, float], unit: Unit) -> Law:
    p10, p50, p90 = values["p10"], values["p50"], values["p90"]
    if unit.signed:
        return Normal.from_percentiles(p10, p50, p90)
    if p10 == 0:
        raise ValueError("p10 is zero, which no lognormal reaches; use low, mode and high")
    return Lognormal.from_percentiles(p10, p50, p90)


def _triangle(values: Mapping[str, float], _: Unit) -> Law:
    return Triangular(values["low"], values["mode"], values["high"])


_SHAPES: dict[tuple[str, str, str], Callable[[Mapping[str, float], Unit], Law]] = {
    ("p10", "p50", "p90"): _percentiles,
    ("low", "mode", "high"): _triangle,
}


def _from_table(written: dict[str, Any], unit: Unit) -> Law:
    for names, make in _SHAPES.items():
        if set(written) == set(names):
            values = {name: parse_amount(written[name], unit) for name in names}
            for first, second in pairwise(names):
                if values[first] > values[second]:
                    raise ValueError(f"{first} ({written[first]}) is above {second} ({written[second]})")
            return make(values, unit)
    known = [name for names in _SHAPES for name in names]
    strange = [name for name in written if name not in known]
    about = (
        f"'{strange[0]}' is not known{nearest(strange[0], [*known, 'value', 'from'])}; " if strange else ""
    )
    raise ValueError(f"{about}a table takes p10, p50 and p90, or low, mode and high")
