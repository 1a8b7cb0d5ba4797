"""Everything that is decided before the first bag: what is there, what it is, what goes together."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version

from archive.crew import Crew
from archive.dividing import divide
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.journal.journal import Journal
from archive.pairing import Metadata, match_images
from archive.sources.interface import LeftOut
from archive.splitting import Bounds
from archive.surveying.survey import survey
from holdings.errors import BadInput
from holdings.house import House
from holdings.observing import Advanced, Finished, Observer, Started

_LOOKING = "looking into the files"
_BATCH, _BATCH_SECONDS = 1000, 1.0


def prepare(
    house: House,
    journal: Journal,
    crew: Crew,
    *,
    collection: str,
    origin: str,
    check: Check,
    metadata: Metadata | None,
    bag_bytes: int | None,
) -> Bounds:
    """Bring the journal to where bags can be made of what is in it; by which bounds, is returned.

    bag_bytes : None means as the settings say.

    Raises BadInput where the source cannot be deposited.
    """
    survey(crew.survey(), journal, observer=house.observer)
    crew.expect(*journal.files.totals())
    journal.identifies_by(f"{software()}, {check}")
    _identify(journal, crew, check, house.observer)
    if not journal.files.count("image"):
        raise BadInput(
            f"The source {origin} holds no image.{_first_reasons(journal.left_out.first(4))}",
            hint="Name the folder, archive or prefix in which the images lie.",
        )
    match_images(journal, metadata, pattern=house.settings.matching.pattern)
    bags = house.settings.bags
    with journal.writing():
        wished = Bounds(size_bytes=bag_bytes or bags.bag_bytes, files=bags.bag_files)
        return divide(house, journal, collection, wished)


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


def _first_reasons(left_out: list[LeftOut]) -> str:
    told = "; ".join(f"{item.path!r}: {item.because}" for item in left_out[:3])
    more = "; and more" if len(left_out) > 3 else ""
    return f" Left out: {told}{more}." if left_out else ""


def software() -> str:
    """Name and version of what makes the bags."""
    try:
        return f"Holdfast {version('holdfast')}"
    except PackageNotFoundError:
        return "Holdfast (not installed)"
