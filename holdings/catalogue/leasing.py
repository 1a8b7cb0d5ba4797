"""Who may work on a package meanwhile: many may read its copies, one may make some, or one may remove one.

A lease keeps two runs, on one machine or on two, from undoing each other's work: nobody removes
a source that somebody copies from, and two removals of one package never run side by side. It is
a courtesy with an end. What holds even where a holder slept past it is `Entry.expecting`.
"""

from __future__ import annotations

import os
import socket
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
    COPYING = "copying"
    """They are read, and new ones are made: whoever else would make some waits, or does other things."""
    REMOVING = "removing"
    """One of its copies is being removed: nobody else is at work on it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """That somebody is at work on a package, until a moment."""

    package_id: str
    holder: str
    """One run of one command (`holder_of`); never the same twice."""
    purpose: Purpose
    until: datetime


_HERE = socket.gethostname()
_living: set[str] = set()
"""The holders of this process."""


def holder_of(run: str) -> str:
    """A holder that others on this machine can look for: the run, and the process that it is."""
    return f"{run} {os.getpid()}@{_HERE}"


def begin(holder: str) -> None:
    """Say that a run of this process is at work."""
    _living.add(holder)


def end(holder: str) -> None:
    """Say that it is no more, however it ended."""
    _living.discard(holder)


def _is_gone(holder: str) -> bool:
    """Whether a holder is known to be at work no more: a process of this machine that ended.

    In doubt it lives: then its lease ends when it says.
    """
    number, at, host = holder.rpartition(" ")[2].partition("@")
    if not at or host != _HERE or not number.isdecimal():
        return False
    if int(number) == os.getpid():
        return holder not in _living
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


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
    if other.holder == wanted.holder:
        return False
    if Purpose.REMOVING in (wanted.purpose, other.purpose):
        return True
    # Of a run that was killed nothing is on its way that could do harm: what it wrote is met and read.
    return wanted.purpose is other.purpose is Purpose.COPYING and not _is_gone(other.holder)


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
