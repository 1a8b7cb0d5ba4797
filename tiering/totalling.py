"""The holdings summed up by collection, and what is under way in their history: for who watches."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from holdings.house import House
from holdings.records import CopyStatus
from holdings.settings.prices import PriceSheet
from tiering.circumstances import find_circumstances
from tiering.situations import with_bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectionTotals:
    """What is held of one collection in one tier."""

    collection: str
    tier: str
    packages: int
    """With a verified copy there."""
    copies: int
    """Verified."""
    size_bytes: int
    below_policy: int
    """Packages of the collection, whatever the tier, that are below the policy."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AssertedTotals:
    """Verified copies of which their store itself told the recorded checksums since they were read."""

    store: str
    copies: int
    oldest: datetime
    """The earliest of their latest assertions. No copy is younger for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UnderWay:
    """What the history tells that is not over."""

    removals_begun: int
    """Copies that were given up, and whose bytes may still be there: the next run ends it."""
    last_event_at: datetime | None


def totals_by_collection(house: House, below: Set[str]) -> list[CollectionTotals]:
    """Verified copies by collection and tier.

    below : the packages that are below the policy.
    """
    packages, copies = house.catalogue.package_table(), house.catalogue.copy_table()
    sized = with_bytes(copies, packages).join(
        packages.select(["package_id", "collection"]), keys="package_id", join_type="inner"
    )
    verified = sized.filter(pc.equal(sized.column("status"), str(CopyStatus.VERIFIED)))
    tiers = {name: store.tier for name, store in house.settings.stores.items()}
    named = pa.array([tiers.get(name, "") for name in verified.column("store").to_pylist()], pa.string())
    sums = (
        verified.append_column("tier", named)
        .group_by(["collection", "tier"])
        .aggregate([("package_id", "count_distinct"), ("package_id", "count"), ("bytes", "sum")])
    )
    low = _below_by_collection(packages, below)
    found = [
        CollectionTotals(
            collection=row["collection"],
            tier=row["tier"],
            packages=row["package_id_count_distinct"],
            copies=row["package_id_count"],
            size_bytes=row["bytes_sum"],
            below_policy=low.get(row["collection"], 0),
        )
        for row in sums.to_pylist()
    ]
    return sorted(found, key=lambda each: (each.collection, each.tier))


def _below_by_collection(packages: pa.Table, below: Set[str]) -> dict[str, int]:
    named = pa.array(sorted(below), pa.string())
    low = packages.filter(pc.is_in(packages.column("package_id"), value_set=named))
    counts = low.group_by("collection").aggregate([("package_id", "count")])
    return {row["collection"]: row["package_id_count"] for row in counts.to_pylist()}


def asleep_in(house: House, sheets: Mapping[str, PriceSheet]) -> dict[str, int]:
    """By store whose price sheet says that waking takes time: verified copies in it; no store is asked."""
    return {
        name: sum(copy.status is CopyStatus.VERIFIED for copy in house.catalogue.copies(store=name))
        for name, sheet in sheets.items()
        if sheet.amount("restore_hours") > 0
    }


def asserted_in(house: House, stores: Collection[str]) -> list[AssertedTotals]:
    """What the stores said of what sleeps in them, in order of their names; none where nobody asked.

    stores : those that are looked at.
    """
    found = house.catalogue.asserted() if stores else {}
    return [
        AssertedTotals(store=name, copies=copies, oldest=oldest)
        for name, (copies, oldest) in found.items()
        if name in stores
    ]


def under_way(house: House) -> UnderWay:
    """What the next run has to end, and when anything was last written."""
    around = find_circumstances(house.catalogue, at=house.clock.now(), look_back=timedelta(0))
    last = house.catalogue.events(latest=1)
    return UnderWay(removals_begun=len(around.begun), last_event_at=last[-1].at if last else None)
