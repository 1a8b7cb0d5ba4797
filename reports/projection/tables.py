"""Tables of one projection: quantiles over time, with where they come from in the caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.document import Cell, Column, Kind, Table

QUANTILE_NAMES = ("5 %", "25 %", "median", "75 %", "95 %")
Data = dict[str, Any]


def source(scenario: Data) -> str:
    """Where every number of a projection comes from."""
    about = scenario["about"]
    return f"Source: {about['draws']} draws, seed {about['seed']}, hash {about['draws_sha256'][:12]}."


def fan_table(
    name: str,
    caption: str,
    times: Sequence[Cell],
    fan: Sequence[Sequence[float]],
    *,
    time: Kind,
    kind: Kind,
    unit: str = "",
    actual: Sequence[Cell] | None = None,
    actual_words: str = "really come",
) -> Table:
    """Five quantiles at each point of time, and perhaps what really came."""
    columns = (
        Column(heading=time, kind=time),
        *(Column(heading=each, kind=kind, unit=unit) for each in QUANTILE_NAMES),
    )
    if actual is None:
        rows = tuple((at, *row) for at, row in zip(times, fan, strict=True))
        return Table(name=name, caption=caption, columns=columns, rows=rows)
    return Table(
        name=name,
        caption=caption,
        columns=(*columns, Column(heading=actual_words, kind=kind, unit=unit)),
        rows=tuple((at, *row, come) for at, row, come in zip(times, fan, actual, strict=True)),
    )


def parts_table(
    name: str,
    caption: str,
    times: Sequence[Cell],
    parts: Sequence[str],
    rows: Sequence[Sequence[float]],
    *,
    time: Kind,
    kind: Kind,
    unit: str = "",
) -> Table:
    """One column for each part, one row for each point of time."""
    return Table(
        name=name,
        caption=caption,
        columns=(
            Column(heading=time, kind=time),
            *(Column(heading=part, kind=kind, unit=unit) for part in parts),
        ),
        rows=tuple((at, *row) for at, row in zip(times, rows, strict=True)),
    )


def worth_showing(
    names: Sequence[str], rows: Sequence[Sequence[float]]
) -> tuple[list[str], list[list[float]]]:
    """The parts that are anything at all."""
    kept = [n for n in range(len(names)) if any(row[n] for row in rows)]
    return [names[n] for n in kept], [[row[n] for n in kept] for row in rows]
