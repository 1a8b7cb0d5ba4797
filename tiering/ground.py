"""The ground that removals stand on: the stores' clocks agree with ours, and no two are one place.

A marker is written to each store that takes part. When the store says it was written tells its
clock; whether it can be read through another store tells that both are one place under two names.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta

from holdings.errors import Conflict, HoldfastError, NotFound
from holdings.house import House
from holdings.stores.interface import ObjectInfo

MARKERS = "holdfast/markers/"
MAX_SKEW = timedelta(minutes=5)


@contextmanager
def firm_ground(house: House, names: Collection[str]) -> Iterator[None]:
    """Inside, removals may be thought of.

    Raises Conflict where a clock is off or two of the stores `names` are one place, Unavailable
    where a store could not be asked: then nothing is known, and nothing is removed.
    """
    markers: dict[str, ObjectInfo] = {}
    try:
        for name in names:
            if not house.settings.stores[name].read_only:
                markers[name] = _mark(house, name)
        _one_place_each(house, names, markers)
        yield
    finally:
        for name, marker in markers.items():
            with suppress(HoldfastError):  # a few bytes, in nobody's way
                house.store(name).delete(marker.key, version=marker.version)


def _mark(house: House, name: str) -> ObjectInfo:
    before = house.clock.now()
    store = house.store(name)
    marker = store.head(store.put(f"{MARKERS}{secrets.token_hex(16)}", secrets.token_bytes(16)).key)
    after = house.clock.now()
    if not before - MAX_SKEW <= marker.modified_at <= after + MAX_SKEW:
        raise Conflict(
            f"The clock of the store '{name}' says {marker.modified_at:%Y-%m-%d %H:%M:%S} and ours "
            f"{after:%Y-%m-%d %H:%M:%S} UTC: with clocks more than 5 minutes apart nothing is removed.",
            hint="Set the clock of this machine, or tell the store's operator.",
        )
    return marker


def _one_place_each(house: House, names: Collection[str], markers: Mapping[str, ObjectInfo]) -> None:
    for written, marker in markers.items():
        for other in names:
            if other == written:
                continue
            try:
                house.store(other).head(marker.key)
            except NotFound:
                continue
            raise Conflict(
                f"The stores '{written}' and '{other}' are one place: what is written to the one is read "
                "through the other, so that a copy in each is one copy.",
                hint="Give each store of holdfast.toml a place of its own.",
            )
