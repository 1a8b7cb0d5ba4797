"""What is below the policy, what is due to be read again, and what is damaged."""

from __future__ import annotations

from typing import Any

from reports.document import Column, Shown, Table
from reports.figures.ages import Ages
from reports.numbers import count, plural

Data = dict[str, Any]


def below_table(data: Data) -> Table:
    """What is below the policy, by rule and by what is wanting."""
    return Table(
        name="below",
        caption=(
            f"Below the policy, by rule and by what is wanting. Source: {data['policy']['name']} held "
            f"against catalogue {data['catalogue_id']}."
        ),
        columns=(
            Column(heading="what is wanting"),
            Column(heading="packages", kind="count"),
            Column(heading="bytes of one copy", kind="bytes"),
            Column(heading="copies that mend it", kind="count"),
            Column(heading="rule"),
            Column(heading="why the rule", kind="path"),
            Column(heading="for example", kind="path"),
        ),
        rows=tuple(
            (each["wanting"], each["packages"], each["bytes"], each["copies"],
             each["rule"], each["because"], ", ".join(each["examples"]))
            for each in data["below"]
        ),
        emphasised=frozenset(n for n, each in enumerate(data["below"]) if not each["copies"]),
    )  # fmt: skip


def ages_shown(data: Data) -> Shown:
    """When copies were last read."""
    days = data["policy"]["days"]
    late = [each for each in data["ages"] if each["due"] and each["copies"]]
    told = (
        f"{plural(data['due']['copies'], 'copy', 'copies')} of {count(data['verified'])} were last read "
        f"more than {plural(days, 'day')} ago."
    )
    return Shown(
        picture=Ages(
            name="fixity",
            title=f"When each verified copy was last read; after {plural(days, 'day')} it is due",
            description=told,
            value=1,
            marked="due",
        ),
        table=Table(
            name="fixity",
            caption=(
                f"Verified copies by the age of their last reading; rows beyond {plural(days, 'day')} are "
                f"marked{'' if late else ', and are empty'}. Source: catalogue {data['catalogue_id']}."
            ),
            columns=(
                Column(heading="last read"),
                Column(heading="copies", kind="count"),
                Column(heading="bytes", kind="bytes"),
                *(Column(heading=f"copies in {each['name']}", kind="count") for each in data["stores"]),
            ),
            rows=tuple(
                (_class(each), each["copies"], each["bytes"], *each["by_store"]) for each in data["ages"]
            ),
            emphasised=frozenset(n for n, each in enumerate(data["ages"]) if each["due"]),
        ),
    )


def _class(age: Data) -> str:
    low, high = age["over_days"], age["to_days"]
    if low is None:
        return "never"
    if low < 0:
        return f"up to {_span(high)} ago"
    if high is None:
        return f"over {_span(low)} ago"
    return f"{_span(low)} to {_span(high)} ago"


def _span(days: int) -> str:
    years, rest = divmod(days, 365)
    return plural(years, "year") if years and not rest else plural(days, "day")


def damaged_table(data: Data) -> Table:
    """Copies that are known not to be good."""
    n = sum(data["not_good"].get(state, 0) for state in ("suspect", "missing"))
    shown = f" Shown are {count(len(data['damaged']))} of {count(n)}." if n > len(data["damaged"]) else ""
    return Table(
        name="damaged",
        caption=f"Suspect and missing copies.{shown} Source: catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="package", kind="path"),
            Column(heading="collection"),
            Column(heading="store"),
            Column(heading="state"),
            Column(heading="bytes", kind="bytes"),
            Column(heading="last good", kind="moment"),
        ),
        rows=tuple(
            (each["package_id"], each["collection"], each["store"], each["status"], each["bytes"],
             each["last_good"] or "never")
            for each in data["damaged"]
        ),
    )  # fmt: skip
