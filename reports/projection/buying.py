"""When a store is full, what must be bought, and when the order must be placed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Block, Column, Section, Shown, Side, Table, Words
from reports.figures.lines import Lines
from reports.figures.stack import Stack
from reports.numbers import joined, month_of_text, months_before, percent, plural, si_bytes
from reports.projection.tables import parts_table, source, worth_showing

Data = dict[str, Any]


def buying_section(scenario: Data, anchor: str) -> Section:
    """Stores that end, media that wear out."""
    return Section(
        title="When is a store full, and when must be ordered?",
        anchor=f"{anchor}-full",
        blocks=tuple(_blocks(scenario, anchor)),
    )


def _blocks(scenario: Data, anchor: str) -> Iterator[Block]:
    yield Words(text=" ".join([*full_sentences(scenario), *migration_sentences(scenario)]))
    pictures = (*_chances(scenario, anchor), *_bought(scenario, anchor))
    if pictures:
        yield Side(shown=pictures) if len(pictures) > 1 else pictures[0]
    if scenario["fills"]:
        yield _when(scenario, anchor)


def full_sentences(scenario: Data) -> Iterator[str]:
    """When each store is full, and by when more must be ordered."""
    if not scenario["fills"]:
        yield "The scenario states no end of any store: all grow with what is brought."
    for fill in scenario["fills"]:
        soon, middle, _ = fill["by"]
        if soon is None:
            chance = fill["chances"][-1]
            often = f"{percent(chance)} of the futures" if chance else "none of the futures"
            yield f"{fill['store']} ({si_bytes(fill['capacity'])}) is full within the plan in {often}."
            continue
        usual = f"in one future of two by {month_of_text(middle)}, " if middle else ""
        yield f"{fill['store']} is full {usual}in one of twenty by {month_of_text(soon)}."
        lead = _lead(scenario, fill["store"])
        if lead:
            order = months_before(soon, lead)
            yield f"To be safe the order is placed {lead} months before that: by {month_of_text(order)}."
    years = _first_purchase(scenario)
    if years:
        yield years


def _lead(scenario: Data, store: str) -> int:
    return round(scenario["purchases"]["lead_months"][scenario["stores"].index(store)] or 0)


def _first_purchase(scenario: Data) -> str:
    """What is bought for the second year, as the nearest order."""
    bought, leads = scenario["purchases"]["bought"], scenario["purchases"]["lead_months"]
    told = [
        f"{si_bytes(bought[1][n])} for {name}, {plural(round(leads[n] or 0), 'month')} ahead"
        for n, name in enumerate(scenario["stores"])
        if len(bought) > 1 and bought[1][n]
    ]
    return f"For {scenario['years'][1]} the plan buys {joined(told)} (medians)." if told else ""


def migration_sentences(scenario: Data) -> Iterator[str]:
    """When media have come of age."""
    lives = zip(scenario["stores"], scenario["purchases"]["life_years"], strict=True)
    told = [f"every {plural(round(life), 'year')} in {name}" for name, life in lives if life]
    if told:
        first = min(round(life) for life in scenario["purchases"]["life_years"] if life)
        yield f"Media are replaced {joined(told)}, first in {scenario['years'][0] + first}."
    else:
        yield "The plan owns no media: what is rented is replaced by whoever rents it out."


def _bought(scenario: Data, anchor: str) -> Iterator[Shown]:
    stores, rows = worth_showing(scenario["stores"], scenario["purchases"]["bought"])
    if not stores:
        return
    name = f"{anchor}-bought"
    yield Shown(
        picture=Stack(
            name=name,
            title="Media to buy in each year",
            description="For growth and for what has worn out, medians; "
            f"{si_bytes(sum(rows[-1]))} in the last year.",
            bars=True,
        ),
        table=parts_table(
            name,
            f"Media to buy in each year, for growth and for what has worn out, medians. {source(scenario)}",
            scenario["years"],
            stores,
            rows,
            time="year",
            kind="bytes",
        ),
    )


def _chances(scenario: Data, anchor: str) -> Iterator[Shown]:
    fills = [fill for fill in scenario["fills"] if fill["chances"][-1] > 0]
    if not fills:
        return
    name = f"{anchor}-filling"
    yield Shown(
        picture=Lines(
            name=name,
            title="Chance that a store is full",
            description="; ".join(
                f"{fill['store']} {percent(fill['chances'][-1])} at the end" for fill in fills
            ),
        ),
        table=parts_table(
            name,
            f"Chance that a store is full by the end of the month. {source(scenario)}",
            scenario["months"],
            [fill["store"] for fill in fills],
            [list(row) for row in zip(*(fill["chances"] for fill in fills), strict=True)],
            time="month",
            kind="share",
        ),
    )


def _when(scenario: Data, anchor: str) -> Table:
    return Table(
        name=f"{anchor}-full-by",
        caption="When a store is full in one future of twenty, in half, in nineteen of twenty. "
        f"{source(scenario)}",
        columns=(
            Column(heading="store"),
            Column(heading="holds at most", kind="bytes"),
            Column(heading="5 %", kind="month"),
            Column(heading="median", kind="month"),
            Column(heading="95 %", kind="month"),
            Column(heading="order by", kind="month"),
        ),
        rows=tuple(
            (
                fill["store"],
                fill["capacity"],
                *(each or "after the plan" for each in fill["by"]),
                months_before(fill["by"][0], _lead(scenario, fill["store"])) if fill["by"][0] else "",
            )
            for fill in scenario["fills"]
        ),
    )
