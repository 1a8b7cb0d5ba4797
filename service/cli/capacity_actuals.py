"""`holdfast capacity actuals`: what really happened, against a plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.capacity_words import amount
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO
from service.wording import count, size, table

if TYPE_CHECKING:
    from capacity.weighing import Weighed


def actuals(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="What capacity run -o kept.")],
    *,
    invoices: Annotated[
        Path | None,
        typer.Option("--invoices", metavar="CSV", help="Columns month (2027-03), store, amount."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Hold the catalogue (and invoices) against a plan, and say what is to be expected now.

    Futures that said what came count more. The answer is no (1) where something came outside
    the plan's 90 % band.

    \b
    EXAMPLES
      holdfast capacity actuals projection.zarr
      holdfast capacity actuals projection.zarr --invoices invoices.csv
    """
    from datetime import UTC, datetime

    from capacity.actuals import actuals as held
    from capacity.results import open_result
    from capacity.weighing import read_invoices, weigh

    ds = open_result(result)
    begins = datetime.fromisoformat(str(ds["month"].values[0])).replace(tzinfo=UTC)
    with open_here(settings) as house:
        found = weigh(ds, held(house, made_since=begins), read_invoices(invoices) if invoices else ())
    answer({"actuals": found}, _lines(found, ds.attrs["currency"]), as_json=as_json)
    return NO if any(each.where != "within" for each in found.seen) else DONE


def _lines(found: Weighed, currency: str) -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("month", "store", "what", "came", "p05", "p50", "p95", "")]
    for each in found.seen:
        unit = "bytes" if each.what == "bytes held" else "money"
        numbers = (amount(value, unit, currency) for value in (each.actual, each.low, each.middle, each.high))
        rows.append((f"{each.month:%Y-%m}", each.store, each.what, *numbers, each.where))
    yield from table(rows)
    held = [size(value) for value in (*found.held_before, *found.held_after)]
    yield f"Held at the end: {_before_and_after(held)}."
    cost = [amount(value, "money", currency) for value in (*found.cost_before, *found.cost_after)]
    yield f"Cost until the end: {_before_and_after(cost)}."
    yield f"The draws are now worth {count(round(found.effective_draws), 'draw')}."


def _before_and_after(told: list[str]) -> str:
    """Of 5, 50 and 95 % as planned, and the same after what happened."""
    return f"{told[1]} ({told[0]} to {told[2]}) as planned; after this {told[4]} ({told[3]} to {told[5]})"
