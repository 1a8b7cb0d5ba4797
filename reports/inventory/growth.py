"""What came, month by month or year by year."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reports.document import Block, Cell, Column, Folded, Shown, Side, Table
from reports.figures.months import TimeBars
from reports.numbers import count, si_bytes

Data = dict[str, Any]
_MONTHS = 48


def growth_blocks(data: Data) -> Iterable[Block]:
    """What came in each month, or in each year where there are many."""
    growth = data["growth"]
    if not growth:
        return
    months = _every_month(growth)
    by_year = len(months) > _MONTHS
    rows = _by_year(growth) if by_year else months
    table = _growth_table(data, "growth", rows, by_year=by_year)
    each = "year" if by_year else "month"
    yield Side(
        shown=(
            Shown(
                picture=TimeBars(
                    name="growth",
                    title=f"Bytes deposited in each {each}, one copy",
                    description=f"In all {si_bytes(sum(row['bytes'] for row in growth))}.",
                    value=1,
                ),
                table=table,
            ),
            Shown(
                picture=TimeBars(
                    name="growth-images",
                    title=f"Images deposited in each {each}",
                    description=f"In all {count(sum(row['images'] for row in growth))}.",
                    value=2,
                ),
                table=_growth_table(data, "growth-images", rows, by_year=by_year),
            ),
        )
    )
    if by_year:
        monthly = _growth_table(data, "growth-months", months, by_year=False)
        yield Folded(title="The same month by month", content=monthly)


def _growth_table(data: Data, name: str, rows: list[tuple[Cell, ...]], *, by_year: bool) -> Table:
    return Table(
        name=name,
        caption=f"Deposits by the date of their bags. Source: catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="year", kind="year") if by_year else Column(heading="month", kind="month"),
            Column(heading="bytes deposited", kind="bytes"),
            Column(heading="images", kind="count"),
            Column(heading="packages", kind="count"),
            Column(heading="bytes since the first", kind="bytes"),
        ),
        rows=tuple(rows),
    )


def _every_month(growth: list[Data]) -> list[tuple[Cell, ...]]:
    """From the first to the last, those that brought nothing too."""
    known = {each["month"]: each for each in growth}
    first, last = (
        int(month[:4]) * 12 + int(month[5:]) - 1 for month in (growth[0]["month"], growth[-1]["month"])
    )
    rows: list[tuple[Cell, ...]] = []
    total = 0
    for number in range(first, last + 1):
        month = f"{number // 12:04}-{number % 12 + 1:02}"
        each = known.get(month, {"bytes": 0, "images": 0, "packages": 0})
        total += each["bytes"]
        rows.append((month, each["bytes"], each["images"], each["packages"], total))
    return rows


def _by_year(growth: list[Data]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    total = 0
    for year in range(int(growth[0]["month"][:4]), int(growth[-1]["month"][:4]) + 1):
        parts = [each for each in growth if each["month"][:4] == f"{year:04}"]
        size, images, packages = (sum(each[key] for each in parts) for key in ("bytes", "images", "packages"))
        total += size
        rows.append((year, size, images, packages, total))
    return rows
