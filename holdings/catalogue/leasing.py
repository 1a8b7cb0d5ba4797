"""Who may work on a package meanwhile: many may read its copies, or one may remove one.

A lease keeps two runs, on one machine or on two, from undoing each other's work: nobody removes
a source that somebody copies from, and two removals of one package never run side by side. It is
a courtesy with an end. What holds even where a holder slept past it is `Entry.expecting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from holdings.catalogue.database import Database
from holdings.catalogue.rows import aware, naive


class Purpose(StrEnum):
    """What a lease is for."""

    READING = "reading"
    """Its copies are read or copied from: none of them may be removed."""
    REMOVING = "removing"
    """One of its copies is being removed: nobody else is at work on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """That somebody is at work on a package, until a moment."""

    package_id: str
    holder: str
    """One run of one command; never the same twice."""
    purpose: Purpose
    until: datetime


def grantable(wanted: Sequence[Lease], held: Iterable[Lease], *, now: datetime) -> list[Lease]:
    """Those of `wanted` that no living lease of another holder stands in the way of."""
    others: dict[str, list[Lease]] = {}
    for lease in held:
        if lease.until > now:
            others.setdefault(lease.package_id, []).append(lease)
    return [
        lease
        for lease in wanted
        if not any(_in_the_way(lease, other) for other in others.get(lease.package_id, ()))
    ]


def _in_the_way(wanted: Lease, other: Lease) -> bool:
    return other.holder != wanted.holder and Purpose.REMOVING in (wanted.purpose, other.purpose)


def take(database: Database, wanted: Sequence[Lease], *, now: datetime) -> list[Lease]:
    """Write what can be granted of `wanted`; to be called inside a transaction."""
    database.rows("DELETE FROM leases WHERE until <= $1::TIMESTAMP", [naive(now)])
    query = """SELECT package_id, holder, purpose, until FROM leases
               WHERE package_id IN (SELECT unnest($1::VARCHAR[]))"""
    rows = database.rows(query, [[lease.package_id for lease in wanted]])
    held = [
        Lease(package_id=row[0], holder=row[1], purpose=Purpose(row[2]), until=aware(row[3])) for row in rows
    ]
    granted = grantable(wanted, held, now=now)
    latest = {(lease.package_id, lease.holder): lease for lease in granted}
    database.insert(
        "leases",
        [(*key, lease.purpose.value, naive(lease.until)) for key, lease in latest.items()],
        "ON CONFLICT (package_id, holder) DO UPDATE SET purpose = excluded.purpose, until = excluded.until",
    )
    return granted


def give_back(database: Database, holder: str, package_ids: Sequence[str] | None) -> None:
    """Forget the leases of `holder` on `package_ids`; None means all of them."""
    query = """DELETE FROM leases WHERE holder = $1::VARCHAR
               AND ($2::VARCHAR[] IS NULL OR package_id IN (SELECT unnest($2::VARCHAR[])))"""
    database.rows(query, [holder, None if package_ids is None else list(package_ids)])
