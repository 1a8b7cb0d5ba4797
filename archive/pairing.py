"""Step 3: images meet the records of their specimens, and what belongs together is noted.

Everything is brought into the journal, and the records are let go: they are large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.describing.interface import Matched
from archive.journal.journal import Journal
from archive.matching.identifiers import canonical, numbers_as_written
from archive.matching.interface import Ambiguous, Matching, Records
from archive.matching.match import match, tells_of_images
from archive.matching.reading import read_metadata
from holdings.arrays import whole_numbers
from holdings.errors import BadInput

_NUMBERS = ("dwc:catalogNumber", "ods:normalisedPhysicalSpecimenID", "ods:physicalSpecimenID")
_BATCH = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Metadata:
    """A metadata file that was read."""

    name: str
    """As it is told in bags and receipts."""
    records: Records


def read_records(named: Path, source: Path | None) -> Metadata:
    """The records in a metadata file: in the current folder if it is there, else in the source.

    source : its folder; None where it is no folder of this machine.

    Raises BadInput where it is in neither, cannot be read, or has nothing by which an image is found.
    """
    places = [Path.cwd() / named]
    if source is not None and not named.is_absolute():
        places.append(source / named)
    for path in places:
        if path.exists():
            return Metadata(name=named.name or str(named), records=_speaking(read_metadata(path)))
    looked = " and in ".join(str(path.parent) for path in places)
    raise BadInput(f"The metadata {named} is not there; it was looked for in {looked}.")


def _speaking(records: Records) -> Records:
    """The wrong file, or one without its key column: no bag should carry it for ever."""
    if tells_of_images(records):
        return records
    lacking = " with a number, a file name or an address of an image" if len(records) else ""
    raise BadInput(
        f"{records.origin} holds no record{lacking}: nothing of it can be matched.",
        hint="Give records with catalogNumber, fileName or accessURI, or leave --metadata away.",
    )


def check_pattern(pattern: str | None) -> None:
    """BadInput where the settings' pattern is no regular expression that RE2 takes."""
    if pattern is not None:
        list(numbers_as_written((), pattern))


def match_images(journal: Journal, metadata: Metadata | None, *, pattern: str | None) -> None:
    """Give every image its record and every file what it must share a bag with.

    pattern : finds the number of a specimen in a file name, by a regular expression (RE2).
    """
    with journal.writing():
        journal.matches.clear()
        if metadata is not None:
            _match(journal, metadata.records, pattern)
        if pattern is not None:
            for path, number in _numbered(journal, pattern):
                journal.matches.number(path, number, together=canonical(number))


def _match(journal: Journal, records: Records, pattern: str | None) -> None:
    images = list(journal.files.paths("image"))
    found = match(images, records, pattern=pattern)
    for path, matched, together in _matches(records, found):
        journal.matches.match(path, matched, together=together)
    journal.matches.orphans("image", found.images_without_record)
    journal.matches.orphans("record", map(records.where, found.records_without_image))
    journal.matches.orphans("ambiguous", (_told(records, item) for item in found.ambiguous))
    journal.matches.note(found.findings)


def _matches(records: Records, found: Matching) -> Iterator[tuple[str, Matched, str]]:
    """Path, record, and what all images of that specimen share."""
    for begin in range(0, len(found.matched), _BATCH):
        batch = found.matched[begin : begin + _BATCH]
        rows = records.terms.take(whole_numbers([item.record for item in batch])).to_pylist()
        for item, row in zip(batch, rows, strict=True):
            terms = {name: value for name, value in row.items() if value}
            specimen = next((terms[name] for name in _NUMBERS if name in terms), None)
            about = item.record if records.specimens is None else records.specimens[item.record]
            matched = Matched(specimen=specimen, terms=terms, by=item.by, where=records.where(item.record))
            yield item.path, matched, canonical(specimen or "") or f"record {about}"


def _told(records: Records, item: Ambiguous) -> str:
    claims = " and ".join(records.where(record) for record in item.records[:3])
    return f"{item.path}: {claims} claim it (by {item.by})"


def _numbered(journal: Journal, pattern: str) -> Iterator[tuple[str, str]]:
    """Files whose name holds a number by the pattern; tables and images alike."""
    for kind in ("image", "sidecar"):
        paths = journal.files.paths(kind)
        waiting: list[str] = []
        for path in paths:
            waiting.append(path)
            if len(waiting) == _BATCH:
                yield from _with_numbers(waiting, pattern)
                waiting = []
        yield from _with_numbers(waiting, pattern)


def _with_numbers(paths: list[str], pattern: str) -> Iterator[tuple[str, str]]:
    numbers = numbers_as_written((path.rpartition("/")[2] for path in paths), pattern)
    yield from ((path, number) for path, number in zip(paths, numbers, strict=True) if number)
