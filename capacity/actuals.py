"""What is really held, month by month: the history of the catalogue, replayed.

A copy counts from the reading that proved it to the one that failed, or to its removal. So the
numbers stand beside a projection, plan against actual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from capacity.cohorts import month_after
from holdings.house import House
from holdings.records import Event, EventType, Outcome

_PROVING = {EventType.INGESTION, EventType.REPLICATION, EventType.FIXITY_CHECK, EventType.RECOVERY}


@dataclass(frozen=True, kw_only=True, slots=True)
class Actual:
    """Bytes of one store at the end of one month (or now, in the month that is not over)."""

    month: date
    """Its first day."""
    store: str
    bytes_held: int


def actuals(house: House, *, made_since: datetime | None = None) -> list[Actual]:
    """Bytes held by month and store, from the first event to now; empty where nothing ever happened.

    made_since : count only packages made at that moment or later, as a projection that begins
        there does; a copy made later of an older package is none of its.

    Ordered by month, then by the settings' order of stores.
    """
    sizes = {
        package: size
        for package, size, made in zip(*_columns(house, "package_id", "bytes", "created_at"), strict=True)
        if made_since is None or (isinstance(made, datetime) and made >= made_since)
    }
    events = [event for event in house.catalogue.events() if _tells(event) and event.package_id in sizes]
    return list(_replayed(events, sizes, list(house.stores), now=house.clock.now()))


def _columns(house: House, *names: str) -> list[list[object]]:
    table = house.catalogue.package_table()
    return [table.column(name).to_pylist() for name in names]


def _tells(event: Event) -> bool:
    """Whether an event says that a copy is there, or is not."""
    if event.store is None:
        return False
    gone = event.event_type is EventType.DELETION and event.outcome is Outcome.SUCCESS
    return gone or event.event_type in _PROVING


def _replayed(
    events: Sequence[Event], sizes: dict[object, object], stores: Sequence[str], *, now: datetime
) -> Iterator[Actual]:
    history = sorted((event for event in events if event.at <= now), key=lambda event: event.event_id)
    if not history:
        return
    held: set[tuple[str, str]] = set()
    done = 0
    for month in _months(min(event.at for event in history), now):
        over = _first_moment(month_after(month, 1))
        while done < len(history) and history[done].at < over:
            _apply(history[done], held)
            done += 1
        for store in stores:
            total = sum(int(str(sizes[package])) for package, where in held if where == store)
            yield Actual(month=month, store=store, bytes_held=total)


def _apply(event: Event, held: set[tuple[str, str]]) -> None:
    copy = (event.package_id, str(event.store))
    is_there = event.event_type is not EventType.DELETION and event.outcome is Outcome.SUCCESS
    (held.add if is_there else held.discard)(copy)


def _first_moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _months(first: datetime, last: datetime) -> Iterator[date]:
    month = date(first.year, first.month, 1)
    while month <= last.date():
        yield month
        month = month_after(month, 1)
