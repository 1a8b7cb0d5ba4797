"""How much will be held, and where it will lie."""

from __future__ import annotations

from typing import Any

from reports.document import Cell, Section, Shown, Side, Words
from reports.figures.fan import Fan
from reports.numbers import month_of_text, si_bytes
from reports.projection.tables import fan_table, source

Data = dict[str, Any]


def held_section(scenario: Data, anchor: str) -> Section:
    """All stores together."""
    return Section(
        title="How much will be held?",
        anchor=f"{anchor}-held",
        blocks=(
            _fan(scenario, scenario["held_total"], None, f"{anchor}-total", "all stores"),
            Words(text=f"The plan counts what is made from {month_of_text(scenario['first_month'])} on; "
                  "what was made before is not in it."),
        ),
    )  # fmt: skip


def stores_section(scenario: Data, anchor: str) -> Section:
    """Each store."""
    pictures = tuple(
        _fan(scenario, scenario["held"][name], name, f"{anchor}-store-{n}", name)
        for n, name in enumerate(scenario["stores"], start=1)
    )
    return Section(
        title="Where will it lie?",
        anchor=f"{anchor}-where",
        blocks=(
            Words(
                text="The policy was run on every month's bags, with their true dates, by the code that "
                "moves the real ones."
            ),
            Side(shown=pictures),
        ),
    )


def come(scenario: Data, store: str | None) -> dict[str, int]:
    """Bytes really held, by month, of what was made since the plan began; all stores for None."""
    held: dict[str, int] = {}
    for item in scenario["actuals"]:
        if (
            store in (None, item["store"])
            and scenario["first_month"] <= item["month"] <= scenario["last_month"]
        ):
            held[item["month"]] = held.get(item["month"], 0) + item["bytes"]
    return held


def _fan(scenario: Data, fan: list[list[float]], store: str | None, name: str, where: str) -> Shown:
    really = come(scenario, store)
    actual: list[Cell] | None = [really.get(month) for month in scenario["months"]] if really else None
    if actual is not None and not any(each is not None for each in actual):
        actual = None
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
            actual=6 if actual is not None else None,
        ),
        table=fan_table(
            name,
            f"Bytes held in {where} at the end of the month. {source(scenario)}",
            scenario["months"],
            fan,
            time="month",
            kind="bytes",
            actual=actual,
        ),
    )
