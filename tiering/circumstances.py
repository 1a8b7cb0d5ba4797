"""What stands around a package besides its copies: holds, young copies, removals that were begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from holdings.catalogue.interface import Catalogue
from holdings.house import House
from holdings.records import Event, EventType, Outcome
from tiering.holding import packages_on_hold

_MAKING = {EventType.INGESTION, EventType.REPLICATION, EventType.RECOVERY}
_REMOVING = {EventType.RETIREMENT, EventType.DELETION}

Place = tuple[str, str]
"""Package and store."""


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What a plan has to go round."""

    on_hold: Set[str] = field(default_factory=frozenset)
    made_at: Mapping[Place, datetime] = field(default_factory=dict)
    """Of the copies made in the time that was looked back; all others are older."""
    locked_until: Mapping[Place, datetime] = field(default_factory=dict)
    """Of the copies that were locked when they were made, or of which their store says so."""
    withheld_until: Mapping[str, datetime] = field(default_factory=dict)
    """By package that was withdrawn, or an image of it: before that moment its bytes stay."""
    begun: Set[Place] = field(default_factory=frozenset)
    """Removals that were recorded as begun and never as done: their bytes may still be there."""

    def settling(self, package_id: str, stores: Iterable[str], *, since: datetime) -> list[str]:
        """Those of `stores` whose copy was made later than `since`."""
        return [
            store
            for store in stores
            if (made := self.made_at.get((package_id, store))) is not None and made > since
        ]


def find_circumstances(
    catalogue: Catalogue,
    *,
    at: datetime,
    look_back: timedelta,
    withheld: timedelta = timedelta(0),
    locks: bool = False,
) -> Circumstances:
    """What the history tells, as it stands.

    look_back : how long before `at` the making of a copy matters.
    withheld : for how long the bytes of what was withdrawn stay.
    locks : whether locks matter: a rule of today need not know of those that another one asked for.
    """
    removals = catalogue.events(types=_REMOVING)
    return Circumstances(
        on_hold=packages_on_hold(catalogue),
        made_at=_made_at(_making(catalogue, at - look_back)),
        locked_until=catalogue.locked() if locks else {},
        withheld_until=_withheld_until(catalogue, withheld),
        begun=frozenset(_begun(removals)),
    )


def find_young(catalogue: Catalogue, *, since: datetime, withheld: timedelta) -> Circumstances:
    """What may have changed since a plan was made: holds, withdrawals, and copies made later than `since`."""
    return Circumstances(
        on_hold=packages_on_hold(catalogue),
        made_at=_made_at(_making(catalogue, since)),
        withheld_until=_withheld_until(catalogue, withheld),
    )


def withheld_for(house: House) -> timedelta:
    """For how long the bytes of what was withdrawn stay: `hold` under [withdrawals] in the settings."""
    return timedelta(seconds=house.settings.withdrawals.hold_seconds)


def _withheld_until(catalogue: Catalogue, withheld: timedelta) -> dict[str, datetime]:
    if not withheld:
        return {}
    latest: dict[str, datetime] = {}
    for each in catalogue.withdrawals():
        latest[each.package_id] = max(each.at, latest.get(each.package_id, each.at))
    return {package_id: at + withheld for package_id, at in latest.items()}


def _making(catalogue: Catalogue, since: datetime) -> list[Event]:
    return catalogue.events(types=_MAKING, since=since)


def _made_at(made: Iterable[Event]) -> dict[Place, datetime]:
    return {
        (event.package_id, event.store): event.at
        for event in made
        if event.store and event.outcome is Outcome.SUCCESS
    }


def _begun(removals: Iterable[Event]) -> Iterable[Place]:
    last: dict[tuple[EventType, Place], datetime] = {}
    for event in removals:
        if event.store:
            last[event.event_type, (event.package_id, event.store)] = event.at
    for (kind, place), begun_at in last.items():
        if kind is EventType.RETIREMENT:
            ended_at = last.get((EventType.DELETION, place))
            if ended_at is None or ended_at < begun_at:
                yield place
