"""How much it will cost, for what, and with which chance more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Block, Column, Section, Shown, Side, Table, Words
from reports.figures.bars import YearBars
from reports.figures.lines import Exceedance
from reports.figures.stack import Stack
from reports.numbers import joined, money, percent
from reports.projection.tables import fan_table, parts_table, source, worth_showing

Data = dict[str, Any]


def money_section(scenario: Data, anchor: str) -> Section:
    """Year by year, what for, and how sure."""
    return Section(
        title="How much will it cost, and when is the money needed?",
        anchor=f"{anchor}-cost",
        blocks=tuple(_blocks(scenario, anchor)),
    )


def _blocks(scenario: Data, anchor: str) -> Iterator[Block]:
    yield _years(scenario, anchor)
    yield Side(shown=(*_parts(scenario, anchor), _exceedance(scenario, anchor)))
    currency = scenario["about"]["currency"]
    yield Words(
        text="Money is nominal, at the figures below with their drift and shocks. As money of the first "
        f"month, all of it is {money(scenario['present'][2], currency)} in the median."
    )
    if scenario["about"]["budget_per_year"]:
        yield _over_budget(scenario, anchor)


def _years(scenario: Data, anchor: str) -> Shown:
    about = scenario["about"]
    total = money(scenario["spent"][-1][2], about["currency"])
    name = f"{anchor}-money"
    return Shown(
        picture=YearBars(
            name=name,
            title="Cost of each year",
            description=f"Nominal, from prices of {about['price_year']} with the scenario's drift; "
            f"{total} in all (median).",
        ),
        table=fan_table(
            name,
            f"Cost of each year. {source(scenario)}",
            scenario["years"],
            scenario["cost_year"],
            time="year",
            kind="money",
            unit=about["currency"],
        ),
    )


def shares_of_money(scenario: Data) -> list[tuple[str, float]]:
    """What all the money goes into, largest first, as shares of the mean."""
    sums = [sum(row[n] for row in scenario["cost_parts"]) for n in range(len(scenario["parts"]))]
    whole = sum(sums)
    if not whole:
        return []
    named = zip(scenario["parts"], sums, strict=True)
    return sorted(((part, amount / whole) for part, amount in named if amount), key=lambda each: -each[1])


def _parts(scenario: Data, anchor: str) -> Iterator[Shown]:
    parts, rows = worth_showing(scenario["parts"], scenario["cost_parts"])
    if not parts:
        return
    told = joined([f"{percent(share)} {part}" for part, share in shares_of_money(scenario)])
    name = f"{anchor}-parts"
    yield Shown(
        picture=Stack(
            name=name,
            title="Cost by what it is spent on",
            description=f"Of all years together: {told} (means).",
            bars=True,
        ),
        table=parts_table(
            name,
            f"Cost of each year by what it is spent on, means. {source(scenario)}",
            scenario["years"],
            parts,
            rows,
            time="year",
            kind="money",
            unit=scenario["about"]["currency"],
        ),
    )


def _exceedance(scenario: Data, anchor: str) -> Shown:
    currency = scenario["about"]["currency"]
    points = list(zip(scenario["chances"], scenario["total_cost"], strict=True))
    told = joined([f"{percent(chance)} above {money(amount, currency)}" for chance, amount in points[3::16]])
    budget = scenario["about"]["budget_per_year"] * len(scenario["years"])
    name = f"{anchor}-exceeded"
    return Shown(
        picture=Exceedance(
            name=name,
            title="With which chance does it all cost more?",
            description=f"Of all futures, {told}.",
            limit=budget or None,
            limit_words="the budgets together" if budget else "",
        ),
        table=Table(
            name=name,
            caption=f"Chance that the whole plan costs more than an amount. {source(scenario)}",
            columns=(
                Column(heading="chance", kind="share"),
                Column(heading="costs more than", kind="money", unit=currency),
            ),
            rows=tuple(points),
        ),
    )


def _over_budget(scenario: Data, anchor: str) -> Table:
    budget = money(scenario["about"]["budget_per_year"], scenario["about"]["currency"])
    return Table(
        name=f"{anchor}-over-budget",
        caption=f"Chance that a year costs more than its budget of {budget}. {source(scenario)}",
        columns=(Column(heading="year", kind="year"), Column(heading="chance", kind="share")),
        rows=tuple(zip(scenario["years"], scenario["over_budget"], strict=True)),
    )
