"""`holdfast capacity check`: what a scenario rests on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.capacity import house_if_any
from service.cli.options import AsJson, SettingsFile
from service.cli.statuses import DONE, NO
from service.wording import count

if TYPE_CHECKING:
    from capacity.checking import Checked


def check(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario, a TOML file.")],
    *,
    stale: Annotated[
        float, typer.Option("--stale", metavar="YEARS", min=0, help="From when on a number is old.")
    ] = 3.0,
    picture: Annotated[
        bool, typer.Option("--picture", help="Only draw what hangs on what, as a flow chart in Mermaid.")
    ] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """List what is wrong with a scenario, what in it is old or has no source, and what hangs on what.

    What is wrong ends with status 2, as everywhere; numbers that are old or without a source
    end with 1.

    \b
    EXAMPLES
      holdfast capacity check scenario.toml
      holdfast capacity check europe-dissco --stale 5
      holdfast capacity check europe-dissco --picture > europe.mmd
    """
    from datetime import UTC, datetime

    from capacity.checking import check as look
    from capacity.scenario_reading import read_scenario

    with house_if_any(settings) as house:
        read = read_scenario(scenario, house=house)
        today = (house.clock.now() if house else datetime.now(UTC)).date()
    if picture:
        from capacity.picturing import flow_chart

        chart = flow_chart(read)
        answer({"picture": chart}, chart.split("\n"), as_json=as_json)
        return DONE
    found = look(read, today=today, stale_years=stale)
    answer({"check": found}, _lines(found), as_json=as_json)
    return NO if found.unsourced or found.stale else DONE


def _lines(found: Checked) -> Iterator[str]:
    yield (
        f"{found.title}: {count(found.numbers, 'number')}, {found.uncertain} of them in doubt, "
        f"{found.assumed} estimated with the reason, {len(found.unsourced)} without a source."
    )
    yield "What hangs on what:"
    yield from (f"  {line}" for line in found.picture)
    for concern in (*found.unsourced, *found.stale):
        yield f"{concern.name} = {concern.written} {concern.because}."
    if found.ceilings:
        yield f"The forecast takes as wide enough for each month: {', '.join(found.ceilings)}."
    if not found.unsourced and not found.stale:
        yield "Nothing is old, and everything has a source."
