"""Packages without pictures: real objects in real stores, recorded as a deposit does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from holdings.catalogue.index import INDEX_NAME, index_bytes
from holdings.catalogue.interface import Entry
from holdings.catalogue.manifest import manifest_bytes
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import (
    MANIFEST_NAME,
    Event,
    EventType,
    Image,
    Outcome,
    Package,
    PackageKind,
    StoredObject,
    new_event_id,
    sha256_hex,
)
from holdings.stores.proving import put_and_prove


def a_package(name: str, *, at: datetime, images: int = 2) -> tuple[Package, dict[str, bytes], list[Image]]:
    """A package, the bytes of its objects, and its images."""
    collection = name.rpartition("-")[0] or name
    bag = "".join(f"{name} image {n}\n" for n in range(images)).encode()
    size = len(bag) // images
    rows = [
        Image(
            image_id=f"{name}.{n + 1}",
            package_id=name,
            path=f"drawer {n}/{name}_{n}.tif",
            size_bytes=size,
            sha256=sha256_hex(bag[n * size : (n + 1) * size]),
            media_type="image/tiff",
            width_px=None if n % 2 else 640,
            height_px=None if n % 2 else 480,
            object_key="bag.tar",
            offset=n * size,
        )
        for n in range(images)
    ]
    objects = {"bag.tar": bag, INDEX_NAME: index_bytes(rows)}
    package = Package(
        package_id=name,
        kind=PackageKind.BAG,
        collection=collection,
        created_at=at,
        objects=tuple(
            StoredObject(key=key, size_bytes=len(data), sha256=sha256_hex(data))
            for key, data in sorted(objects.items())
        ),
        images=images,
    )
    return package, objects, rows


def put_objects(house: House, store: str, name: str, *, manifest: bool = True) -> Package:
    """Write a package into a store, and tell nobody."""
    package, objects, _ = a_package(name, at=house.clock.now())
    written = objects | ({MANIFEST_NAME: manifest_bytes(package)} if manifest else {})
    for key, data in written.items():
        put_and_prove(house.store(store), package.prefix + key, partial(list, [data]), size_bytes=len(data))
    return package


def reading(
    house: House,
    package_id: str,
    store: str,
    event_type: EventType = EventType.FIXITY_CHECK,
    outcome: Outcome = Outcome.SUCCESS,
    detail: Mapping[str, str] | None = None,
) -> Event:
    """That a copy was read now."""
    at = house.clock.now()
    return Event(
        event_id=new_event_id(at),
        at=at,
        event_type=event_type,
        package_id=package_id,
        store=store,
        agent="test",
        outcome=outcome,
        run="run-1",
        detail={**(detail or {})},
    )


def tell(house: House, *events: Event, packages: tuple[Package, ...] = ()) -> None:
    """Journal and record events, and what they say of the copies."""
    house.ledger.record(
        Entry(packages=packages, copies=[copy_after(event) for event in events], events=events)
    )


def hold(house: House, name: str, *stores: str) -> Package:
    """A package that is held in each of `stores` (hot where none is named), indexed and recorded."""
    for store in stores or ("hot",):
        package = put_objects(house, store, name)
    _, objects, _ = a_package(name, at=house.clock.now())
    house.catalogue.images.add(name, objects[INDEX_NAME])
    events = [reading(house, name, store, EventType.INGESTION) for store in stores or ("hot",)]
    tell(house, *events, packages=(package,))
    return package
