"""How long ago, and how often, the images of a package were read, as the history tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from holdings.catalogue.interface import Catalogue
from holdings.clock import from_iso
from holdings.errors import HoldfastError
from holdings.records import EventType

RECENT = timedelta(days=90)


@dataclass(frozen=True, kw_only=True)
class Reads:
    """Of the packages that were ever read."""

    last: Mapping[str, datetime]
    recent: Mapping[str, int]
    """In the 90 days before."""


def reads_before(catalogue: Catalogue, at: datetime) -> Reads:
    """The reads before the moment `at`; those after it have not happened yet."""
    last: dict[str, datetime] = {}
    recent: Counter[str] = Counter()
    for event in catalogue.events(types={EventType.ACCESS}):
        read_at, reads = _told(event.detail.get("last_read_at")), event.detail.get("reads")
        if read_at is None or read_at > at:
            continue
        last[event.package_id] = max(read_at, last.get(event.package_id, read_at))
        if read_at > at - RECENT and isinstance(reads, int):
            recent[event.package_id] += reads
    return Reads(last=last, recent=recent)


def _told(moment: object) -> datetime | None:
    try:
        return from_iso(moment) if isinstance(moment, str) else None
    except (ValueError, HoldfastError):
        return None
