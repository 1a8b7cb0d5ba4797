"""`holdfast capacity backtest`: a forecast from the past, judged by what came after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson
from service.cli.statuses import DONE, NO
from service.wording import count, table

if TYPE_CHECKING:
    from capacity.backtesting import Backtest

_ROWS = 8


def backtest(
    series: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV or TSV of what was held, when.")],
    *,
    column: Annotated[str, typer.Option("--column", metavar="NAME", help="The column of what was held.")],
    cut: Annotated[
        datetime, typer.Option("--cut", formats=["%Y-%m-%d"], help="The forecast knows what lies before.")
    ],
    date_column: Annotated[
        str, typer.Option("--date-column", metavar="NAME", help="The column of days, as 2021-01-31.")
    ] = "Date",
    draws: Annotated[int, typer.Option("--draws", metavar="N", min=64, help="Futures.")] = 4096,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Same seed, same answer.")] = 0,
    as_json: AsJson = False,
) -> int:
    """Forecast a holding from its past, and score that on what came after: coverage and CRPS.

    The peer beside it is an exponential fit to the same past.

    \b
    EXAMPLES
      holdfast capacity backtest releases.tsv --column "Size (TB)" --cut 2021-01-01
    """
    from capacity.backtesting import backtest as judge
    from capacity.growth import read_series

    past = read_series(series, column=column, date_column=date_column)
    found = judge(past, cut=cut.date(), draws=draws, seed=seed)
    answer({"good": found.is_good, "backtest": found}, _lines(found), as_json=as_json)
    return DONE if found.is_good else NO


def _lines(found: Backtest) -> Iterator[str]:
    days = count(len(found.days), "day")
    yield f"Forecast from {count(found.points_before, 'value')} before {found.cut}, for {days} after."
    rows: list[tuple[str, ...]] = [("day", "p05", "p50", "p95", "came", "")]
    every = max(1, len(found.days) // _ROWS)
    for each in found.days[every - 1 :: every]:
        numbers = (f"{value:,.1f}" for value in (each.low, each.middle, each.high, each.actual))
        rows.append((str(each.day), *numbers, "" if each.is_covered else "outside"))
    yield from table(rows)
    yield f"The 90 % band held on {found.covered:.0%} of the days."
    yield f"CRPS {found.crps:,.1f}; of an exponential fit to the same past {found.exponential_crps:,.1f}."
