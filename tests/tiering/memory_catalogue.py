"""The catalogue in dictionaries: what many thousand steps are tried against."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

import pyarrow as pa

from holdings.catalogue.interface import Entry, ImageIndex
from holdings.catalogue.leasing import Lease, grantable
from holdings.catalogue.rows import refuse_if_changed
from holdings.clock import from_iso
from holdings.errors import NotFound
from holdings.records import Copy, CopyStatus, Event, EventType, Outcome, Package, Withdrawal

_MOMENT = pa.timestamp("us", "UTC")


class MemoryCatalogue:
    """Keeps the promises of the seam, and forgets everything at the end."""

    def __init__(self, catalogue_id: str = "in-memory") -> None:
        self.catalogue_id = catalogue_id
        self._packages: dict[str, Package] = {}
        self._copies: dict[tuple[str, str], Copy] = {}
        self._events: dict[str, Event] = {}
        self._leases: dict[tuple[str, str], Lease] = {}
        self._lock = threading.Lock()

    @property
    def images(self) -> ImageIndex:
        raise NotImplementedError("tiering asks for no images")

    def record(self, entry: Entry) -> None:
        with self._lock:
            refuse_if_changed(entry.expecting, self._copies)
            self._packages.update({package.package_id: package for package in entry.packages})
            self._copies.update({(copy.package_id, copy.store): copy for copy in entry.copies})
            self._events.update({event.event_id: event for event in entry.events})

    def package(self, package_id: str) -> Package:
        try:
            return self._packages[package_id]
        except KeyError:
            raise NotFound(f"There is no package {package_id}.") from None

    def packages(
        self, *, collection: str | None = None, package_ids: Collection[str] | None = None
    ) -> list[Package]:
        with self._lock:
            kept = sorted(self._packages.items())
        return [
            package
            for name, package in kept
            if collection in (None, package.collection) and (package_ids is None or name in package_ids)
        ]

    def latest_bags(self, package_ids: Collection[str], *, collection: str, most: int) -> list[str]:
        raise NotImplementedError("tiering deposits nothing")

    def copies(
        self,
        *,
        package_id: str | None = None,
        store: str | None = None,
        package_ids: Collection[str] | None = None,
    ) -> list[Copy]:
        with self._lock:
            return [
                copy
                for (package, where), copy in sorted(self._copies.items())
                if package_id in (None, package) and store in (None, where)
                if package_ids is None or package in package_ids
            ]

    def events(
        self,
        *,
        package_id: str | None = None,
        types: Collection[EventType] = (),
        since: datetime | None = None,
        latest: int | None = None,
    ) -> list[Event]:
        with self._lock:
            kept = sorted(self._events.items())
        found = [
            event
            for _, event in kept
            if package_id in (None, event.package_id)
            and (not types or event.event_type in types)
            and (since is None or event.at >= since)
        ]
        return found if latest is None else found[-latest:]

    def withdrawals(self, *, package_id: str | None = None) -> list[Withdrawal]:
        told = self.events(package_id=package_id, types=[EventType.DEACCESSION, EventType.ACCESSION])
        last = {(event.package_id, event.detail.get("image_id")): event for event in told}
        return [
            Withdrawal(
                package_id=package,
                image_id=None if image_id is None else str(image_id),
                at=event.at,
                by=str(event.detail["by"]),
                reason=str(event.detail["reason"]),
            )
            for (package, image_id), event in last.items()
            if event.event_type is EventType.DEACCESSION
        ]

    def sql(self, query: str, *, seconds: float) -> AbstractContextManager[pa.RecordBatchReader]:
        raise NotImplementedError("tiering asks for no images")

    def package_table(self) -> pa.Table:
        kept = self.packages()
        gone = {each.package_id: each.at for each in self.withdrawals() if each.image_id is None}
        return pa.table(
            {
                "package_id": pa.array([each.package_id for each in kept], pa.string()),
                "kind": pa.array([str(each.kind) for each in kept], pa.string()),
                "collection": pa.array([each.collection for each in kept], pa.string()),
                "created_at": pa.array([each.created_at for each in kept], _MOMENT),
                "bytes": pa.array([each.size_bytes for each in kept], pa.int64()),
                "objects": pa.array([len(each.objects) for each in kept], pa.int32()),
                "images": pa.array([each.images for each in kept], pa.int64()),
                "withdrawn_at": pa.array([gone.get(each.package_id) for each in kept], _MOMENT),
            }
        )

    def asserted(self) -> Mapping[str, tuple[int, datetime]]:
        latest = {
            (event.package_id, event.store or ""): event.at
            for event in self.events(types=[EventType.ASSERTION])
            if event.outcome is Outcome.SUCCESS
        }
        found: dict[str, tuple[int, datetime]] = {}
        for copy in self.copies():
            at = latest.get((copy.package_id, copy.store))
            if at is None or copy.status is not CopyStatus.VERIFIED or (copy.verified_at or at) > at:
                continue
            copies, oldest = found.get(copy.store, (0, at))
            found[copy.store] = copies + 1, min(at, oldest)
        return found

    def locked(self) -> Mapping[tuple[str, str], datetime]:
        found: dict[tuple[str, str], datetime] = {}
        for event in self.events():
            if event.store and isinstance(until := event.detail.get("locked_until"), str):
                place = event.package_id, event.store
                found[place] = max(from_iso(until), found.get(place, from_iso(until)))
        return found

    def looked_at(self) -> Mapping[tuple[str, str], datetime]:
        latest = {
            (event.package_id, event.store or ""): event.at
            for event in self.events(types=[EventType.FIXITY_CHECK, EventType.ASSERTION])
        }
        return {
            (copy.package_id, copy.store): at
            for copy in self.copies()
            if (at := latest.get((copy.package_id, copy.store))) is not None
            and (copy.verified_at is None or at > copy.verified_at)
        }

    def copy_table(self) -> pa.Table:
        kept = self.copies()
        return pa.table(
            {
                "package_id": pa.array([each.package_id for each in kept], pa.string()),
                "store": pa.array([each.store for each in kept], pa.string()),
                "status": pa.array([str(each.status) for each in kept], pa.string()),
                "made_by": pa.array([each.made_by for each in kept], pa.string()),
                "verified_at": pa.array([each.verified_at for each in kept], _MOMENT),
            }
        )

    def lease(self, wanted: Sequence[Lease], *, now: datetime) -> list[Lease]:
        with self._lock:
            granted = grantable(wanted, self._leases.values(), now=now)
            self._leases.update({(lease.package_id, lease.holder): lease for lease in granted})
        return granted

    def give_back(self, holder: str, package_ids: Collection[str] | None = None) -> None:
        with self._lock:
            for package_id, name in list(self._leases):
                if name == holder and (package_ids is None or package_id in package_ids):
                    del self._leases[package_id, name]

    def forget_leases(self) -> None:
        """As if all of them had ended."""
        with self._lock:
            self._leases.clear()

    def close(self) -> None:
        """Nothing to give back."""
