"""Reading copies again, a share each night: the one that was read longest ago comes first.

```
listings ──> surprises (objects nobody knows), absent copies ─┐
catalogue ──> oldest reading first, stores in turn ───────────┴──> read ──> history
```
What sleeps is not woken: its store is asked for the checksums that it keeps, which is told apart from
a reading (`archive.asserting`). What could not be looked at is neither good nor bad. Only where a
store answers for everything else, and refuses to give a few copies twice, are those suspect: so a
server tells of a bit that flipped on its disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, islice, zip_longest

from archive.asserting import Asserted, Word, event_of, hear, kept_word, sleeping_stores
from archive.recording import fixity_event, new_run
from archive.verifying import CheckedCopy, Finding
from holdings.catalogue.interface import Entry
from holdings.errors import Conflict, Corrupt, HoldfastError, NotFound, NotOnline
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import MANIFEST_NAME, PACKAGES_PREFIX, Copy, CopyStatus, Event, EventType, Package
from holdings.stores.reaching import Reachable
from holdings.stores.throttled import ThrottledStore
from tiering.crew import Crew
from tiering.hands import SMALL_AT_ONCE, Places
from tiering.proving import read_witness

_AT_ONCE = 1024
"""Copies between two visits to the catalogue, which take longer than reading a small package."""
_BYTES_AT_ONCE = 64 << 30
"""What is read between two recordings, at most: what a kill can cost is reading these again."""
_PORTION, _PORTION_BYTES = 16, 1 << 20
"""Small copies that one thread reads one after the other: handed over one by one they take a third longer."""
_LARGE_BYTES = 8 << 20
_LISTED_AT_ONCE = 500
_CLAIMED = (CopyStatus.VERIFIED, CopyStatus.SUSPECT, CopyStatus.MISSING, CopyStatus.RECALLED)
_FEW = 10
"""Copies of one store that may become suspect because it does not give them. More at once are an
outage of part of it, which passes, and no damage."""
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Surprise:
    """An object below `packages/` that the catalogue does not know there."""

    store: str
    key: str
    size_bytes: int
    says: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Audited:
    """What an audit found."""

    copies: Sequence[CheckedCopy]
    """Those that were read, or could not be."""
    asserted: Sequence[Asserted]
    """Copies that were left to sleep, and what their stores say of them."""
    surprises: Sequence[Surprise]
    unlisted: Sequence[tuple[str, str]]
    """Stores whose listing could not be had, and why: of surprises there nothing is known."""
    left: int
    """Copies that are not this run's share."""

    @property
    def asleep(self) -> list[tuple[str, str]]:
        """Copies (package, store) that were left to sleep."""
        return [(each.package_id, each.store) for each in self.asserted]

    @property
    def wrong(self) -> list[CheckedCopy]:
        """Copies that are damaged or missing."""
        return [copy for copy in self.copies if copy.finding in (Finding.CORRUPT, Finding.MISSING)]

    @property
    def unknown(self) -> list[CheckedCopy]:
        """Copies of which nothing can be said."""
        return [copy for copy in self.copies if copy.finding is Finding.UNKNOWN]

    @property
    def bytes_read(self) -> int:
        """Of the copies that were read whole."""
        return sum(copy.bytes_read for copy in self.copies)


def audit(
    house: House,
    *,
    budget_bytes: int | None = None,
    share: float | None = None,
    bytes_per_second: float | None = None,
    list_stores: bool = True,
    crew: Crew | None = None,
) -> Audited:
    """Read copies again and record each reading.

    budget_bytes : the most that is read; None means any number.
    share : of all copies, above 0 and up to 1; None means all.
    bytes_per_second : from each store; None means as fast as it goes.
    list_stores : look also for objects that nobody knows.
    crew : who reads the copies, at its own pace; None means this process.
    """
    run = new_run(house, "audit")
    slowed = _slowed(house, bytes_per_second)
    surprises: list[Surprise] = []
    unlisted: list[tuple[str, str]] = []
    absent: set[tuple[str, str]] = set()
    for name in house.stores if list_stores else ():
        try:
            for found in _compared(house, name):
                if isinstance(found, Surprise):
                    surprises.append(found)
                else:
                    absent.add(found)
        except HoldfastError as error:
            unlisted.append((name, error.sentence))
    copies = _in_turn(house, absent)
    chosen = list(_chosen(house, copies, budget_bytes=budget_bytes, share=share))
    checked, asserted = _read_all(slowed, chosen, run, crew)
    return Audited(
        copies=checked,
        asserted=asserted,
        surprises=surprises,
        unlisted=unlisted,
        left=len(copies) - len(chosen),
    )


def _slowed(house: House, bytes_per_second: float | None) -> House:
    if bytes_per_second is None:
        return house
    stores = {
        name: ThrottledStore(store, requests_per_second=None, bytes_per_second=bytes_per_second)
        for name, store in house.stores.items()
    }
    return replace(house, stores=stores)


def _in_turn(house: House, absent: set[tuple[str, str]]) -> list[Copy]:
    """Copies that a listing lacked, then those looked at longest ago, the stores taking turns.

    By the last look, not the last good reading: what sleeps, and what nobody can mend, would come first
    every night, and a share of the copies would never get further.
    """
    looked_at = house.catalogue.looked_at()
    copies = [
        copy for copy in house.catalogue.copies() if copy.status in _CLAIMED and copy.store in house.stores
    ]
    copies.sort(
        key=lambda copy: (
            looked_at.get((copy.package_id, copy.store)) or copy.verified_at or _EVER,
            copy.package_id,
        )
    )
    by_store = [[copy for copy in copies if copy.store == name] for name in house.stores]
    turns = [copy for turn in zip_longest(*by_store) for copy in turn if copy is not None]
    return sorted(turns, key=lambda copy: (copy.package_id, copy.store) not in absent)


def _chosen(
    house: House, copies: Sequence[Copy], *, budget_bytes: int | None, share: float | None
) -> Iterator[Copy]:
    """The first of `copies` that fit; at least one, so that even a small budget comes round."""
    most = len(copies) if share is None else max(1, round(share * len(copies)))
    if budget_bytes is None:
        yield from copies[:most]
        return
    table = house.catalogue.package_table()
    sizes = dict(zip(table["package_id"].to_pylist(), table["bytes"].to_pylist(), strict=True))
    spent = 0
    for number, copy in enumerate(copies[:most]):
        spent += sizes.get(copy.package_id, 0)
        if number and spent > budget_bytes:
            return
        yield copy


def _read_all(
    house: House, copies: Sequence[Copy], run: str, crew: Crew | None
) -> tuple[list[CheckedCopy], list[Asserted]]:
    checked: list[CheckedCopy] = []
    asserted: list[Asserted] = []
    stores, waking = Reachable(), sleeping_stores(house)
    read = partial(read_witness, house) if crew is None else crew.read
    places = Places(house.settings.limits.threads) if crew is None else None
    threads = SMALL_AT_ONCE * house.settings.limits.threads if crew is None else crew.at_once
    with ThreadPoolExecutor(threads, thread_name_prefix="audit") as pool:
        for known, packages in _batches(house, copies):
            each_portion = partial(_portion, partial(_reading, read, packages, stores), packages, places)
            portions = pool.map(each_portion, _portions(known, packages))
            readings = [each for portion in portions for each in portion]
            readings = _given_up_on(house, packages, known, readings)
            seen = [(copy, each) for copy, each in zip(known, readings, strict=True) if each is not None]
            asleep = [copy for copy, each in zip(known, readings, strict=True) if each is None]
            heard = hear(house, [(packages[copy.package_id], copy) for copy in asleep]) if asleep else []
            told = [
                (copy, event)
                for copy, each in zip(asleep, heard, strict=True)
                if (event := event_of(house, copy, each, run=run)) is not None
            ]
            _record(house, [*_events(house, packages, seen, run, waking), *told])
            checked += [each for _, each in seen]
            checked += [_accused(each) for each in heard if each.word in _MEANS]
            asserted += [each for each in heard if each.word not in _MEANS]
    return checked, asserted


def _batches(house: House, copies: Sequence[Copy]) -> Iterator[tuple[list[Copy], dict[str, Package]]]:
    """What is read before it is recorded: copies of packages that are still known, and those packages."""
    waiting = iter(copies)
    while part := list(islice(waiting, _AT_ONCE)):
        found = house.catalogue.packages(package_ids={copy.package_id for copy in part})
        packages = {package.package_id: package for package in found}
        known = [copy for copy in part if copy.package_id in packages]
        for batch in _cut(known, packages, at_most=_AT_ONCE, size_bytes=_BYTES_AT_ONCE):
            yield batch, packages


def _portions(copies: Sequence[Copy], packages: Mapping[str, Package]) -> Iterator[list[Copy]]:
    """What a thread reads at a time: one copy, or some small ones."""
    return _cut(copies, packages, at_most=_PORTION, size_bytes=_PORTION_BYTES)


def _cut(
    copies: Iterable[Copy], packages: Mapping[str, Package], *, at_most: int, size_bytes: int
) -> Iterator[list[Copy]]:
    """`copies` in their order, so many or so many bytes at a time, and one at least."""
    part: list[Copy] = []
    room = size_bytes
    for copy in copies:
        size = packages[copy.package_id].size_bytes
        if part and (len(part) == at_most or size > room):
            yield part
            part, room = [], size_bytes
        part.append(copy)
        room -= size
    if part:
        yield part


def _portion(
    reading: Callable[[Copy], CheckedCopy | None],
    packages: Mapping[str, Package],
    places: Places | None,
    copies: Sequence[Copy],
) -> list[CheckedCopy | None]:
    """Some copies, read one after the other.

    places : of this machine; None where others read.
    """
    if places is None:
        return [reading(copy) for copy in copies]
    largest = max(item.size_bytes for copy in copies for item in packages[copy.package_id].objects)
    # Four at a time read more quickly than three, and need no memory to be put from.
    with places.taken(min(largest, _LARGE_BYTES)):
        return [reading(copy) for copy in copies]


_MEANS = {Word.OTHER: Finding.CORRUPT, Word.MISSING: Finding.MISSING}


def _accused(asserted: Asserted) -> CheckedCopy:
    """A copy that sleeps and that its own store speaks against."""
    return CheckedCopy(
        package_id=asserted.package_id,
        store=asserted.store,
        finding=_MEANS[asserted.word],
        because=asserted.because,
        bytes_read=0,
        seconds=0.0,
        told=asserted.word,
    )


def _reading(
    read: Callable[..., object], packages: Mapping[str, Package], stores: Reachable, copy: Copy
) -> CheckedCopy | None:
    """One copy, read whole; None where it sleeps."""
    package = packages[copy.package_id]
    finding, because, size_bytes = Finding.GOOD, None, package.size_bytes
    try:
        stores.check(copy.store)
        read(package, copy.store, may_go_on=lambda: None)
        stores.answered(copy.store)
    except NotOnline:
        return None
    except (NotFound, Corrupt) as error:
        finding = Finding.MISSING if isinstance(error, NotFound) else Finding.CORRUPT
        because, size_bytes = error.sentence, 0
    except HoldfastError as error:
        stores.failed(copy.store, error)
        finding, because, size_bytes = Finding.UNKNOWN, error.sentence, 0
    return CheckedCopy(
        package_id=copy.package_id,
        store=copy.store,
        finding=finding,
        because=because,
        bytes_read=size_bytes,
        seconds=0.0,
    )


def _given_up_on(
    house: House,
    packages: Mapping[str, Package],
    copies: Sequence[Copy],
    readings: Sequence[CheckedCopy | None],
) -> list[CheckedCopy | None]:
    """`readings`, in which a copy that its store does not give, though it answers otherwise, is damaged."""
    good = {each.store for each in readings if each and each.finding is Finding.GOOD}
    unknown = [
        (number, copy)
        for number, (copy, each) in enumerate(zip(copies, readings, strict=True))
        if each and each.finding is Finding.UNKNOWN and copy.store in good
    ]
    found = list(readings)
    for name in good:
        here = [(number, copy) for number, copy in unknown if copy.store == name]
        for number, copy in here if len(here) <= _FEW else ():
            found[number] = _once_more(house, packages[copy.package_id], copy)
    return found


def _once_more(house: House, package: Package, copy: Copy) -> CheckedCopy | None:
    again = _reading(partial(read_witness, house), {package.package_id: package}, Reachable(), copy)
    if again is None or again.finding is not Finding.UNKNOWN or not _is_told_of(house, package, copy.store):
        return again
    because = f"The store answers, and does not give it: {again.because}"
    return replace(again, finding=Finding.CORRUPT, because=because)


def _is_told_of(house: House, package: Package, name: str) -> bool:
    """Whether the store says of every object that it is there."""
    try:
        return all(house.store(name).head(key) for key in _keys(package))
    except HoldfastError:
        return False


def _events(
    house: House,
    packages: Mapping[str, Package],
    read: Sequence[tuple[Copy, CheckedCopy]],
    run: str,
    waking: frozenset[str],
) -> Iterator[tuple[Copy, Event]]:
    for copy, each in read:
        if each.finding is Finding.UNKNOWN:
            continue
        good, missing = each.finding is Finding.GOOD, each.finding is Finding.MISSING
        more = kept_word(house, packages[copy.package_id], copy.store, among=waking) if good else None
        yield copy, fixity_event(house, copy, run=run, wrong=each.because, missing=missing, more=more)


def _record(house: House, found: Sequence[tuple[Copy, Event]]) -> None:
    """Findings on copies that are still what they were when the reading began."""
    try:
        _write(house, found)
    except Conflict:
        # Somebody changed one of them meanwhile: his word on that one stands, ours on the others.
        for each in found:
            with suppress(Conflict):
                _write(house, [each])


def _write(house: House, found: Sequence[tuple[Copy, Event]]) -> None:
    if found:
        events = [event for _, event in found]
        expecting = [copy for copy, _ in found]
        # A store's word changes no copy: it stays as old as its last reading.
        copies = [copy_after(event) for event in events if event.event_type is not EventType.ASSERTION]
        house.ledger.record(Entry(copies=copies, events=events, expecting=expecting))


def _compared(house: House, name: str) -> Iterator[Surprise | tuple[str, str]]:
    """What is listed below `packages/` against what the catalogue says of the store, some at a time."""
    claims = {copy.package_id: copy.status for copy in house.catalogue.copies(store=name)}
    listed = groupby(house.store(name).list(PACKAGES_PREFIX), key=lambda info: info.key.split("/")[1])
    seen: set[str] = set()
    groups = ((package_id, list(infos)) for package_id, infos in listed)
    while batch := dict(islice(groups, _LISTED_AT_ONCE)):
        known = {each.package_id: each for each in house.catalogue.packages(package_ids=batch.keys())}
        for package_id, infos in batch.items():
            keys = {info.key for info in infos}
            wanted = _keys(known[package_id]) if package_id in known else frozenset[str]()
            if wanted and wanted <= keys:
                seen.add(package_id)
            for info in infos:
                if says := _surprising(info.key, wanted, claims.get(package_id)):
                    yield Surprise(store=name, key=info.key, size_bytes=info.size_bytes, says=says)
    for package_id, status in claims.items():
        if status is CopyStatus.VERIFIED and package_id not in seen:
            yield package_id, name


def _keys(package: Package) -> frozenset[str]:
    return frozenset(package.prefix + key for key in (MANIFEST_NAME, *(item.key for item in package.objects)))


def _surprising(key: str, wanted: frozenset[str], claim: CopyStatus | None) -> str | None:
    if not wanted:
        return "no package of that name is in the catalogue"
    if key not in wanted:
        return "its package has no such object"
    if claim is None:
        return "the catalogue knows of no copy there"
    return "its copy was given up" if claim is CopyStatus.RETIRED else None
