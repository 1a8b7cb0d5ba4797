"""Packages in the catalogue of a house, as a deposit would record them, without their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from holdings.catalogue.index import index_bytes
from holdings.catalogue.interface import Entry
from holdings.house import House
from holdings.records import (
    Copy,
    CopyStatus,
    Event,
    EventType,
    Image,
    Outcome,
    Package,
    PackageKind,
    StoredObject,
    image_id,
)


def deposit_images(
    house: House, sizes: Sequence[int], *, collection: str, at: datetime | None = None
) -> Package:
    """One bag of images of these sizes, in the hot store."""
    moment = at or house.clock.now()
    package_id = f"bag-{hashlib.sha256(repr((collection, moment, list(sizes))).encode()).hexdigest()[:12]}"
    index = index_bytes([_image(package_id, n, size) for n, size in enumerate(sizes, start=1)])
    package = Package(
        package_id=package_id,
        kind=PackageKind.BAG,
        collection=collection,
        created_at=moment,
        objects=(
            StoredObject(key="bag.tar", size_bytes=sum(sizes), sha256="0" * 64),
            StoredObject(key="index.parquet", size_bytes=len(index), sha256="0" * 64),
        ),
        images=len(sizes),
    )
    house.catalogue.images.add(package_id, index)
    house.catalogue.record(Entry(packages=[package]))
    read_copy(house, package, "hot", at=moment, kind=EventType.INGESTION)
    return package


def read_copy(
    house: House,
    package: Package,
    store: str,
    *,
    at: datetime,
    kind: EventType = EventType.REPLICATION,
    outcome: Outcome = Outcome.SUCCESS,
) -> None:
    """A copy was written (or read again) in `store`, with that outcome."""
    good = outcome is Outcome.SUCCESS
    event = Event(
        event_id=f"{at:%Y%m%dT%H%M%S%f}-{package.package_id}-{store}",
        at=at,
        event_type=kind,
        package_id=package.package_id,
        store=store,
        agent="test",
        outcome=outcome,
        run="a run",
    )
    copy = Copy(
        package_id=package.package_id,
        store=store,
        status=CopyStatus.VERIFIED if good else CopyStatus.SUSPECT,
        verified_at=at if good else None,
        made_by="a run",
    )
    house.catalogue.record(Entry(copies=[copy], events=[event]))


def _image(package_id: str, ordinal: int, size_bytes: int) -> Image:
    return Image(
        image_id=image_id(package_id, ordinal),
        package_id=package_id,
        path=f"sheet-{ordinal:04}.tif",
        size_bytes=size_bytes,
        sha256=f"{ordinal:064x}",
        media_type="image/tiff",
        width_px=None,
        height_px=None,
        object_key="bag.tar",
        offset=512 * ordinal,
    )
