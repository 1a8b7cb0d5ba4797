"""`holdfast capacity optimise`: the cheapest policy that loses little enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.capacity import house_if_any
from service.cli.capacity_words import amount
from service.cli.options import AsJson, SettingsFile
from service.cli.statuses import DONE, NO
from service.wording import count, table

if TYPE_CHECKING:
    from capacity.optimising import Candidate, Optimum


def optimise(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario, a TOML file.")],
    *,
    most_lost: Annotated[
        float,
        typer.Option(
            "--most-lost", metavar="OBJECTS", min=0, help="Expected to be lost over the plan, at most."
        ),
    ],
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="MONEY", min=0, help="What 95 % of the futures may cost at most."),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", metavar="N", min=16, help="Futures of each.")] = 256,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Same seed, same answer.")] = 0,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Try every number of copies in every tier, made at once or later, and name the cheapest.

    Nothing is guessed: each candidate runs through the whole model with the same random numbers.
    The answer is no (1) where none keeps both limits.

    \b
    EXAMPLES
      holdfast capacity optimise one-herbarium --most-lost 10
      holdfast capacity optimise scenario.toml --most-lost 1 --budget 500000
    """
    from capacity.optimising import optimise as enumerate_policies
    from capacity.scenario_reading import read_scenario

    with house_if_any(settings) as house:
        read = read_scenario(scenario, house=house)
    found = enumerate_policies(read, most_lost=most_lost, budget=budget, draws=draws, seed=seed)
    answer({"optimum": found}, _lines(found, read.currency), as_json=as_json)
    return DONE if found.best else NO


def _lines(found: Optimum, currency: str) -> Iterator[str]:
    frontier = [each for each in found.candidates if each.is_on_frontier]
    tried = count(len(found.candidates), "policy", "policies")
    yield f"{tried} tried; nothing is both cheaper and safer than these:"
    rows: list[tuple[str, ...]] = [("copies", "after", "cost", "cost p95", "lost", "carbon", "")]
    rows += [_row(each, currency, is_best=each == found.best) for each in frontier]
    yield from table(rows)
    if found.best is None:
        yield "None of them keeps the limits."
    else:
        age = count(found.best.after_days, "day")
        yield f"Cheapest within the limits: {_copies(found.best)}, after {age}."


def _copies(each: Candidate) -> str:
    return ", ".join(f"{n} in {tier}" for tier, n in each.copies)


def _row(each: Candidate, currency: str, *, is_best: bool) -> tuple[str, ...]:
    return (
        _copies(each),
        f"{each.after_days} days",
        amount(each.cost, "money", currency),
        amount(each.cost_p95, "money", currency),
        amount(each.objects_lost, "objects"),
        amount(each.carbon, "kg"),
        "<- cheapest within the limits" if is_best else "",
    )
