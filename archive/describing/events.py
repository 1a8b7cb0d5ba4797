"""What was done to the files of a bag before it was closed, said once where it was done to all alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archive.describing.extensions import belies
from archive.describing.interface import Contents
from archive.identifying.interface import Check, FoundImage
from holdings.records import EventType

FORMAT_IDENTIFICATION = "format identification"
METADATA_EXTRACTION = "metadata extraction"
SUCCESS, WARNING = "success", "warning"
"""id.loc.gov, preservation/eventOutcome."""
_CHECKED = {
    Check.STRUCTURE: "Header and structure of each image, complete to the last byte; no pixel was decoded.",
    Check.DECODE: "Every pixel of each image was decoded.",
}
_EXTRACTED = (
    "Read from the headers of the images; they are properties of the files in ro-crate-metadata.json."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One thing that was done, and what came of it. All are dated by the moment at which the deposit began:
    the bag of a deposit that was stopped and went on has to be the same."""

    kind: str
    """id.loc.gov, preservation/eventType."""
    detail: str
    outcome: str = SUCCESS
    notes: Sequence[str] = ()
    paths: Sequence[str] | None = None
    """Files that it concerns; None means all of the bag."""
    by_person: bool = False


def events_of(contents: Contents, algorithms: Sequence[str]) -> Iterator[Event]:
    """Every event of a bag, in the order in which they happened."""
    images = [item for item in contents.files if isinstance(item, FoundImage)]
    yield Event(kind=FORMAT_IDENTIFICATION, detail="By the bytes of each file, against signatures.")
    yield from _deviating(contents, FORMAT_IDENTIFICATION, _without_identifier(contents))
    yield from _deviating(contents, FORMAT_IDENTIFICATION, _misnamed(images))
    if contents.check is not None:
        yield Event(kind=EventType.VALIDATION, detail=_CHECKED[contents.check])
    yield Event(kind=METADATA_EXTRACTION, detail=_EXTRACTED)
    if contents.metadata is not None:
        yield _matching(contents, images)
        yield from _deviating(contents, METADATA_EXTRACTION, _without_record(contents, images))
    yield Event(kind=EventType.MESSAGE_DIGEST, detail=f"{', '.join(algorithms)} of each file.")
    yield _creation(contents)


def _deviating(contents: Contents, kind: str, found: Mapping[str, Sequence[str]]) -> Iterator[Event]:
    for note, paths in found.items():
        everything = len(paths) == len(contents.files)
        yield Event(kind=kind, detail=note, outcome=WARNING, paths=None if everything else paths)


def _without_identifier(contents: Contents) -> dict[str, list[str]]:
    paths = [item.file.path for item in contents.files if item.format.puid is None]
    return {"It has no PRONOM identifier, or more than one.": paths} if paths else {}


def _misnamed(images: Sequence[FoundImage]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for image in images:
        if extension := belies(image.file.path, image.format.media_type):
            note = f"The name ends in {extension}, the bytes are {image.format.media_type}."
            found.setdefault(note, []).append(image.file.path)
    return found


def _without_record(contents: Contents, images: Sequence[FoundImage]) -> dict[str, list[str]]:
    paths = [image.file.path for image in images if image.file.path not in contents.matched]
    return {f"No record of {contents.metadata} belongs to it.": paths} if paths else {}


def _matching(contents: Contents, images: Sequence[FoundImage]) -> Event:
    matched = sum(image.file.path in contents.matched for image in images)
    return Event(
        kind=METADATA_EXTRACTION,
        detail=f"Records of {contents.metadata} were matched with the images.",
        notes=[f"{matched} of {len(images)} images have a record."],
    )


def _creation(contents: Contents) -> Event:
    return Event(
        kind=EventType.PACKAGE_CREATION,
        detail=f"BagIt 1.0, bag {contents.number} of {contents.count} of the deposit.",
        notes=[f"Left out: {item.path}: {item.because}" for item in contents.left_out],
        by_person=True,
    )
