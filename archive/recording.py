"""Readings as history: what was read of a copy becomes an event, and the event says what the copy is."""

from __future__ import annotations

from collections.abc import Mapping

from holdings.clock import iso
from holdings.house import House
from holdings.records import Copy, Event, EventType, Outcome, new_event_id

Detail = Mapping[str, str | int | float | bool | None]


def new_event(
    house: House,
    event_type: EventType,
    package_id: str,
    *,
    run: str,
    store: str | None = None,
    outcome: Outcome = Outcome.SUCCESS,
    detail: Detail | None = None,
) -> Event:
    """An event that happens now."""
    at = house.clock.now()
    return Event(
        event_id=new_event_id(at),
        at=at,
        event_type=event_type,
        package_id=package_id,
        store=store,
        agent=house.agent,
        outcome=outcome,
        run=run,
        detail=dict(detail or {}),
    )


def fixity_event(
    house: House,
    copy: Copy,
    *,
    run: str,
    wrong: str | None,
    missing: bool = False,
    more: Detail | None = None,
) -> Event:
    """That a copy was read, or that its store itself tells that something is wrong with it.

    wrong : what is wrong with it, for people; None where everything matched.
    missing : what is wrong is that something of it is not there.
    """
    detail: dict[str, str | int | float | bool | None] = {"made_by": copy.made_by, **(more or {})}
    if wrong is not None:
        detail["found"] = "missing" if missing else "other bytes"
        detail["because"] = wrong
        detail["last_verified_at"] = iso(copy.verified_at) if copy.verified_at else None
    return new_event(
        house,
        EventType.FIXITY_CHECK,
        copy.package_id,
        store=copy.store,
        run=run,
        outcome=Outcome.SUCCESS if wrong is None else Outcome.FAIL,
        detail=detail,
    )


def new_run(house: House, what: str) -> str:
    """A name for one run of a command: what it does, and a moment that never repeats."""
    return f"{what}-{new_event_id(house.clock.now())}"
