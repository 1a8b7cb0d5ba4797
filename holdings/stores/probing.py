"""Trying what a store claims, with wrong values on purpose, in a scratch folder of its own.

"No error" proves nothing: some servers answer 200 to a wrong checksum and delete what they were
told not to. So each promise is broken deliberately, and what is there afterwards is looked at.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from holdings.clock import Clock, iso
from holdings.errors import AccessDenied, AlreadyExists, Conflict, HoldfastError
from holdings.stores.interface import Store

if TYPE_CHECKING:
    from holdings.settings.model import StoreSettings

SCRATCH = "holdfast/probe/"
PROBES = "holdfast/probes/"
LOCKS_HOLD = "what is locked stays, and keeps its bytes"
"""Claimed by a store whose settings say `object_lock = true`."""
_WRITERS = 8
_MAX_SKEW = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proved:
    """What became of one claim."""

    claim: str
    holds: bool
    says: str
    """What was seen; empty where it holds."""


def probe(spec: StoreSettings, store: Store, clock: Clock, *, sleeps: bool = False) -> list[Proved]:
    """Try every claim of the store, and keep in it what was found.

    sleeps : it claims to have a class that must be woken before it is read.

    Raises Unavailable where it does not answer: then nothing is proved, one way or the other.
    """
    scratch = f"{SCRATCH}{secrets.token_hex(8)}/"
    try:
        found = [_tried(claim, partial(seen, store, scratch)) for claim, seen in _CLAIMS.items()]
        found.append(_tried("its clock is ours within 5 minutes", partial(_clock, store, scratch, clock)))
        if urlsplit(spec.url).scheme == "s3":
            # botocore takes a while to import; a house of folders never needs it.
            from holdings.stores.s3_probing import claims_of, reached  # noqa: PLC0415

            with reached(spec) as access:
                claims = claims_of(spec, sleeps=sleeps)
                found += [_tried(claim, partial(seen, access, scratch)) for claim, seen in claims.items()]
    finally:
        _sweep(store, scratch)
    at = clock.now()
    body = {"at": iso(at), "store": spec.name, "url": spec.url, "proved": [asdict(each) for each in found]}
    key = f"{PROBES}{at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}.json"
    store.put(key, json.dumps(body, indent=1).encode())
    return found


def proved_claims(store: Store) -> frozenset[str]:
    """What the latest probe of the store proved; nothing where there was none."""
    newest = max((info.key for info in store.list(PROBES)), default=None)
    if newest is None:
        return frozenset()
    try:
        told = json.loads(b"".join(store.get(newest)))
        return frozenset(each["claim"] for each in told["proved"] if each["holds"] is True)
    except (ValueError, KeyError, TypeError):
        return frozenset()  # nothing that we wrote proves nothing


def _tried(claim: str, seen: Callable[[], str]) -> Proved:
    try:
        says = seen()
    except AccessDenied as error:
        says = error.sentence  # nothing is proved by an identity that may not try it
    return Proved(claim=claim, holds=not says, says=says)


def _sweep(store: Store, scratch: str) -> None:
    with suppress(HoldfastError):
        for info in store.list(scratch):
            store.delete(info.key, version=info.version)


def _never_replaces(store: Store, scratch: str) -> str:
    store.put(f"{scratch}once", b"first")
    try:
        store.put(f"{scratch}once", b"other")
    except AlreadyExists:
        now = b"".join(store.get(f"{scratch}once"))
        return "" if now == b"first" else "the second put was refused, and the object is another all the same"
    return "a second put of the same key was taken"


def _one_writer_wins(store: Store, scratch: str) -> str:
    def write(number: int) -> bool:
        with suppress(AlreadyExists):
            store.put(f"{scratch}race", f"writer {number}".encode())
            return True
        return False

    with ThreadPoolExecutor(_WRITERS) as pool:
        winners = [number for number, won in enumerate(pool.map(write, range(_WRITERS))) if won]
    now = b"".join(store.get(f"{scratch}race")).decode()
    if len(winners) != 1:
        return f"{len(winners)} of {_WRITERS} writers at once were told that they had won"
    return "" if now == f"writer {winners[0]}" else "the writer who was told that it had won had not"


def _deletes_only_that_version(store: Store, scratch: str) -> str:
    store.put(f"{scratch}kept", b"kept")
    with suppress(Conflict):
        store.delete(f"{scratch}kept", version="another")
        return "a delete of another version was taken"
    return "" if b"".join(store.get(f"{scratch}kept")) == b"kept" else "the object is gone all the same"


def _reads_only_that_version(store: Store, scratch: str) -> str:
    store.put(f"{scratch}version", b"here")
    with suppress(Conflict):
        b"".join(store.get(f"{scratch}version", version='"00000000000000000000000000000000"'))
        return "a read of another version was answered"
    return ""


def _is_there_at_once(store: Store, scratch: str) -> str:
    data = secrets.token_bytes(100_000)
    store.put(f"{scratch}there/large", data)
    store.put(f"{scratch}there/empty", b"")
    listed = [(info.key, info.size_bytes) for info in store.list(f"{scratch}there/")]
    if listed != [(f"{scratch}there/empty", 0), (f"{scratch}there/large", len(data))]:
        return "what was just put is not listed as it is"
    if b"".join(store.get(f"{scratch}there/large")) != data or b"".join(store.get(f"{scratch}there/empty")):
        return "what was just put is not read as it is"
    return (
        "" if store.get_range(f"{scratch}there/large", 7, 99) == data[7:106] else "a range is another range"
    )


def _copies(store: Store, scratch: str) -> str:
    store.put(f"{scratch}copy/from", b"from")
    store.put(f"{scratch}copy/taken", b"taken")
    store.copy(f"{scratch}copy/from", f"{scratch}copy/to")
    with suppress(AlreadyExists):
        store.copy(f"{scratch}copy/from", f"{scratch}copy/taken")
        return "a copy onto an object that is there was taken"
    return "" if b"".join(store.get(f"{scratch}copy/to")) == b"from" else "a copy is not what was copied"


def _clock(store: Store, scratch: str, clock: Clock) -> str:
    now, key = clock.now(), store.put(f"{scratch}clock", b"tick").key
    there = store.head(key).modified_at
    return "" if abs(there - now) <= _MAX_SKEW else f"its clock says {iso(there)}, ours {iso(now)}"


_CLAIMS: dict[str, Callable[[Store, str], str]] = {
    "a put never replaces": _never_replaces,
    "of many writers at once one wins": _one_writer_wins,
    "a delete of another version is refused": _deletes_only_that_version,
    "a read of another version is refused": _reads_only_that_version,
    "what was put is listed and read at once": _is_there_at_once,
    "a copy within it is a copy, and never replaces": _copies,
}
