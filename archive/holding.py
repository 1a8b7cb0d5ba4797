"""Step 6: each bag is in the store, read back, and recorded; finished ones are left in peace.

```
finished by this deposit? ─no─> known? ─no─> store and prove ─> image index ─> ledger ─> journal
            └─yes: nothing is read ──┐  └─yes─> same content, good copy? ─yes──────────────┤
                                     └─────────────────────────────────────────────────────┘
```
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

from archive.acknowledging import held_bag
from archive.asserting import kept_word, sleeping_stores
from archive.bag import Intent
from archive.crew import Crew
from archive.identifying.interface import Check
from archive.journal.journal import Journal
from archive.naming import base_id, versions_of
from archive.planned import PlannedBag
from archive.receipt import HeldBag
from archive.recognising import FINGERPRINT, Content, find_held, is_known, keep_index, verified_copy
from archive.recording import new_event
from archive.sources.interface import LeftOut
from archive.splitting import Bounds
from archive.storing import StoredBag
from archive.withdrawing import refuse_withdrawn
from holdings.catalogue.interface import Entry
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import EventType

_LEFT_OUT_TOLD = 10_000
"""Of what is in no bag, so many are named in the first bag; the receipt names all."""


@dataclass(frozen=True, kw_only=True)
class Deposit:
    """One deposit under way, as its head sees it."""

    house: House
    journal: Journal
    crew: Crew
    collection: str
    check: Check
    metadata: str | None
    """The name of the metadata file."""
    run: str
    """The same for all attempts at this deposit: by it they know their own work again."""
    started_at: datetime
    software: str
    count: int
    """How many bags there are."""
    bounds: Bounds
    """Of each."""
    group: str | None
    """What they have in common; None where there is one."""
    stopping: threading.Event = field(default_factory=threading.Event)

    def planned(self, number: int) -> PlannedBag:
        """What goes into a bag."""
        matched, specimens = self.journal.matches.of_bag(number)
        return PlannedBag(
            files=self.journal.files.in_bag(number),
            number=number,
            count=self.count,
            matched=matched,
            specimens=specimens,
            metadata=self.metadata,
            left_out=_told(self.journal) if number == 1 else (),
        )

    def intent(self, package_id: str, number: int) -> Intent:
        """What is meant with a bag, unless an earlier attempt meant something already."""
        return Intent(
            package_id=package_id,
            collection=self.collection,
            started_at=self.started_at,
            algorithms=self.house.settings.bags.algorithms,
            software=self.software,
            agent=self.house.agent,
            organization=self.house.settings.bags.source_organization,
            check=self.check,
            group=self.group,
            number=number,
            count=self.count,
        )


def _told(journal: Journal) -> list[LeftOut]:
    left_out = journal.left_out.first(_LEFT_OUT_TOLD)
    if (more := journal.left_out.count() - len(left_out)) > 0:
        left_out.append(LeftOut(path="…", because=f"{more} more are named in the receipt alone"))
    return left_out


def hold_bags(deposit: Deposit) -> list[HeldBag]:
    """Every bag, held, in order of their numbers; as many at a time as the crew works on.

    Where one cannot be held, those under way are finished first and no other is begun.
    """
    at_once = _at_once(deposit)
    if deposit.count == 1 or at_once == 1:
        return [hold_bag(deposit, number) for number in deposit.journal.bags.numbers()]
    with ThreadPoolExecutor(at_once, thread_name_prefix="bag") as pool:
        try:
            held = dict(_in_parallel(deposit, pool, at_once))
        except (KeyboardInterrupt, SystemExit):
            deposit.stopping.set()
            raise
    return [held[number] for number in sorted(held)]


def _at_once(deposit: Deposit) -> int:
    """What describes a bag grows with its files: of bags with very many, fewer are under way."""
    crew = deposit.crew
    most_files = deposit.house.settings.bags.bag_files * crew.processes
    return max(1, min(crew.at_once, most_files // max(1, deposit.journal.bags.most_files())))


def _in_parallel(deposit: Deposit, pool: ThreadPoolExecutor, at_once: int) -> Iterator[tuple[int, HeldBag]]:
    """Bags as they are held, with their numbers."""
    under_way: dict[Future[HeldBag], int] = {}
    for number in deposit.journal.bags.numbers():
        while len(under_way) >= at_once:
            yield from _finished(under_way)
        under_way[pool.submit(hold_bag, deposit, number)] = number
    while under_way:
        yield from _finished(under_way)


def _finished(under_way: dict[Future[HeldBag], int]) -> Iterator[tuple[int, HeldBag]]:
    # With a time-out, so that a signal is heeded while nothing is finished.
    done, _ = wait(under_way, timeout=1, return_when=FIRST_COMPLETED)
    for future in done:
        yield under_way.pop(future), future.result()


def hold_bag(deposit: Deposit, number: int) -> HeldBag:
    """The package that holds a bag's files: an earlier attempt's, somebody else's, or a new one."""
    planned = deposit.planned(number)
    return _finished_before(deposit, planned) or _hold(deposit, planned)


def _finished_before(deposit: Deposit, planned: PlannedBag) -> HeldBag | None:
    """Neither the source nor a copy is read for what this very deposit has finished already."""
    begun = deposit.journal.bags.begun(planned.identity)
    if begun is None:
        return None
    house, package_id = deposit.house, begun.package_id
    # A kill may have fallen between the catalogue and the journal: then the run tells whose it is.
    store = verified_copy(house, package_id, made_by=None if begun.held_in else deposit.run)
    if store is None:
        return None
    refuse_withdrawn(house, package_id, so="This is the same content: nothing was deposited.")
    keep_index(house, house.catalogue.package(package_id))
    with deposit.journal.writing():
        deposit.journal.bags.finish(planned.identity, package_id, held_in=store, was_held=begun.was_held)
    return held_bag(house, package_id, store=store, already_held=begun.was_held)


def _hold(deposit: Deposit, planned: PlannedBag) -> HeldBag:
    house, crew = deposit.house, deposit.crew
    content = Content(planned=planned, crew=crew)
    for package_id in versions_of(base_id(deposit.collection, planned.source_files)):
        if not is_known(house, package_id):
            with deposit.journal.writing():
                deposit.journal.bags.begin(planned.identity, package_id)
            stored = crew.store(planned, deposit.intent(package_id, planned.number))
            if stored is not None:
                _keep_checksums(deposit.journal, stored.sidecars)
                _record(deposit, planned, stored)
                return _held(deposit, planned, package_id, house.settings.bags.store, already_held=False)
        # Asked afresh: a deposit of the same source may have recorded itself just now.
        if is_known(house, package_id) and (store := find_held(house, package_id, content)):
            _keep_checksums(deposit.journal, content.read.sidecars)
            return _held(deposit, planned, package_id, store, already_held=True)
    raise AssertionError("the versions of a package do not end")


def _held(
    deposit: Deposit, planned: PlannedBag, package_id: str, store: str, *, already_held: bool
) -> HeldBag:
    with deposit.journal.writing():
        deposit.journal.bags.finish(planned.identity, package_id, held_in=store, was_held=already_held)
    return held_bag(deposit.house, package_id, store=store, already_held=already_held)


def _keep_checksums(journal: Journal, sidecars: Mapping[str, Mapping[str, str]]) -> None:
    with journal.writing():
        for path, checksums in sidecars.items():
            journal.files.keep_digests(path, json.dumps(dict(checksums)))


def _record(deposit: Deposit, planned: PlannedBag, stored: StoredBag) -> None:
    """Image index first: alone it claims nothing, while a recorded package without one would be a gap."""
    house, package, run = deposit.house, stored.package, deposit.run
    package_id = package.package_id
    store = house.settings.bags.store
    files = {"images": package.images, "sidecars": len(stored.sidecars)}
    # What planning measures rates from; the small objects beside the tar weigh nothing.
    measured = {} if stored.seconds is None else {"seconds": round(stored.seconds, 6)}
    identified = new_event(house, EventType.FORMAT_IDENTIFICATION, package_id, run=run, detail=files)
    validated = new_event(
        house,
        EventType.VALIDATION,
        package_id,
        run=run,
        detail={"check": stored.intent.check, "images": package.images},
    )
    created = new_event(
        house,
        EventType.PACKAGE_CREATION,
        package_id,
        run=run,
        detail={
            "bag": planned.number,
            "bags": planned.count,
            "matched": len(planned.matched),
            # By them the same files are split alike, and recognised, whatever is wished then.
            "bag_bytes": deposit.bounds.size_bytes,
            "bag_files": deposit.bounds.files,
        },
    )
    hashed = new_event(
        house,
        EventType.MESSAGE_DIGEST,
        package_id,
        run=run,
        detail={"algorithms": ", ".join(stored.intent.algorithms), FINGERPRINT: stored.fingerprint},
    )
    word = kept_word(house, package, store, among=sleeping_stores(house, store))
    ingested = new_event(
        house,
        EventType.INGESTION,
        package_id,
        store=store,
        run=run,
        detail={"size_bytes": package.size_bytes, "images": package.images, **measured, **word},
    )
    house.catalogue.images.add(package_id, stored.index)
    house.ledger.record(
        Entry(
            packages=[package],
            copies=[copy_after(ingested)],
            events=[identified, validated, created, hashed, ingested],
        )
    )
