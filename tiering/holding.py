"""Holds: somebody said, with a reason, that nothing of a package is to be removed.

A hold is history and nothing else: an event that lays it on and an event that takes it away. So
it outlives the catalogue, as all history does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from archive.recording import new_event, new_run
from holdings.catalogue.interface import Catalogue, Entry
from holdings.errors import Conflict, HoldfastError, NotFound
from holdings.house import House
from holdings.records import CopyStatus, Event, EventType
from tiering.leasing import leases
from tiering.locking import Locks


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """One hold that lies on a package."""

    hold_id: str
    package_id: str
    owner: str
    """Who may be asked about it."""
    reason: str
    since: datetime
    unlocked: tuple[tuple[str, str], ...] = ()
    """Stores with Object Lock in which no legal hold could be laid (or taken away), and why. The hold
    itself stands all the same: it needs no store."""


def holds_on(catalogue: Catalogue, package_id: str | None = None) -> list[Hold]:
    """The holds that lie on a package, or on any; oldest first."""
    return _standing(catalogue.events(package_id=package_id, types={EventType.POLICY_ASSIGNMENT}))


def packages_on_hold(catalogue: Catalogue) -> frozenset[str]:
    """The packages on which a hold lies."""
    return frozenset(hold.package_id for hold in holds_on(catalogue))


def _standing(events: Iterable[Event]) -> list[Hold]:
    told = list(events)
    released = {event.detail.get("released") for event in told}
    return [_hold(event) for event in told if "hold" in event.detail and event.event_id not in released]


def _hold(event: Event) -> Hold:
    return Hold(
        hold_id=event.event_id,
        package_id=event.package_id,
        owner=str(event.detail.get("owner", event.agent)),
        reason=str(event.detail["hold"]),
        since=event.at,
    )


def lay_hold(house: House, package_id: str, *, owner: str, reason: str) -> Hold:
    """Lay a hold on a package: from when this returns, nothing of it is removed.

    Raises NotFound, and Conflict while a removal of one of its copies is under way.
    """
    house.catalogue.package(package_id)
    run = new_run(house, "hold")
    with leases(house, run) as held:
        if not held.take([package_id]):
            raise Conflict(
                f"A copy of {package_id} is being removed at this moment; no hold was laid.",
                hint="Run the same again in some minutes: what is left by then is held.",
            )
        event = new_event(
            house,
            EventType.POLICY_ASSIGNMENT,
            package_id,
            run=run,
            detail={"hold": reason, "owner": owner},
        )
        house.ledger.record(Entry(events=[event]))
    return replace(_hold(event), unlocked=_legal_holds(house, package_id, on=True))


def _legal_holds(house: House, package_id: str, *, on: bool) -> tuple[tuple[str, str], ...]:
    """Lay legal holds on the copies in stores that have them, or take them away; where not, and why."""
    package, failed = house.catalogue.package(package_id), []
    with Locks(house) as locks:
        for copy in house.catalogue.copies(package_id=package_id):
            spec = house.settings.stores.get(copy.store)
            if spec is None or not spec.object_lock or copy.status is CopyStatus.RETIRED:
                continue
            try:
                locks.refuse_unless_locking([copy.store])
                locks.hold(copy.store, package, on=on)
            except HoldfastError as error:
                failed.append((copy.store, error.sentence))
    return tuple(failed)


def release_hold(house: House, hold_id: str, *, reason: str) -> Hold:
    """Take a hold away; the history keeps both. Raises NotFound where no such hold lies on anything."""
    found = next((hold for hold in holds_on(house.catalogue) if hold.hold_id == hold_id), None)
    if found is None:
        raise NotFound(f"There is no hold {hold_id[:80]}.", hint="holdfast hold lists them.")
    event = new_event(
        house,
        EventType.POLICY_ASSIGNMENT,
        found.package_id,
        run=new_run(house, "release"),
        detail={"released": hold_id, "because": reason},
    )
    house.ledger.record(Entry(events=[event]))
    if holds_on(house.catalogue, found.package_id):
        return found  # another one needs the legal holds still
    return replace(found, unlocked=_legal_holds(house, found.package_id, on=False))
