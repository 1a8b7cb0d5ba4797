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
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from archive.acknowledging import images_of, left_out_of, records_of, sidecars_of
from archive.crew import Crew, Hands
from archive.holding import Deposit, hold_bags
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.journal.journal import Journal
from archive.journal.opening import journal_folder, open_journal
from archive.naming import base_id
from archive.pairing import Metadata, check_pattern, match_images, read_records
from archive.receipt import Receipt
from archive.recording import new_run
from archive.sources.interface import LeftOut
from archive.sources.opening import Place, find_place, open_source
from archive.splitting import Bounds
from archive.surveying.survey import survey
from holdings.clock import from_iso, iso
from holdings.errors import BadInput
from holdings.house import House
from holdings.observing import Advanced, Finished, Happening, Observer, Started
from holdings.records import check_collection_id
from holdings.settings import Settings

_LOOKING = "looking into the files"
_BATCH, _BATCH_SECONDS = 1000, 1.0


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
            observer=_until(stopping, house.observer),
        )
        crew = stack.enter_context(_crew(hands, house, where, wishes, stopping))
        _prepare(journal, crew, wishes, metadata, house, origin=opened.origin)
        known = _deposit(
            house,
            journal,
            crew,
            collection=collection,
            wishes=wishes,
            metadata=metadata,
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
            records=records_of(journal, metadata.name) if metadata else None,
            seconds=time.monotonic() - began,
            _journal=journal,
        )
        journal.remove()


@contextmanager
def _nothing_left(journal: Journal) -> Iterator[None]:
    """A source that cannot be deposited leaves no journal, unless a bag of it was begun."""
    try:
        yield
    except BadInput:
        if not journal.bags.any_begun():
            journal.remove()
        raise


def _folder(place: Place) -> Path | None:
    return Path(place.where) if place.store is None and Path(place.where).is_dir() else None


def _until(stopping: threading.Event, observer: Observer) -> Observer:
    """Work in other threads ends at its next word once the command was told to stop."""

    def observe(happening: Happening) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        observer(happening)

    return observe


@contextmanager
def _crew(
    hands: Hands, house: House, place: Place, wishes: Wishes, stopping: threading.Event
) -> Iterator[Crew]:
    if wishes.scheduler is None:
        yield hands
        return
    # Dask takes a while to import, and most deposits need none of it.
    from archive.batch import cluster_crew  # noqa: PLC0415

    with cluster_crew(wishes.scheduler, hands, house, place, stopping=stopping) as crew:
        yield crew


def _prepare(
    journal: Journal,
    crew: Crew,
    wishes: Wishes,
    metadata: Metadata | None,
    house: House,
    *,
    origin: str,
) -> None:
    """Everything that is decided before the first bag: what is there, what it is, what goes together."""
    survey(crew.survey(), journal, observer=house.observer)
    journal.identifies_by(f"{_software()}, {wishes.check}")
    _identify(journal, crew, wishes.check, house.observer)
    if not journal.files.count("image"):
        raise BadInput(f"The source {origin} holds no image.{_first_reasons(journal.left_out.first(4))}")
    match_images(journal, metadata, pattern=house.settings.matching.pattern)
    bags = house.settings.bags
    with journal.writing():
        journal.bags.split(Bounds(size_bytes=wishes.bag_bytes or bags.bag_bytes, files=bags.bag_files))


def _identify(journal: Journal, crew: Crew, check: Check, observer: Observer) -> None:
    observer(Started(job=_LOOKING, total_bytes=journal.files.unknown_bytes()))
    try:
        for batch in _for_a_while(crew.identify(journal.files.unknown(), check=check), observer):
            with journal.writing():
                for found in batch:
                    journal.files.know(found)
    finally:
        observer(Finished(job=_LOOKING))


def _for_a_while(
    found: Iterable[FoundImage | Sidecar | LeftOut], observer: Observer
) -> Iterator[list[FoundImage | Sidecar | LeftOut]]:
    """What was found in batches: what a kill can cost is looking again into the last of them."""
    batch: list[FoundImage | Sidecar | LeftOut] = []
    began = time.monotonic()
    for item in found:
        batch.append(item)
        if not isinstance(item, LeftOut):
            observer(Advanced(job=_LOOKING, size_bytes=item.file.size_bytes))
        if len(batch) >= _BATCH or time.monotonic() - began > _BATCH_SECONDS:
            yield batch
            batch, began = [], time.monotonic()
    yield batch


def _deposit(
    house: House,
    journal: Journal,
    crew: Crew,
    *,
    collection: str,
    wishes: Wishes,
    metadata: Metadata | None,
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
        software=_software(),
        count=count,
        group=base_id(collection, journal.files.sizes()) if count > 1 else None,
        stopping=stopping,
    )


def check_apart(place: Place, settings: Settings) -> None:
    """BadInput where the source holds a store or the catalogue, or lies inside a store."""
    if place.store is not None:
        return
    root = Path(place.where).resolve()
    for name, store in settings.stores.items():
        parts = urlsplit(store.url)
        folder = Path(unquote(parts.path)).resolve()
        if parts.scheme == "file" and (root.is_relative_to(folder) or folder.is_relative_to(root)):
            raise BadInput(
                f"The source {place.told} and the folder of the store '{name}' lie one inside the other.",
                hint=f"Deposit a folder that has nothing to do with the stores, or name it as {name}:PREFIX.",
            )
    if settings.catalogue.path.resolve().is_relative_to(root):
        raise BadInput(
            f"The source {place.told} holds the catalogue itself.", hint="Deposit the images' own folder."
        )


def _first_reasons(left_out: list[LeftOut]) -> str:
    told = "; ".join(f"{item.path!r}: {item.because}" for item in left_out[:3])
    more = "; and more" if len(left_out) > 3 else ""
    return f" Left out: {told}{more}." if left_out else ""


def _software() -> str:
    try:
        return f"Holdfast {version('holdfast')}"
    except PackageNotFoundError:
        return "Holdfast (not installed)"
