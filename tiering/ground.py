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
            _take_away(house, name, marker)


def _mark(house: House, name: str) -> ObjectInfo:
    before = house.clock.now()
    marker = _put_marker(house, name)
    after = house.clock.now()
    if not before - MAX_SKEW <= marker.modified_at <= after + MAX_SKEW:
        raise Conflict(
            f"The clock of the store '{name}' says {marker.modified_at:%Y-%m-%d %H:%M:%S} and ours "
            f"{after:%Y-%m-%d %H:%M:%S} UTC: with clocks more than 5 minutes apart nothing is removed.",
            hint="Set the clock of this machine, or tell the store's operator.",
        )
    return marker


def _put_marker(house: House, name: str) -> ObjectInfo:
    store = house.store(name)
    return store.head(store.put(f"{MARKERS}{secrets.token_hex(16)}", secrets.token_bytes(16)).key)


def _take_away(house: House, name: str, marker: ObjectInfo) -> None:
    with suppress(HoldfastError):  # a few bytes, in nobody's way
        house.store(name).delete(marker.key, version=marker.version)


def _one_place_each(house: House, names: Collection[str], markers: Mapping[str, ObjectInfo]) -> None:
    for written, marker in markers.items():
        for other in names:
            if other == written:
                continue
            try:
                house.store(other).head(marker.key)
            except NotFound:
                continue
            raise _one_place(written, other)


def refuse_one_place(house: House, target: str, others: Collection[str], key: str) -> None:
    """For a copy that was found in `target` and not written: raise Conflict where it is one of `others`'.

    Whoever copies into the place that is copied from finds every object there, and good. A marker is
    written only where `key` looks alike in both: not every role may write one, and two names of one
    place tell the same time and version of it, as replicas of a provider's do, too.
    """
    found = house.store(target).head(key)
    for other in others:
        try:
            like = house.store(other).head(key)
        except HoldfastError:
            continue  # what is not there, or does not answer, is not this one, or nothing was copied from it
        if (like.version, like.modified_at) == (found.version, found.modified_at):
            marker = _put_marker(house, target)
            try:
                _one_place_each(house, [other], {target: marker})
            finally:
                _take_away(house, target, marker)


def _one_place(one: str, other: str) -> Conflict:
    return Conflict(
        f"The stores '{one}' and '{other}' are one place: what is written to the one is read "
        "through the other, so that a copy in each is one copy.",
        hint="Give each store of holdfast.toml a place of its own.",
    )
