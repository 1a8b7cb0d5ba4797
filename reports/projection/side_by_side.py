"""Several plans: their answers beside one another, and which inputs differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Block, Chapter, Column, Section, Shown, Table, Words
from reports.figures.multiples import Multiples
from reports.numbers import money, plural, rough_count, si_bytes, signed, told
from reports.projection.sources import named

Data = dict[str, Any]
_MOST_INPUTS = 60


def side_by_side(scenarios: list[Data], changes: list[Data]) -> Chapter:
    """The chapter that comes before the plans."""
    return Chapter(
        title="Side by side",
        anchor="side",
        sections=(
            Section(
                title="How do the plans differ?",
                anchor="side-answers",
                blocks=(
                    _answers(scenarios),
                    *(Words(text=text) for text in _differences(scenarios, changes)),
                ),
            ),
            Section(title="What would each need?", anchor="side-fans", blocks=tuple(_fans(scenarios))),
            Section(title="Which inputs differ?", anchor="side-inputs", blocks=tuple(_inputs(scenarios))),
        ),
    )


def names_of(scenarios: list[Data]) -> list[str]:
    """Titles, numbered where two are the same."""
    titles = [each["about"]["title"] for each in scenarios]
    return [
        title if titles.count(title) == 1 else f"{title} ({number})"
        for number, title in enumerate(titles, start=1)
    ]


def _answers(scenarios: list[Data]) -> Table:
    currencies = {each["about"]["currency"] for each in scenarios}
    unit = currencies.pop() if len(currencies) == 1 else ""
    return Table(
        name="side-answers",
        caption="Answers at the end of each plan, medians. Source: each plan's draws, told in its chapter.",
        columns=(
            Column(heading="plan"),
            Column(heading="ends", kind="month"),
            Column(heading="held", kind="bytes"),
            Column(heading="copies", kind="number"),
            Column(heading="spent", kind="money", unit=unit),
            Column(heading="as money of the start", kind="money", unit=unit),
            Column(heading="objects lost, expected", kind="about"),
            Column(heading="carbon", kind="number", unit="kg CO2e"),
        ),
        rows=tuple(
            (
                name,
                each["last_month"],
                each["held_total"][-1][2],
                each["copies"][2],
                each["spent"][-1][2],
                each["present"][2],
                each["risk"]["lost"]["objects"][-1][2],
                each["load"]["carbon_total"][2],
            )
            for name, each in zip(names_of(scenarios), scenarios, strict=True)
        ),
    )


def _differences(scenarios: list[Data], changes: list[Data]) -> Iterator[str]:
    names = names_of(scenarios)
    for name, other, change in zip(names[1:], scenarios[1:], changes, strict=True):
        if not change:
            yield f"{name} was drawn in another way than {names[0]}: no difference is told draw by draw."
            continue
        held, lost = change["bytes_held"], change["objects_lost"]
        low, _, cost, _, high = (_dearer(each, other["about"]["currency"]) for each in change["cost"])
        yield (
            f"Against {names[0]}, {name} holds {signed(held[2], si_bytes)} at the end (9 in 10 futures: "
            f"{signed(held[0], si_bytes)} to {signed(held[4], si_bytes)}), costs {cost} ({low} to {high}) "
            f"and loses {signed(lost[2], rough_count)} objects; both with the same chance, draw by draw."
        )


def _dearer(amount: float, currency: str) -> str:
    return signed(amount, lambda each: money(each, currency))


def _fans(scenarios: list[Data]) -> Iterator[Block]:
    currency = {each["about"]["currency"] for each in scenarios}
    yield _multiples(scenarios, "held_total", Column(heading="Bytes held in all stores", kind="bytes"))
    if len(currency) == 1:
        spent = Column(heading="Money spent since the start", kind="money", unit=next(iter(currency)))
        yield _multiples(scenarios, "spent", spent)


def _multiples(scenarios: list[Data], key: str, what: Column) -> Shown:
    name, title = f"side-{key.replace('_', '-')}", what.heading
    months = sorted({month for each in scenarios for month in each["months"]})
    plans = [dict(zip(each["months"], each[key], strict=True)) for each in scenarios]
    names = names_of(scenarios)
    return Shown(
        picture=Multiples(
            name=name,
            title=f"{title}, plan by plan",
            description="; ".join(
                f"{plan} {told(each[key][-1][2], what)} at the end"
                for plan, each in zip(names, scenarios, strict=True)
            ),
        ),
        table=Table(
            name=name,
            caption=f"{title} at the end of the month. Source: each plan's draws, as told in its chapter.",
            columns=(
                Column(heading="month", kind="month"),
                *(
                    Column(heading=f"{plan}, {quantile}", kind=what.kind, unit=what.unit)
                    for plan in names
                    for quantile in ("5 %", "median", "95 %")
                ),
            ),
            rows=tuple(
                (month, *(cell for plan in plans for cell in _three(plan.get(month)))) for month in months
            ),
        ),
    )


def _three(fan: list[float] | None) -> tuple[float | None, float | None, float | None]:
    return (fan[0], fan[2], fan[4]) if fan else (None, None, None)


def _inputs(scenarios: list[Data]) -> Iterator[Block]:
    stated = [
        {item["name"]: item["written"] for item in (*each["about"]["inputs"], *each["about"]["prices"])}
        for each in scenarios
    ]
    every = list(dict.fromkeys(name for each in stated for name in each))
    differing = [name for name in every if len({each.get(name) for each in stated}) > 1]
    policies = {each["about"]["policy_text"] for each in scenarios}
    yield Words(
        text=f"{plural(len(differing), 'input differs', 'inputs differ')} of {plural(len(every), 'input')}; "
        f"the {'policies differ' if len(policies) > 1 else 'policy is the same'}. Which of them makes how "
        "much of the change is told by holdfast capacity compare."
    )
    if differing:
        yield Table(
            name="side-inputs",
            caption="Inputs that differ. Source: the scenarios, as they stand in the chapters.",
            columns=(Column(heading="input"), *(Column(heading=name) for name in names_of(scenarios))),
            rows=tuple(
                (named(name), *(each.get(name, "not stated") for each in stated))
                for name in differing[:_MOST_INPUTS]
            ),
        )
