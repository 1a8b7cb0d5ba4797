"""Step 3: images meet the records of their specimens, and what belongs together is noted.

Everything is brought into the journal, and the records are let go: they take much room on disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archive.describing.interface import Matched
from archive.journal.journal import Journal
from archive.matching.identifiers import canonical, numbers_as_written
from archive.matching.interface import Ambiguous, Unmatched
from archive.matching.interface import Matched as MatchedImage
from archive.matching.match import Match, tells_of_images
from archive.matching.reading import read_metadata
from archive.matching.records import Records
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
    raise BadInput(
        f"The metadata {named} is not there; it was looked for in {looked}.",
        hint="Give its path from here, or from the source."
        if source
        else "A source that is no folder is not looked into: give a file that lies here.",
    )


def _speaking(records: Records) -> Records:
    """The wrong file, or one without its key column: no bag should carry it for ever."""
    if tells_of_images(records):
        return records
    records.close()
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
            metadata.records.close()
        if pattern is not None:
            for path, number in _numbered(journal, pattern):
                journal.matches.number(path, number, together=canonical(number))


def _match(journal: Journal, records: Records, pattern: str | None) -> None:
    found = Match(lambda: journal.files.paths("image"), records, pattern=pattern)
    for outcome in found.outcomes():
        if isinstance(outcome, Unmatched):
            journal.matches.orphans("image", [outcome.path])
        elif isinstance(outcome, Ambiguous):
            journal.matches.orphans("ambiguous", [_told(records, outcome)])
        else:
            matched, together = _matched(records, outcome)
            journal.matches.match(outcome.path, matched, together=together)
    journal.matches.orphans("record", map(records.named, found.records_without_image()))
    journal.matches.note(found.findings())


def _matched(records: Records, outcome: MatchedImage) -> tuple[Matched, str]:
    """The record of an image, and what all images of that specimen share."""
    terms = records.terms(outcome.record)
    specimen = next((terms[name] for name in _NUMBERS if name in terms), None)
    where = records.where(outcome.record)
    together = canonical(specimen or "") or f"record {records.specimen(outcome.record)}"
    return Matched(specimen=specimen, terms=terms, by=outcome.by, where=where), together


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
