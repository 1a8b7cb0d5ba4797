"""Records as rows and back. Moments lie in the database as UTC without a zone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby

from holdings.catalogue.database import Database, Row
from holdings.catalogue.interface import Entry
from holdings.errors import Conflict
from holdings.records import (
    Copy,
    CopyStatus,
    Event,
    EventType,
    Outcome,
    Package,
    PackageKind,
    StoredObject,
    Withdrawal,
)

SELECT_PACKAGES = """
    SELECT p.package_id, p.kind, p.collection, p.created_at, p.images, o.key, o.size_bytes, o.sha256
    FROM packages p LEFT JOIN objects o USING (package_id)
"""

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

SELECT_EVENTS = """
    SELECT event_id, happened_at, event_type, package_id, store, agent, outcome, run, detail FROM events
"""


def write(database: Database, entry: Entry) -> None:
    """Insert what `entry` holds; to be called inside a transaction."""
    _refuse_if_changed(database, entry.expecting)
    new = _new_packages(database, entry.packages)
    database.insert("packages", [_package_row(package) for package in new])
    database.insert("objects", [_object_row(package, item) for package in new for item in package.objects])
    copies = {(copy.package_id, copy.store): _copy_row(copy) for copy in entry.copies}
    database.insert(
        "copies",
        list(copies.values()),
        "ON CONFLICT (package_id, store) DO UPDATE SET status = excluded.status, "
        "verified_at = excluded.verified_at, made_by = excluded.made_by",
    )
    events = {event.event_id: _event_row(event) for event in entry.events}
    database.insert("events", list(events.values()), "ON CONFLICT DO NOTHING")


def _refuse_if_changed(database: Database, expected: Sequence[Copy]) -> None:
    query = """SELECT package_id, store, status, verified_at, made_by FROM copies
               WHERE package_id IN (SELECT unnest($1::VARCHAR[]))"""
    named = list({copy.package_id for copy in expected})
    found = map(read_copy, database.rows(query, [named])) if expected else ()
    refuse_if_changed(expected, {(copy.package_id, copy.store): copy for copy in found})


def refuse_if_changed(expected: Sequence[Copy], found: Mapping[tuple[str, str], Copy]) -> None:
    """Raise Conflict unless each of `expected` is among `found`, with its status and maker."""
    for copy in expected:
        now = found.get((copy.package_id, copy.store))
        if now is None or (now.status, now.made_by) != (copy.status, copy.made_by):
            raise Conflict(
                f"The copy of {copy.package_id} in {copy.store} is no longer {copy.status}"
                f" but {now.status if now else 'unknown'}: somebody else is at work on it.",
                hint="Nothing was changed; plan again.",
            )


def _new_packages(database: Database, packages: Sequence[Package]) -> list[Package]:
    """Those that are not recorded yet. Raises Conflict where one is, with other objects."""
    wanted = {package.package_id: package for package in packages}
    query = (
        f"{SELECT_PACKAGES} WHERE p.package_id IN (SELECT unnest($1::VARCHAR[])) ORDER BY p.package_id, o.key"
    )
    rows = database.rows(query, [list(wanted)]) if wanted else []
    for known in read_packages(rows):
        meant = wanted.pop(known.package_id)
        if _content(known) != _content(meant):
            raise Conflict(
                f"{known.package_id} is in the catalogue with other objects; packages never change.",
                hint="holdfast catalogue check tells how the catalogue and the stores differ.",
            )
    return list(wanted.values())


def _content(package: Package) -> Row:
    return package.kind, package.collection, package.images, tuple(sorted(package.objects))


def _package_row(package: Package) -> Row:
    return (
        package.package_id,
        package.kind.value,
        package.collection,
        naive(package.created_at),
        package.images,
    )


def _object_row(package: Package, item: StoredObject) -> Row:
    return package.package_id, item.key, item.size_bytes, item.sha256


def _copy_row(copy: Copy) -> Row:
    verified_at = naive(copy.verified_at) if copy.verified_at else None
    return copy.package_id, copy.store, copy.status.value, verified_at, copy.made_by


def _event_row(event: Event) -> Row:
    detail = _compact(event.detail)
    kind, outcome = event.event_type.value, event.outcome.value
    return (
        event.event_id,
        naive(event.at),
        kind,
        event.package_id,
        event.store,
        event.agent,
        outcome,
        event.run,
        detail,
    )


def read_packages(rows: Iterable[Row]) -> list[Package]:
    """Packages from the rows of SELECT_PACKAGES, ordered by package and key."""
    return [_package(head, list(group)) for head, group in groupby(rows, key=lambda row: row[:5])]


def _package(head: Row, rows: Sequence[Row]) -> Package:
    package_id, kind, collection, created_at, images = head
    objects = tuple(
        StoredObject(key=row[5], size_bytes=row[6], sha256=row[7]) for row in rows if row[5] is not None
    )
    return Package(
        package_id=package_id,
        kind=PackageKind(kind),
        collection=collection,
        created_at=aware(created_at),
        objects=objects,
        images=images,
    )


def read_copy(row: Row) -> Copy:
    """One row of `copies`."""
    package_id, store, status, verified_at, made_by = row
    return Copy(
        package_id=package_id,
        store=store,
        status=CopyStatus(status),
        verified_at=aware(verified_at) if verified_at else None,
        made_by=made_by,
    )


def read_event(row: Row) -> Event:
    """One row of `events`."""
    event_id, at, event_type, package_id, store, agent, outcome, run, detail = row
    return Event(
        event_id=event_id,
        at=aware(at),
        event_type=EventType(event_type),
        package_id=package_id,
        store=store,
        agent=agent,
        outcome=Outcome(outcome),
        run=run,
        detail=json.loads(detail),
    )


def read_withdrawal(row: Row) -> Withdrawal:
    """One row of `withdrawals`."""
    package_id, image_id, at, by, reason = row
    return Withdrawal(
        package_id=package_id, image_id=image_id, at=aware(at), by=by or "", reason=reason or ""
    )


def naive(moment: datetime) -> datetime:
    """UTC, its zone left out."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def aware(moment: datetime) -> datetime:
    """The inverse of `naive`."""
    return moment.replace(tzinfo=UTC)
