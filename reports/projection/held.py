"""How much will be held, and where it will lie."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from reports.document import Block, Cell, Section, Shown, Side, Words
from reports.figures.fan import Fan
from reports.figures.stack import Stack
from reports.numbers import joined, month_of_text, percent, si_bytes
from reports.projection.tables import fan_table, parts_table, source, worth_showing

Data = dict[str, Any]


def held_section(scenario: Data, anchor: str) -> Section:
    """All stores together; then by tier and by what is made."""
    return Section(
        title="How much will be held?",
        anchor=f"{anchor}-held",
        blocks=(
            _fan(scenario, scenario["held_total"], None, f"{anchor}-total", "all stores"),
            Side(shown=(_by_tier(scenario, anchor), *_by_type(scenario, anchor))),
            Words(
                text=f"The plan counts what is made from {month_of_text(scenario['first_month'])} on; "
                "what was made before is not in it. Of parts, means are drawn: medians do not add up."
            ),
        ),
    )


def stores_section(scenario: Data, anchor: str) -> Section:
    """Each store."""
    pictures = tuple(
        _fan(scenario, scenario["held"][name], name, f"{anchor}-store-{n}", name)
        for n, name in enumerate(scenario["stores"], start=1)
    )
    blocks: tuple[Block, ...] = (
        Words(
            text="The policy was run on every month's bags, with their true dates, by the code that "
            "moves the real ones."
        ),
        Side(shown=pictures),
    )
    return Section(title="Where will it lie?", anchor=f"{anchor}-where", blocks=blocks)


def by_tier(scenario: Data) -> dict[str, list[float]]:
    """Bytes held in each tier at each moment, in the mean."""
    found: dict[str, list[float]] = defaultdict(lambda: [0.0] * len(scenario["months"]))
    for number, tier in enumerate(scenario["tiers"]):
        found[tier] = [
            before + row[number] for before, row in zip(found[tier], scenario["held_mean"], strict=True)
        ]
    return dict(found)


def come(scenario: Data, store: str | None) -> dict[str, int]:
    """Bytes really held, by month, of what was made since the plan began; all stores for None."""
    held: dict[str, int] = {}
    for item in scenario["actuals"]:
        is_in_plan = scenario["first_month"] <= item["month"] <= scenario["last_month"]
        if store in (None, item["store"]) and is_in_plan:
            held[item["month"]] = held.get(item["month"], 0) + item["bytes"]
    return held


def _fan(scenario: Data, fan: list[list[float]], store: str | None, name: str, where: str) -> Shown:
    really = come(scenario, store)
    limit = next((each["capacity"] for each in scenario["fills"] if each["store"] == store), None)
    actual = [_last_known(really, scenario["months"], n) for n in range(len(scenario["months"]))]
    has_come = any(each is not None for each in actual)
    low, median, high = (fan[-1][n] for n in (0, 2, 4))
    told = ""
    if really:
        latest = list(really)[-1]
        told = f"; really come by {month_of_text(latest)}: {si_bytes(really[latest])}"
    return Shown(
        picture=Fan(
            name=name,
            title=f"Bytes held in {where}",
            description=(
                f"From {month_of_text(scenario['first_month'])} to {month_of_text(scenario['last_month'])}; "
                f"at the end the median is {si_bytes(median)}, 9 in 10 futures lie between "
                f"{si_bytes(low)} and {si_bytes(high)}{told}."
            ),
            actual=6 if has_come else None,
            limit=limit,
            limit_words=f"full at {si_bytes(limit)}" if limit else "",
        ),
        table=fan_table(
            name,
            f"Bytes held in {where} at the end of the month. {source(scenario)}",
            scenario["months"],
            fan,
            time="month",
            kind="bytes",
            actual=actual if has_come else None,
        ),
    )


def _last_known(really: dict[str, int], months: list[str], at: int) -> Cell:
    """What was held at the latest month known between the moment before and this one."""
    after = months[at - 1] if at else ""
    between = [month for month in really if after < month <= months[at]]
    return really[max(between)] if between else None


def _by_tier(scenario: Data, anchor: str) -> Shown:
    tiers = by_tier(scenario)
    name = f"{anchor}-tiers"
    rows = [list(row) for row in zip(*tiers.values(), strict=True)]
    whole = sum(rows[-1]) or 1.0
    told = joined([f"{percent(size / whole)} in {tier}" for tier, size in zip(tiers, rows[-1], strict=True)])
    return Shown(
        picture=Stack(
            name=name, title="Bytes held by tier", description=f"All copies; at the end {told} (means)."
        ),
        table=parts_table(
            name,
            f"Bytes held by tier at the end of the month, means. {source(scenario)}",
            scenario["months"],
            list(tiers),
            rows,
            time="month",
            kind="bytes",
        ),
    )


def _by_type(scenario: Data, anchor: str) -> Iterator[Shown]:
    types, rows = worth_showing(scenario["types"], scenario["made_by_type"])
    if not types:
        return
    largest = sorted(zip(rows[-1], types, strict=True), reverse=True)[:3]
    whole = sum(rows[-1]) or 1.0
    told = joined([f"{percent(size / whole)} {kind}" for size, kind in largest])
    name = f"{anchor}-types"
    yield Shown(
        picture=Stack(
            name=name,
            title="Bytes made by type of object",
            description=f"Masters since the start, one copy; at the end {told} (means).",
        ),
        table=parts_table(
            name,
            f"Bytes of masters made since the start, one copy, by type, means. {source(scenario)}",
            scenario["years"],
            types,
            rows,
            time="year",
            kind="bytes",
        ),
    )
