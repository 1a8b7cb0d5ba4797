"""What a store itself says of copies that sleep: weaker evidence than reading them, and kept apart from it.

```
read and matched ──> what the store tells of it now is kept with that reading ─┐
asleep ──> what the store tells ── compared with the catalogue's SHA-256, or ──┴──> "fixity assertion"
```
A store may tell at put what it was told, for ever after, whatever became of the bytes. So its word
renews no date: a copy is as old as its last reading, and counts for a removal only once it is read.
The other way round it is believed: what its own store calls other bytes is suspect until it is read.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from archive.recording import Detail, fixity_event, new_event
from holdings.catalogue.manifest import manifest_bytes
from holdings.errors import HoldfastError, NotFound
from holdings.house import House
from holdings.ledger import latest_verifications
from holdings.records import (
    MANIFEST_NAME,
    Copy,
    Event,
    EventType,
    Outcome,
    Package,
    StoredObject,
    sha256_hex,
)
from holdings.settings.prices_reading import hours_to_wake
from holdings.stores.interface import Store, ToldSum
from holdings.stores.reading import SMALL_BYTES

KEPT = "store_checksums"
"""In the detail of a reading: what the store told then of the objects that it just gave, by key (JSON)."""
TOLD: Mapping[str, str] = {"evidence": "told by the store, not read"}
"""In the detail of what rests on a store's word."""


class Word(StrEnum):
    """What a store's own checksums say of a copy that nobody read."""

    SAME = "same bytes"
    OTHER = "other bytes"
    MISSING = "missing"
    NOTHING = "nothing"


_WORST_FIRST = (Word.MISSING, Word.OTHER, Word.NOTHING, Word.SAME)
Kept = Callable[[], Mapping[str, str]]
_FEW = 10
"""Copies of one store that are suspected at once on its word; more speak of the store."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asserted:
    """A store's word on one copy that sleeps."""

    package_id: str
    store: str
    word: Word
    because: str | None
    """None where the store tells what was recorded."""


def sleeping_stores(house: House, *names: str) -> frozenset[str]:
    """Those of the named stores, or of all, whose price sheets say that waking takes time."""
    settings = house.settings
    return frozenset(
        name for name in names or settings.stores if hours_to_wake(settings, settings.stores[name])
    )


def kept_word(house: House, package: Package, store: str, *, among: Iterable[str]) -> Detail:
    """What to keep with a reading that matched: what the store tells now of what it just gave.

    among : the stores whose objects may sleep one day; of others nothing is asked.

    Only what the catalogue's own SHA-256 will not tell: sums of parts, and other algorithms. Small objects
    are put whole, with their SHA-256, and not asked for.
    """
    large = [item for item in package.objects if item.size_bytes > SMALL_BYTES]
    if store not in among or not large:
        return {}
    try:
        told = [(item, house.store(store).told_sum(package.prefix + item.key)) for item in large]
    except HoldfastError:
        return {}  # the reading stands without it
    word = {
        item.key: f"{each.algorithm}:{each.value}"
        for item, each in told
        if each.algorithm and not _is_sha256(each)
    }
    return {KEPT: json.dumps(word, separators=(",", ":"))} if word else {}


def hear(house: House, asleep: Sequence[tuple[Package, Copy]]) -> list[Asserted]:
    """What the stores say of copies that sleep, in the same order; nothing is woken, nothing recorded."""
    with ThreadPoolExecutor(house.settings.limits.threads, thread_name_prefix="asking") as pool:
        heard = list(pool.map(partial(_heard, house), asleep))
    others = Counter(each.store for each in heard if each.word is Word.OTHER)
    return [
        _not_believed(each, others[each.store])
        if each.word is Word.OTHER and others[each.store] > _FEW
        else each
        for each in heard
    ]


def event_of(house: House, copy: Copy, asserted: Asserted, *, run: str) -> Event | None:
    """What a store's word is as history; None where it says nothing.

    What is as recorded renews nothing. What is not, makes the copy suspect or missing, as a reading does.
    """
    if asserted.word is Word.NOTHING:
        return None
    if asserted.word is not Word.SAME:
        missing = asserted.word is Word.MISSING
        return fixity_event(house, copy, run=run, wrong=asserted.because, missing=missing, more=TOLD)
    return new_event(house, EventType.ASSERTION, copy.package_id, run=run, store=copy.store, detail=TOLD)


def _heard(house: House, asleep: tuple[Package, Copy]) -> Asserted:
    package, copy = asleep
    try:
        kept = partial(_kept_of, house, copy)
        found = _worst(house.store(copy.store), package, kept)
        if found[0] in (Word.OTHER, Word.MISSING):
            found = _worst(house.store(copy.store), package, kept)  # nobody is accused by one answer
    except HoldfastError as error:
        found = Word.NOTHING, error.sentence
    word, because = found
    return Asserted(package_id=package.package_id, store=copy.store, word=word, because=because or None)


def _worst(store: Store, package: Package, kept: Kept) -> tuple[Word, str]:
    found = dict(_compared(store, package, kept))
    return next((word, found[word]) for word in _WORST_FIRST if word in found)


def _not_believed(asserted: Asserted, copies: int) -> Asserted:
    because = (
        f"{asserted.store} tells other checksums of {copies} copies at once: that is taken for a fault of "
        "what it tells, and none of them is condemned unread."
    )
    return replace(asserted, word=Word.NOTHING, because=because)


def _compared(store: Store, package: Package, kept: Kept) -> Iterator[tuple[Word, str]]:
    """A word on each object, and why."""
    before: Mapping[str, str] | None = None
    for item in _objects(package):
        key = package.prefix + item.key
        try:
            told = store.told_sum(key)
        except NotFound:
            yield Word.MISSING, f"{key} is not in {store.name}."
            continue
        if told.algorithm is None or _is_sha256(told) or told.size_bytes != item.size_bytes:
            yield _word(store, item, told)
            continue
        before = kept() if before is None else before  # asked of the catalogue only where it is needed
        yield _word_by_memory(store, told, before.get(item.key))


def _word(store: Store, item: StoredObject, told: ToldSum) -> tuple[Word, str]:
    wanted = base64.b64encode(bytes.fromhex(item.sha256)).decode()
    if told.size_bytes != item.size_bytes:
        told_bytes = f"{store.name} tells of {told.size_bytes} bytes of {told.key}"
        return Word.OTHER, f"{told_bytes}, recorded are {item.size_bytes}."
    if told.algorithm is None:
        return Word.NOTHING, f"{store.name} keeps no checksum of {told.key}."
    if told.value == wanted:
        return Word.SAME, ""
    return Word.OTHER, (
        f"{store.name} tells of {told.key} the SHA-256 {base64.b64decode(told.value).hex()}, recorded is "
        f"{item.sha256}; it was not read."
    )


def _word_by_memory(store: Store, told: ToldSum, kept: str | None) -> tuple[Word, str]:
    """Against what the store told of the same object when it was last read and matched."""
    algorithm, _, value = (kept or "").partition(":")
    if algorithm != told.algorithm:
        what = f"a {told.algorithm}" + ("" if told.of_all_bytes else " of parts")
        because = (
            f"{store.name} keeps {what} of {told.key}, and none was recorded when it was last read: "
            "it cannot be compared."
        )
        return Word.NOTHING, because
    if value == told.value:
        return Word.SAME, ""
    return Word.OTHER, (
        f"{store.name} tells of {told.key} the {algorithm} {told.value}, and told {value} when it was last "
        "read; it was not read now."
    )


def _kept_of(house: House, copy: Copy) -> Mapping[str, str]:
    """By key what the store told when the copy was last read and matched; empty where that was not kept."""
    events = house.catalogue.events(package_id=copy.package_id)
    last = latest_verifications(events).get((copy.package_id, copy.store))
    if last is None or last.outcome is not Outcome.SUCCESS:
        return {}
    kept: dict[str, str] = json.loads(str(last.detail.get(KEPT) or "{}"))
    return kept


def _is_sha256(told: ToldSum) -> bool:
    return told.algorithm == "SHA256" and told.of_all_bytes


def _objects(package: Package) -> Iterator[StoredObject]:
    """Every object, and the manifest, which is the same byte for byte in every store."""
    yield from package.objects
    data = manifest_bytes(package)
    yield StoredObject(key=MANIFEST_NAME, size_bytes=len(data), sha256=sha256_hex(data))
