"""The life of a deposit, from a source to a receipt, a module per step.

```
survey ─> identify ─> match ─> split into bags ─> each: stream, read back, record ─> receipt
   └──────────┴─────────┴──────── journal ────────────────────────────┘
```

It may be killed anywhere and run again: the journal knows what was done, and goes away when
the receipt was handed over.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from archive.acknowledging import images_of, left_out_of, noticed_of, records_of, sidecars_of
from archive.apart import check_apart
from archive.batch import cluster_crew
from archive.crew import Crew, Hands, until
from archive.holding import Deposit, hold_bags
from archive.identifying.interface import Check
from archive.journal.journal import Journal
from archive.journal.opening import journal_folder, open_journal
from archive.mates import Mates
from archive.namesakes import namesakes_of
from archive.naming import base_id
from archive.pairing import Metadata, check_pattern, read_records
from archive.preparing import prepare, software
from archive.receipt import Receipt
from archive.recording import new_run
from archive.sources.opening import Place, find_place, open_source
from archive.splitting import Bounds
from archive.workplace import workplace_of
from holdings.clock import from_iso, iso
from holdings.errors import BadInput, HoldfastError
from holdings.house import House
from holdings.records import check_collection_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Wishes:
    """How a deposit shall be made; None means as the settings say."""

    metadata: Path | None = None
    """Specimen records: looked for in the current folder, then in the source."""
    check: Check = Check.STRUCTURE
    bag_bytes: int | None = None
    scheduler: str | None = None
    """The address of a Dask scheduler whose workers do the work; None means this process."""


_AS_USUAL = Wishes()


def deposit(house: House, source: Path | str, *, collection: str, wishes: Wishes = _AS_USUAL) -> Receipt:
    """Bag what lies in `source`, store it, read it back, record it, and say what became of every file.

    source : a folder, tar, gzipped tar or zip; `store:prefix` or an `s3://` URL of a store of the
        settings.

    The same content again is recognised; the same names and sizes with other content become
    a new version (`-v2`, …) beside the old.

    Raises BadInput where the source cannot be deposited as it is; then nothing is left behind but
    bags that were finished before.
    """
    with depositing(house, source, collection=collection, wishes=wishes) as receipt:
        return receipt


@contextmanager
def depositing(
    house: House, source: Path | str, *, collection: str, wishes: Wishes = _AS_USUAL
) -> Iterator[Receipt]:
    """As `deposit`; what a repetition would need is kept until the context ends well.

    So whoever is killed while handing over the receipt finds all of it done.
    """
    began = time.monotonic()
    check_collection_id(collection)
    place = find_place(str(source), house.settings)
    check_apart(place, house.settings)
    # First, since it is soonest found to be wrong.
    metadata = read_records(wishes.metadata, _folder(place)) if wishes.metadata else None
    check_pattern(house.settings.matching.pattern)
    folder = journal_folder(house.settings)
    with (
        open_journal(folder, collection, place.told) as journal,
        _nothing_left(journal),
        ExitStack() as stack,
    ):
        opened, where = stack.enter_context(open_source(place, house.stores, scratch=folder))
        if where != place:
            journal.takes_along(Path(where.where))
        stopping = threading.Event()
        hands = Hands(
            source=opened,
            target=house.store(house.settings.bags.store),
            threads=house.settings.limits.threads,
            observer=until(stopping, house.observer),
        )
        crew = stack.enter_context(_crew(hands, house, where, wishes, stopping))
        bounds = prepare(
            house,
            journal,
            crew,
            collection=collection,
            origin=opened.origin,
            check=wishes.check,
            metadata=metadata,
            bag_bytes=wishes.bag_bytes,
        )
        known = _deposit(
            house,
            journal,
            crew,
            collection=collection,
            wishes=wishes,
            metadata=metadata,
            bounds=bounds,
            stopping=stopping,
        )
        held = hold_bags(known)
        yield Receipt(
            collection=collection,
            source=opened.origin,
            check=wishes.check,
            algorithms=house.settings.bags.algorithms,
            bags=held,
            images=images_of(house, held),
            kept=sidecars_of(journal, held),
            left_out=left_out_of(journal),
            noticed=noticed_of(journal),
            records=records_of(journal, metadata.name) if metadata else None,
            namesakes=namesakes_of(house, collection, held),
            seconds=time.monotonic() - began,
            _journal=journal,
        )
        journal.remove()


@contextmanager
def _nothing_left(journal: Journal) -> Iterator[None]:
    """A source that cannot be deposited leaves no journal, unless a bag of it was begun.

    Nor does one of which nothing is known yet: its journal would save a repetition nothing.
    """
    try:
        yield
    except HoldfastError as error:
        unknown = next(journal.files.sizes(), None) is None
        if not journal.bags.any_begun() and (isinstance(error, BadInput) or unknown):
            journal.remove()
        raise


def _folder(place: Place) -> Path | None:
    return Path(place.where) if place.store is None and Path(place.where).is_dir() else None


@contextmanager
def _crew(
    hands: Hands, house: House, place: Place, wishes: Wishes, stopping: threading.Event
) -> Iterator[Crew]:
    if wishes.scheduler is None:
        with Mates(hands, lambda: workplace_of(house, place), stopping=stopping) as mates:
            yield mates
        return
    with cluster_crew(wishes.scheduler, hands, house, place, stopping=stopping) as crew:
        yield crew


def _deposit(
    house: House,
    journal: Journal,
    crew: Crew,
    *,
    collection: str,
    wishes: Wishes,
    metadata: Metadata | None,
    bounds: Bounds,
    stopping: threading.Event,
) -> Deposit:
    count = journal.bags.count()
    return Deposit(
        house=house,
        journal=journal,
        crew=crew,
        collection=collection,
        check=wishes.check,
        metadata=metadata.name if metadata else None,
        run=journal.said("run", new_run(house, "deposit")),
        started_at=from_iso(journal.said("started_at", iso(house.clock.now()))),
        software=software(),
        count=count,
        bounds=bounds,
        group=base_id(collection, journal.files.sizes()) if count > 1 else None,
        stopping=stopping,
    )
