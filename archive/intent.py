"""The first object of a package: what its bag's bytes hang on, said before the first byte.

It lies in the store and not in the catalogue, so a deposit that was killed can be finished
even where the catalogue was lost. Whoever comes second (after a kill, or at the same time)
takes what is written there, and so makes the same bag.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass

from archive.bag import ALGORITHMS, Intent
from archive.identifying.interface import Check
from holdings.clock import from_iso, iso
from holdings.errors import AccessDenied, AlreadyExists, Conflict, Corrupt, NotFound
from holdings.records import package_prefix
from holdings.stores.interface import Store

INTENT_NAME = "intent.json"
INTENT_FORMAT = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """An intent that lies in the store."""

    intent: Intent
    data: bytes
    """Exactly as it lies there."""
    version: str | None
    """Of the object, where this very run wrote it; None where it was there."""


def declare(store: Store, intent: Intent) -> Declared:
    """Put `intent` into the store, or take the one that an earlier run put there."""
    key, data = intent_key(intent.package_id), intent_bytes(intent)
    try:
        info = store.put(key, data)
    except AlreadyExists:
        there = b"".join(store.get(key))
        found = read_intent(there, origin=f"{key} in {store.name}")
        if (found.package_id, found.collection) != (intent.package_id, intent.collection):
            raise Corrupt(f"{key} in {store.name} is the intent of another package.") from None
        return Declared(intent=found, data=there, version=None)
    return Declared(intent=intent, data=data, version=info.version)


def withdraw(store: Store, declared: Declared, *, unless: str) -> None:
    """Take back what this run declared and could not begin, so that nothing is left behind.

    unless : a key; where it exists, another run is at work under the same intent, which stays.
    """
    if declared.version is None:
        return
    try:
        store.head(unless)
    except NotFound:
        # A depositor's key may put and not take back; then the intent stays, and the next deposit takes it.
        with suppress(NotFound, Conflict, AccessDenied):
            store.delete(intent_key(declared.intent.package_id), version=declared.version)


def intent_key(package_id: str) -> str:
    """Where the intent of a package lies."""
    return package_prefix(package_id) + INTENT_NAME


def intent_bytes(intent: Intent) -> bytes:
    """The intent as JSON, the same bytes for the same intent."""
    fields = {
        "format": INTENT_FORMAT,
        "package_id": intent.package_id,
        "collection": intent.collection,
        "started_at": iso(intent.started_at),
        "algorithms": list(intent.algorithms),
        "software": intent.software,
        "agent": intent.agent,
        "check": intent.check,
        "group": intent.group,
        "number": intent.number,
        "count": intent.count,
        "organization": intent.organization,
    }
    return (json.dumps(fields, ensure_ascii=False, indent=2) + "\n").encode()


def read_intent(data: bytes, *, origin: str) -> Intent:
    """The inverse of `intent_bytes`; Corrupt naming `origin` where it is no intent."""
    try:
        row = json.loads(data)
        if row.pop("format") != INTENT_FORMAT:
            raise ValueError("unknown format")
        intent = Intent(
            package_id=row["package_id"],
            collection=row["collection"],
            started_at=from_iso(row["started_at"]),
            algorithms=tuple(row["algorithms"]),
            software=row["software"],
            agent=row["agent"],
            check=Check(row["check"]),
            group=row["group"],
            number=row["number"],
            count=row["count"],
            organization=row["organization"],
        )
        if intent_bytes(intent) != data or not all(map(str.isprintable, _texts(intent))):
            raise ValueError("not as it was written")
        if not 1 <= intent.number <= intent.count:
            raise ValueError("no such bag")
        if "sha256" not in intent.algorithms or not ALGORITHMS.issuperset(intent.algorithms):
            raise ValueError("unknown algorithms")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(
            f"{origin} is no intent of a deposit.",
            hint="Look at it; when nobody needs it, remove it and deposit again.",
            detail=str(error),
        ) from None
    return intent


def _texts(intent: Intent) -> tuple[str, str, str]:
    """What becomes a line of bag-info.txt as it is."""
    return intent.software, intent.agent, intent.organization or ""
