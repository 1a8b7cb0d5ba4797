"""What is on hold, what is withdrawn, and what happened."""

from __future__ import annotations

from typing import Any

from reports.document import Column, Table
from reports.numbers import count

Data = dict[str, Any]


def holds_table(data: Data) -> Table:
    """Holds, the latest last."""
    return Table(
        name="holds",
        caption=f"Holds; nothing of these is removed. Source: events of catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="package", kind="path"),
            Column(heading="owner"),
            Column(heading="reason", kind="path"),
            Column(heading="since", kind="moment"),
        ),
        rows=tuple(
            (each["package_id"], each["owner"], each["reason"], each["since"]) for each in data["holds"]
        ),
    )


def withdrawn_table(data: Data) -> Table:
    """The latest withdrawals."""
    sums = data["withdrawn_sums"]
    n = sums["packages"] + sums["images"]
    shown = (
        f" Shown are the latest {count(len(data['withdrawn']))} of {count(n)}."
        if n > len(data["withdrawn"])
        else ""
    )
    return Table(
        name="withdrawn",
        caption=f"Held and not given out.{shown} Source: catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="what", kind="path"),
            Column(heading="since", kind="moment"),
            Column(heading="by"),
            Column(heading="reason", kind="path"),
        ),
        rows=tuple(
            (each["subject"], each["since"], each["by"], each["reason"]) for each in data["withdrawn"]
        ),
    )


def history_table(data: Data) -> Table:
    """What happened, by kind of event."""
    return Table(
        name="history",
        caption="What happened. Source: the events in the catalogue (PREMIS event types).",
        columns=(
            Column(heading="event"),
            Column(heading="times", kind="count"),
            Column(heading="failed", kind="count"),
            Column(heading="first", kind="moment"),
            Column(heading="last", kind="moment"),
        ),
        rows=tuple(tuple(each.values()) for each in data["events"]),
    )
