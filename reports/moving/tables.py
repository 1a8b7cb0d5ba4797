"""Tables and pictures of a plan, and of what was done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reports.document import Block, Cell, Column, Folded, Shown, Side, Table
from reports.figures.flows import ONCE, Flows
from reports.figures.months import TimeBars
from reports.moving.words import REMOVED
from reports.numbers import count, plural, si_bytes

Data = dict[str, Any]
_MONTHS = 60


def flows_shown(data: Data) -> Shown:
    """The plan as flows between stores."""
    plan = data["plan"]
    currencies = sorted({name for flow in plan["flows"] for name in (*flow["once"], *flow["monthly"])})
    table = Table(
        name="flows",
        caption=(
            f"Flows of the plan; what it costs to prove removals is in the sums below. {_source(data)} "
            "Money by the price sheets of the stores, time by the rates of earlier transfers."
        ),
        columns=(
            Column(heading="from"),
            Column(heading="to"),
            Column(heading="copies", kind="count"),
            Column(heading="bytes", kind="bytes"),
            *(Column(heading=ONCE, kind="money", unit=each) for each in currencies),
            *(Column(heading="each month", kind="money", unit=each) for each in currencies),
            Column(heading="time", kind="number", unit="h"),
        ),
        rows=tuple(_flow(flow, currencies) for flow in plan["flows"]),
    )
    told = "; ".join(
        f"{si_bytes(flow['bytes'])} from {flow['from']} to {flow['to'] or 'nowhere, as it is removed'}"
        for flow in plan["flows"]
    )
    return Shown(
        picture=Flows(
            name="flows",
            title="What goes from where to where: copies and bytes; a band is as thick as it has bytes",
            description=f"{told}.",
            gone=REMOVED,
        ),
        table=table,
    )


def _flow(flow: Data, currencies: list[str]) -> tuple[Cell, ...]:
    return (
        flow["from"],
        flow["to"] or REMOVED,
        flow["copies"],
        flow["bytes"],
        *(flow["once"].get(each) for each in currencies),
        *(flow["monthly"].get(each) for each in currencies),
        flow["hours"],
    )


def _source(data: Data) -> str:
    plan = data["plan"]
    where = plan["file"] or "made for this report"
    return f"Source: plan {plan['plan_id'][:12]} ({where}) for catalogue {data['catalogue_id']}."


_PARTS = {
    "once": "once, in all",
    "requests": "  requests",
    "retrieval": "  retrieval",
    "egress": "  egress",
    "early_deletion": "  early deletion",
    "storage_per_month": "more each month",
    "saved_per_month": "less each month",
}


def costs_table(data: Data) -> Table:
    """The plan's money, by currency."""
    costs = data["plan"]["costs"]
    return Table(
        name="costs",
        caption=f"Money of the whole plan, by the price sheets of the stores. {_source(data)}",
        columns=(
            Column(heading="what"),
            *(Column(heading=cost["currency"], kind="money", unit=cost["currency"]) for cost in costs),
        ),
        rows=tuple((words, *(cost[key] for cost in costs)) for key, words in _PARTS.items()),
    )


def moves_folded(data: Data) -> Folded:
    """The largest steps of the plan."""
    plan = data["plan"]
    n, shown = plan["copies"] + plan["removals"], len(plan["moves"])
    some = f"The largest {count(shown)} of {plural(n, 'step')}" if shown < n else "Every step of the plan"
    table = Table(
        name="moves",
        caption=f"{some}. {_source(data)}",
        columns=(
            Column(heading="package", kind="path"),
            Column(heading="from"),
            Column(heading="to"),
            Column(heading="bytes", kind="bytes"),
            Column(heading="because", kind="path"),
            Column(heading="rule", kind="path"),
        ),
        rows=tuple(
            (
                each["package_id"],
                each["from"],
                each["to"] or REMOVED,
                each["bytes"],
                each["reason"],
                each["rule"],
            )
            for each in plan["moves"]
        ),
    )
    return Folded(title=f"{some}, the largest first", content=table)


def refused_table(data: Data) -> Table:
    """What guards keep from being done now."""
    return Table(
        name="refused",
        caption=f"Not now, by the guards of the policy. {_source(data)}",
        columns=(
            Column(heading="guard"),
            Column(heading="what"),
            Column(heading="packages", kind="count"),
            Column(heading="bytes", kind="bytes"),
            Column(heading="it says", kind="path"),
        ),
        rows=tuple(
            (each["guard"], each["what"], each["packages"], each["size_bytes"], each["says"])
            for each in data["plan"]["refused"]
        ),
    )


def worth_table(data: Data) -> Table:
    """Moves that cost more than they save."""
    rows = data["plan"]["not_worth"]
    currency = rows[0]["currency"] if rows else ""
    return Table(
        name="not-worth",
        caption=f"Not worth its price within the policy's horizon. {_source(data)}",
        columns=(
            Column(heading="from"),
            Column(heading="to"),
            Column(heading="rule", kind="path"),
            Column(heading="packages", kind="count"),
            Column(heading="bytes", kind="bytes"),
            Column(heading="currency"),
            Column(heading="costs once", kind="number"),
            Column(heading="saves", kind="number"),
        ),
        rows=tuple(
            (each["source_store"], each["target_store"], each["rule"], each["packages"], each["size_bytes"],
             each["currency"] or currency, each["costs"], each["saves"])
            for each in rows
        ),
    )  # fmt: skip


def blocked_table(data: Data) -> Table:
    """Packages that stay below the policy, by what is in the way."""
    return Table(
        name="blocked",
        caption=f"Below the policy, and no move helps. {_source(data)}",
        columns=(
            Column(heading="what is in the way", kind="path"),
            Column(heading="packages", kind="count"),
            Column(heading="rule", kind="path"),
            Column(heading="for example", kind="path"),
        ),
        rows=tuple(
            (each["reason"], each["packages"], each["rule"], each["example"])
            for each in data["plan"]["blocked"]
        ),
    )


def history_blocks(data: Data) -> Iterable[Block]:
    """What was done, by month."""
    if not data["history"]:
        return
    months = _every_month(data["history"])[-_MONTHS:]
    rows = tuple(_month(each) for each in months)
    yield Side(
        shown=(
            Shown(
                picture=TimeBars(
                    name="copied",
                    title="Bytes copied between stores in each month",
                    description=f"In all {si_bytes(sum(each['made_bytes'] for each in months))}.",
                    value=2,
                ),
                table=_history_table(data, "copied", rows),
            ),
            Shown(
                picture=TimeBars(
                    name="read-again",
                    title="Copies read again in each month",
                    description=f"In all {count(sum(each['read'] + each['read_bad'] for each in months))}.",
                    value=5,
                ),
                table=_history_table(data, "read-again", rows),
            ),
        )
    )


def _month(each: Data) -> tuple[Cell, ...]:
    return (
        each["month"], each["made"], each["made_bytes"], each["removed"], each["removed_bytes"],
        each["read"] + each["read_bad"], each["read_bad"], each["repaired"],
    )  # fmt: skip


def _every_month(history: list[Data]) -> list[Data]:
    """From the first to the last, those in which nothing was done too."""
    known = {each["month"]: each for each in history}
    nothing = {name: 0 for name in history[0] if name != "month"}
    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in known]
    months = [f"{number // 12:04}-{number % 12 + 1:02}" for number in range(min(numbers), max(numbers) + 1)]
    return [known.get(month, {"month": month, **nothing}) for month in months]


def _history_table(data: Data, name: str, rows: tuple[tuple[Cell, ...], ...]) -> Table:
    return Table(
        name=name,
        caption=f"What was done to copies, by month. Source: events of catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="month", kind="month"),
            Column(heading="copies made", kind="count"),
            Column(heading="bytes copied", kind="bytes"),
            Column(heading="copies removed", kind="count"),
            Column(heading="bytes removed", kind="bytes"),
            Column(heading="copies read again", kind="count"),
            Column(heading="found bad", kind="count"),
            Column(heading="repaired", kind="count"),
        ),
        rows=rows,
    )


def due_table(data: Data) -> Table:
    """What is due to be read again."""
    return Table(
        name="due",
        caption=f"Last read longer ago than the policy allows. {_source(data)}",
        columns=(
            Column(heading="store"),
            Column(heading="copies", kind="count"),
            Column(heading="bytes", kind="bytes"),
            Column(heading="oldest", kind="moment"),
        ),
        rows=tuple(
            (each["store"], each["copies"], each["bytes"], each["oldest"] or "never read")
            for each in data["plan"]["due"]
        ),
    )
