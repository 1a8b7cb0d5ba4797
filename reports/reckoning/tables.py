"""Pictures and tables of a plan against what came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reports.document import Block, Cell, Column, Folded, Kind, Shown, Side, Table
from reports.figures.changes import Changes
from reports.figures.fan import Fan
from reports.figures.spans import Spans
from reports.numbers import month_of_text, si_bytes
from reports.projection.tables import fan_table, source
from reports.reckoning.words import keys_told, steps_that_move

Data = dict[str, Any]
_ASKED = ("bytes_held", "cost", "carbon", "objects_lost")
_STEPS = 24


def _both(data: Data) -> str:
    return f"{source(data)} Really come: events of catalogue {data['catalogue_id']}."


def total_shown(data: Data) -> Shown:
    """All stores, with what came."""
    return _fan(data, data["held_total"], data["came_total"], "total", "all stores of the plan")


def stores_shown(data: Data) -> Side:
    """Each store, with what came."""
    return Side(
        shown=tuple(
            _fan(data, data["held"][name], data["came"][name], f"store-{n}", name)
            for n, name in enumerate(data["stores"], start=1)
        )
    )


def _fan(data: Data, fan: list[list[float]], came: list[Cell], name: str, where: str) -> Shown:
    first, last = (month_of_text(data["months"][n]) for n in (0, -1))
    known = [(month, size) for month, size in zip(data["months"], came, strict=True) if size is not None]
    told = (
        f"by {month_of_text(known[-1][0])} {si_bytes(float(known[-1][1]))} came"
        if known
        else "nothing came yet"
    )
    return Shown(
        picture=Fan(
            name=name,
            title=f"Bytes held in {where}: the plan's band, and what really came",
            description=f"From {first} to {last}; {told}.",
            actual=6 if known else None,
        ),
        table=fan_table(
            name,
            f"Bytes held in {where} at the end of the month. {_both(data)}",
            data["months"],
            fan,
            time="month",
            kind="bytes",
            actual=came if known else None,
        ),
    )


def months_table(data: Data) -> Table:
    """Month by month: the plan, what came, inside or outside."""
    months = data["score"]["months"]
    return Table(
        name="months",
        caption=f"All stores of the plan; months outside the band are marked. {_both(data)}",
        columns=(
            Column(heading="month", kind="month"),
            Column(heading="plan, 5 %", kind="bytes"),
            Column(heading="plan, median", kind="bytes"),
            Column(heading="plan, 95 %", kind="bytes"),
            Column(heading="really come", kind="bytes"),
            Column(heading="the band"),
            Column(heading="CRPS", kind="bytes"),
        ),
        rows=tuple(
            (
                each["month"],
                each["low"],
                each["middle"],
                each["high"],
                each["actual"],
                _of_band(each),
                each["crps"],
            )
            for each in months
        ),
        emphasised=frozenset(n for n, each in enumerate(months) if each["where"] != "within"),
    )


def _of_band(each: Data) -> str:
    return "inside" if each["where"] == "within" else f"outside, {each['where']}"


def stores_folded(data: Data) -> Folded:
    """The same of each store."""
    rows = [each for each in data["seen"] if each["what"] == "bytes held"]
    table = Table(
        name="stores",
        caption=f"Each store, month by month; what lies outside the band is marked. {_both(data)}",
        columns=(
            Column(heading="month", kind="month"),
            Column(heading="store"),
            Column(heading="plan, 5 %", kind="bytes"),
            Column(heading="plan, median", kind="bytes"),
            Column(heading="plan, 95 %", kind="bytes"),
            Column(heading="really come", kind="bytes"),
            Column(heading="the band"),
        ),
        rows=tuple(
            (each["month"], each["store"], each["low"], each["middle"], each["high"], each["actual"],
             _of_band(each))
            for each in rows
        ),
        emphasised=frozenset(n for n, each in enumerate(rows) if each["where"] != "within"),
    )  # fmt: skip
    return Folded(title="Every store, month by month", content=table)


def paid_shown(data: Data) -> Shown:
    """Invoices against the plan."""
    paid, currency = data["paid"], data["about"]["currency"]
    table = fan_table(
        "paid",
        f"Cost of the month in the stores that sent an invoice. {source(data)} Paid: the invoices given.",
        [each["month"] for each in paid],
        [each["fan"] for each in paid],
        time="month",
        kind="money",
        unit=currency,
        actual=[each["paid"] for each in paid],
        actual_words="paid",
    )
    return Shown(
        picture=Fan(
            name="paid",
            title="Cost of each month: the plan's band, and the invoices",
            description=f"From {month_of_text(paid[0]['month'])} to {month_of_text(paid[-1]['month'])}.",
            actual=6,
            actual_words="paid",
        ),
        table=table,
    )


def weighed_side(data: Data) -> Side:
    """The end of the plan, before and after what came."""
    end, money = month_of_text(data["last_month"]), data["about"]["currency"]
    return Side(
        shown=(
            _weighed(data, "held", f"Held at the end of {end}", "bytes", ""),
            _weighed(data, "cost", f"Cost until the end of {end}", "money", money),
        )
    )


def _weighed(data: Data, name: str, title: str, kind: Kind, unit: str) -> Shown:
    before, after = (data["weighed"][f"{name}_{when}"] for when in ("before", "after"))
    return Shown(
        picture=Spans(
            name=f"weighed-{name}",
            title=title,
            description="The band of nine futures in ten as planned, and after what came is counted in.",
        ),
        table=Table(
            name=f"weighed-{name}",
            caption=f"{title}, as planned, and with futures counted by how near they were. {_both(data)}",
            columns=(
                Column(heading="forecast"),
                *(Column(heading=each, kind=kind, unit=unit) for each in ("5 %", "median", "95 %")),
            ),
            rows=(("as planned", *before), ("after what came", *after)),
        ),
    )


def change_blocks(data: Data) -> Iterable[Block]:
    """What the plan before said, and the way from it to this one."""
    change, currency = data["change"], data["about"]["currency"]
    by_question = {each["question"]: each for each in change["differences"]}
    yield Side(
        shown=(
            _between(data, by_question["bytes_held"], "held", "bytes", ""),
            _between(data, by_question["cost"], "spent", "money", currency),
        )
    )
    moved = steps_that_move(change)
    still = len(change["steps"]) - len(moved)
    table = Table(
        name="steps",
        caption=(
            "From the plan before to this one, one input after another, each with what the means do at its "
            f"step; the largest effect on money first{f'; {still} others change nothing' if still else ''}. "
            f"Source: {change['draws']} draws of each plan with the same random numbers."
        ),
        columns=(
            Column(heading="input", kind="path"),
            Column(heading="change of bytes held", kind="bytes"),
            Column(heading="change of cost", kind="money", unit=currency),
            Column(heading="change of carbon", kind="number", unit="kg"),
            Column(heading="change of objects lost", kind="number"),
        ),
        rows=tuple(
            (keys_told(step["keys"]), *(step["change"][key] for key in _ASKED)) for step in moved[:_STEPS]
        ),
    )
    told = "; ".join(f"{row[0]}" for row in table.rows[:3])
    yield Shown(
        picture=Changes(
            name="steps",
            title=f"What each input does to the cost until the end of {change['end']}",
            description=f"The largest: {told}.",
            value=2,
        ),
        table=table,
    )


def _between(data: Data, found: Data, name: str, kind: Kind, unit: str) -> Shown:
    change = data["change"]
    words = "Held at the end" if name == "held" else "Cost until the end"
    return Shown(
        picture=Spans(
            name=f"change-{name}",
            title=f"{words} of {change['end']}: the plan before, and this one",
            description="The band of nine futures in ten of each plan.",
        ),
        table=Table(
            name=f"change-{name}",
            caption=f"{words} of {change['end']}. Source: {change['draws']} draws of each plan.",
            columns=(
                Column(heading="plan"),
                *(Column(heading=each, kind=kind, unit=unit) for each in ("5 %", "median", "95 %")),
            ),
            rows=(("the plan before", *found["first"]), ("this plan", *found["second"])),
        ),
    )
