"""Reading copies again, every one or a random share, and recording what was found.

"Unknown" (a store that could not be asked) is neither good nor bad: it is told and changes nothing.
What sleeps is not woken: its store is asked what it keeps as a checksum (`archive.asserting`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from itertools import islice
from time import monotonic
from typing import Protocol

from archive.asserting import Asserted, Word, event_of, hear, kept_word, sleeping_stores
from archive.recording import fixity_event, new_run
from archive.sampling import Inference, Sample, draw, infer
from holdings.catalogue.interface import Entry
from holdings.catalogue.manifest import MANIFEST_MAX_BYTES, read_manifest
from holdings.errors import BadInput, Corrupt, HoldfastError, NotFound, NotOnline, Unavailable
from holdings.house import House
from holdings.ledger import copy_after
from holdings.observing import Advanced, CopyVerified, Finished, Started
from holdings.records import MANIFEST_NAME, Copy, CopyStatus, Event, EventType, Package, StoredObject
from holdings.stores.interface import Store
from holdings.stores.reaching import Reachable
from holdings.stores.reading import read_and_hash

BATCH = 64
"""Copies between two recordings: what a kill can cost is reading these again."""
_JOB = "verifying"
_NOT_CLAIMED = {CopyStatus.WRITING, CopyStatus.RETIRED}


class Finding(StrEnum):
    """What reading a copy showed."""

    GOOD = "good"
    CORRUPT = "corrupt"
    MISSING = "missing"
    UNKNOWN = "unknown"
    ASLEEP = "asleep"
    """Not read; what its store tells of it is not other than recorded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckedCopy:
    """One copy that was read, or could not be."""

    package_id: str
    store: str
    finding: Finding
    because: str | None
    """None where it is good."""
    bytes_read: int
    seconds: float
    told: Word | None = None
    """What its store itself says of it; None where the copy was read, or its store was not asked."""


class Reads(Protocol):
    """Whoever reads whole copies, where this process does not (`tiering.batch`). Threads may share it."""

    @property
    def at_once(self) -> int:
        """How many copies at a time keep it at work."""
        ...

    def read(self, package: Package, store: str, *, may_go_on: Callable[[], None]) -> object:
        """Read and compare a copy. Raises NotFound, Corrupt, Conflict or Unavailable."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What became of every copy that was asked for."""

    copies: Sequence[CheckedCopy] = field(default=())
    inference: Inference | None = None
    """What this says of the copies that were not read; None where all were to be read."""

    def of(self, finding: Finding) -> list[CheckedCopy]:
        """The copies with that finding."""
        return [copy for copy in self.copies if copy.finding is finding]

    @property
    def is_good(self) -> bool:
        """Every copy was read and matched."""
        return all(copy.finding is Finding.GOOD for copy in self.copies)

    @property
    def bytes_read(self) -> int:
        return sum(copy.bytes_read for copy in self.copies)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """What is the same for all copies of one run."""

    house: House
    packages: Mapping[str, Package]
    run: str
    waking: frozenset[str]
    """Stores whose objects may sleep."""


def verify(
    house: House,
    *,
    package_ids: Sequence[str] | None = None,
    store: str | None = None,
    sample: Sample | None = None,
    crew: Reads | None = None,
) -> Verification:
    """Read every object of every copy, compare, and record each reading.

    package_ids : only these; None means all. Raises NotFound for one that the catalogue lacks.
    store : only copies there; None means everywhere.
    sample : only a random share of those copies; None means all.
    crew : who reads the copies; None means this process.
    """
    if store is not None:
        house.store(store)
    packages = _packages(house, package_ids)
    claimed = [
        copy
        for copy in house.catalogue.copies(store=store)
        if copy.package_id in packages and copy.status not in _NOT_CLAIMED
    ]
    copies = claimed if sample is None else draw(claimed, sample)
    stores, waking = Reachable(), sleeping_stores(house)
    seen = _Run(house=house, packages=packages, run=new_run(house, "verify"), waking=waking)
    house.observer(
        Started(job=_JOB, total_bytes=sum(packages[copy.package_id].size_bytes for copy in copies))
    )
    checked: list[CheckedCopy] = []
    try:
        check = _check if crew is None else partial(_check_by, crew)
        threads = house.settings.limits.threads if crew is None else crew.at_once
        with ThreadPoolExecutor(threads, thread_name_prefix=_JOB) as pool:
            for batch in _batches(copies):
                found = list(
                    pool.map(lambda copy: check(house, packages[copy.package_id], copy, stores), batch)
                )
                found = _told(house, packages, batch, found)
                _record(seen, batch, found)
                checked += found
    finally:
        house.observer(Finished(job=_JOB))
    return Verification(
        copies=checked, inference=None if sample is None else _inferred(len(claimed), checked, sample)
    )


def _inferred(population: int, checked: Sequence[CheckedCopy], sample: Sample) -> Inference:
    """A copy that nobody could look at says nothing, neither good nor bad."""
    read = [copy for copy in checked if copy.finding not in (Finding.UNKNOWN, Finding.ASLEEP)]
    bad = sum(copy.finding is not Finding.GOOD for copy in read)
    return infer(population=population, read=len(read), bad=bad, seed=sample.seed)


def _packages(house: House, package_ids: Sequence[str] | None) -> Mapping[str, Package]:
    if package_ids is None:
        return {package.package_id: package for package in house.catalogue.packages()}
    return {package_id: house.catalogue.package(package_id) for package_id in package_ids}


def _batches(copies: Sequence[Copy]) -> Iterator[list[Copy]]:
    waiting = iter(copies)
    while batch := list(islice(waiting, BATCH)):
        yield batch


def _check(house: House, package: Package, copy: Copy, stores: Reachable) -> CheckedCopy:
    """Read one copy whole. Any definite fault outweighs what could not be looked at."""
    began = monotonic()
    faults: dict[Finding, list[str]] = {}
    bytes_read = 0
    for finding, because, size in _readings(house, package, copy, stores):
        faults.setdefault(finding, []).append(because)
        bytes_read += size
    worst = next(finding for finding in _WORST_FIRST if finding in faults)
    seconds = monotonic() - began
    if worst is Finding.GOOD:
        house.observer(
            CopyVerified(
                package_id=package.package_id, store=copy.store, size_bytes=bytes_read, seconds=seconds
            )
        )
    return CheckedCopy(
        package_id=package.package_id,
        store=copy.store,
        finding=worst,
        # A store that is away says the same of every object.
        because=None if worst is Finding.GOOD else " ".join(dict.fromkeys(faults[worst])),
        bytes_read=bytes_read,
        seconds=seconds,
    )


def _check_by(crew: Reads, house: House, package: Package, copy: Copy, stores: Reachable) -> CheckedCopy:
    """As `_check`, with the reading done elsewhere; what is wrong is looked at from here, and named."""
    began = monotonic()
    try:
        stores.check(copy.store)
        house.store(copy.store)
        crew.read(package, copy.store, may_go_on=lambda: None)
        stores.answered(copy.store)
    except (NotFound, Corrupt, NotOnline):
        return _check(house, package, copy, stores)
    except HoldfastError as error:
        stores.failed(copy.store, error)
        return _checked(copy, Finding.UNKNOWN, error.sentence, 0, began)
    house.observer(Advanced(job=_JOB, size_bytes=package.size_bytes))
    return _checked(copy, Finding.GOOD, None, package.size_bytes, began)


def _checked(copy: Copy, finding: Finding, because: str | None, bytes_read: int, began: float) -> CheckedCopy:
    return CheckedCopy(
        package_id=copy.package_id,
        store=copy.store,
        finding=finding,
        because=because,
        bytes_read=bytes_read,
        seconds=monotonic() - began,
    )


def _told(
    house: House, packages: Mapping[str, Package], batch: Sequence[Copy], found: Sequence[CheckedCopy]
) -> list[CheckedCopy]:
    """The same, with what the stores say of the copies that sleep."""
    asleep = [
        (packages[copy.package_id], copy)
        for copy, each in zip(batch, found, strict=True)
        if each.finding is Finding.ASLEEP
    ]
    heard = iter(hear(house, asleep) if asleep else ())
    return [_with_word(each, next(heard)) if each.finding is Finding.ASLEEP else each for each in found]


_MEANS = {Word.OTHER: Finding.CORRUPT, Word.MISSING: Finding.MISSING}


def _with_word(checked: CheckedCopy, heard: Asserted) -> CheckedCopy:
    says = heard.because or f"{heard.store} itself tells the checksums that were recorded; it was not read."
    return replace(
        checked,
        finding=_MEANS.get(heard.word, Finding.ASLEEP),
        because=says if heard.word in _MEANS else f"{checked.because} {says}",
        told=heard.word,
    )


_WORST_FIRST = (Finding.CORRUPT, Finding.MISSING, Finding.UNKNOWN, Finding.ASLEEP, Finding.GOOD)
_Reading = tuple[Finding, str, int]
"""What was found, why, and how many bytes were read."""


def _readings(house: House, package: Package, copy: Copy, stores: Reachable) -> Iterator[_Reading]:
    """Every object, then the manifest, as long as the store answers."""
    if copy.store not in house.stores:
        yield Finding.UNKNOWN, f"The settings name no store '{copy.store}'.", 0
        return
    store = house.stores[copy.store]
    steps = [partial(_check_object, house, store, package, item) for item in package.objects]
    for step in (*steps, partial(_check_manifest, store, package)):
        try:
            stores.check(store.name)
            reading = step()
        except HoldfastError as error:
            if isinstance(error, NotOnline):
                yield Finding.ASLEEP, error.sentence, 0
                continue
            stores.failed(store.name, error)
            yield Finding.UNKNOWN, error.sentence, 0
            if isinstance(error, Unavailable):
                return  # it is away for the next object, too
        else:
            stores.answered(store.name)
            yield reading


def _check_object(house: House, store: Store, package: Package, item: StoredObject) -> _Reading:
    key = package.prefix + item.key
    try:
        found = read_and_hash(store, key, job=_JOB, observer=house.observer)
    except NotFound:
        return Finding.MISSING, f"{key} is not in {store.name}.", 0
    if (found.size_bytes, found.digest) == (item.size_bytes, item.sha256):
        return Finding.GOOD, "", found.size_bytes
    because = (
        f"{key} in {store.name} has {found.size_bytes} bytes and the SHA-256 {found.digest}, "
        f"recorded are {item.size_bytes} and {item.sha256}."
    )
    return Finding.CORRUPT, because, found.size_bytes


def _check_manifest(store: Store, package: Package) -> _Reading:
    """Without its manifest a package could not be found again after the loss of the catalogue."""
    key = package.prefix + MANIFEST_NAME
    try:
        size = store.head(key).size_bytes
        # One byte more than any manifest has: `read_manifest` refuses what is longer.
        found = read_manifest(store.get_range(key, 0, min(size, MANIFEST_MAX_BYTES + 1)), origin=key)
    except NotFound:
        return Finding.MISSING, f"{key} is not in {store.name}.", 0
    except BadInput as error:
        return Finding.CORRUPT, error.sentence, 0
    if found == package:
        return Finding.GOOD, "", 0
    return Finding.CORRUPT, f"{key} in {store.name} tells of another package than was recorded.", 0


def _record(seen: _Run, batch: Sequence[Copy], found: Sequence[CheckedCopy]) -> None:
    """Readings of copies that are still what they were when the reading began."""
    present = {
        (copy.package_id, copy.store): copy
        for package_id in dict.fromkeys(copy.package_id for copy in batch)
        for copy in seen.house.catalogue.copies(package_id=package_id)
    }
    events = [
        event
        for copy, checked in zip(batch, found, strict=True)
        # A copy that was moved or retired while it was read must not be brought back by a late row.
        if present.get((copy.package_id, copy.store)) == copy
        and (event := _event(seen, copy, checked)) is not None
    ]
    if events:
        read = [event for event in events if event.event_type is not EventType.ASSERTION]
        seen.house.ledger.record(Entry(copies=[copy_after(event) for event in read], events=events))


def _event(seen: _Run, copy: Copy, checked: CheckedCopy) -> Event | None:
    if checked.told is not None:
        asserted = Asserted(
            package_id=copy.package_id, store=copy.store, word=checked.told, because=checked.because
        )
        return event_of(seen.house, copy, asserted, run=seen.run)
    if checked.finding is Finding.UNKNOWN:
        return None
    more = None
    if checked.finding is Finding.GOOD:
        more = kept_word(seen.house, seen.packages[copy.package_id], copy.store, among=seen.waking)
    missing = checked.finding is Finding.MISSING
    return fixity_event(seen.house, copy, run=seen.run, wrong=checked.because, missing=missing, more=more)
