"""Numbers as people read them: decimal units, three figures that matter.

Reports have their own (`reports.numbers`), with thin spaces for print; a terminal and a pipe
want plain letters, and no command should import numpy to say "3 images".
"""

from __future__ import annotations

from collections.abc import Sequence

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def size(size_bytes: float) -> str:
    """Bytes with a decimal unit: 999 B, 1.23 MB."""
    scaled, unit = float(size_bytes), 0
    while scaled >= 999.5 and unit < len(_UNITS) - 1:
        scaled, unit = scaled / 1000, unit + 1
    if unit == 0:
        return f"{scaled:.0f} B"
    decimals = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{scaled:.{decimals}f} {_UNITS[unit]}"


def count(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 image, 12 images."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def money_told(amount: float) -> str:
    """An amount in cents; what is no cent is not told to be nothing."""
    return "under 0.01" if 0 < amount < 0.01 else f"{amount:,.2f}"


def table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows as lines whose columns stand under each other."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
