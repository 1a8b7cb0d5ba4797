"""Bring images and records together: the surest way that says anything decides, and nothing is guessed.

In this order: a record gives the image's address (its last part is the file name); it names the file;
a number of its specimen stands in the file name. The time grows with images plus records, never with
their product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from archive.matching.bounds import MAX_RIVALS
from archive.matching.file_names import Claims, ImageNames, named_by_file, named_by_uri
from archive.matching.findings import Findings, shown
from archive.matching.identifiers import canonical, last_part, numbers_in, split_numbers
from archive.matching.interface import Ambiguous, By, Matched, Matching, Records
from archive.matching.terms import BARCODE_HEADERS, FILE_NAME_HEADERS, squeezed

URI_COLUMNS = ("ac:accessURI", "dcterms:identifier", "dwc:associatedMedia")
NUMBER_COLUMNS = (
    "dwc:catalogNumber",
    "dwc:otherCatalogNumbers",
    "ods:physicalSpecimenID",
    "ods:normalisedPhysicalSpecimenID",
)
_NO_RECORD, _RECORD, _SPECIMEN = 0, 1, 2


@dataclass
class _Work:
    """What is known while the images are gone through."""

    records: Records
    findings: Findings
    matched: list[Matched] = field(default_factory=list)
    ambiguous: list[Ambiguous] = field(default_factory=list)
    without_record: list[str] = field(default_factory=list)
    state: bytearray = field(default_factory=bytearray)
    """For each record: no image, an image of its own, or one through a number of its specimen."""

    def specimen(self, record: int) -> int:
        """The record of the specimen that a record is about."""
        return record if self.records.specimens is None else self.records.specimens[record]


def match(images: Sequence[str], records: Records, *, pattern: str | None = None) -> Matching:
    """Find for every image its one record, or say why there is none.

    `images` are paths with `/` between their parts. `pattern` is a regular expression (RE2) that finds the
    specimen's number in a file name, in its group `id` or as a whole; None looks for whole words.
    """
    work = _Work(records=records, findings=Findings(records.origin), state=bytearray(len(records)))
    names = ImageNames(images)
    by_uri = _claims(work, names, URI_COLUMNS, named_by_uri)
    by_file = _claims(work, names, _columns(work, FILE_NAME_HEADERS), named_by_file)
    by_number = _numbers(work)
    file_names = (path.rpartition("/")[2] for path in images)
    for path, found in zip(images, numbers_in(file_names, pattern), strict=True):
        numbered = _rivals(by_number, found)
        uri, uri_unclear = names.claimed(by_uri, path)
        file, file_unclear = names.claimed(by_file, path)
        claims: tuple[tuple[By, list[int], bool], ...] = (
            ("accessURI", uri, uri_unclear),
            ("fileName", file, file_unclear),
            ("catalogNumber", numbered, False),
        )
        _settle(work, path, claims, numbered)
    return _matching(work)


def tells_of_images(records: Records) -> bool:
    """Whether any record holds anything by which an image may be found."""
    work = _Work(records=records, findings=Findings(records.origin))
    named = (*URI_COLUMNS, *NUMBER_COLUMNS, *_columns(work, FILE_NAME_HEADERS | BARCODE_HEADERS))
    return next(_values(work, named), None) is not None


def _columns(work: _Work, headers: frozenset[str]) -> list[str]:
    return [name for name in work.records.terms.column_names if squeezed(name) in headers]


def _values(work: _Work, columns: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Record, column and value of everything that stands in `columns`, a chunk at a time."""
    for name in columns:
        if name not in work.records.terms.column_names:
            continue
        record = 0
        for chunk in work.records.terms.column(name).chunks:
            for number, value in enumerate(chunk.to_pylist(), start=record):
                if value:
                    yield number, name, value
            record += len(chunk)


def _claims(
    work: _Work, names: ImageNames, columns: Iterable[str], read: Callable[[str], Iterable[str]]
) -> Claims:
    claims: Claims = {}
    for record, _, value in _values(work, columns):
        for named in read(value):
            names.claim(claims, named, record)
    return claims


def _numbers(work: _Work) -> dict[str, int | list[int]]:
    """Canonical number to the specimen that has it, or to the first of several."""
    index: dict[str, int | list[int]] = {}
    columns = (*NUMBER_COLUMNS, *_columns(work, BARCODE_HEADERS))
    for record, column, value in _values(work, columns):
        if work.specimen(record) == record:
            for text in split_numbers(last_part(value.strip())):
                _enter(work, index, canonical(text), record, f"{column} {shown(text.strip())}")
    return index


def _enter(work: _Work, index: dict[str, int | list[int]], key: str, record: int, said: str) -> None:
    there = index.setdefault(key, record) if key else record
    rivals = [there] if isinstance(there, int) else there
    if record in rivals:
        return
    where, first = work.records.where(record), work.records.where(rivals[0])
    work.findings.add("identifier-repeated", f"{where}: {said} is the number of {first}, too.")
    if len(rivals) < MAX_RIVALS:
        index[key] = [*rivals, record]


def _rivals(index: dict[str, int | list[int]], keys: Iterable[str]) -> list[int]:
    found: dict[int, None] = {}
    for key in keys:
        there = index.get(key)
        if there is not None:
            found.update(dict.fromkeys([there] if isinstance(there, int) else there))
    return list(found)[:MAX_RIVALS]


def _settle(
    work: _Work, path: str, claims: Iterable[tuple[By, list[int], bool]], numbered: list[int]
) -> None:
    for by, claimed, unclear in claims:
        if not claimed:
            continue
        rivals = _without_specimens_of_others(work, claimed)
        if unclear or len(rivals) > 1:
            _note_ambiguous(work, path, rivals, by, unclear)
        else:
            _note_matched(work, path, rivals[0], by, numbered)
        return
    work.without_record.append(path)
    work.findings.add(
        "image-without-record", f"{work.records.origin}: no record names the image {shown(path)}."
    )


def _without_specimens_of_others(work: _Work, claimed: list[int]) -> list[int]:
    """A picture's own record is nearer than the record of its specimen, where both name the file."""
    if len(claimed) == 1:
        return claimed
    others = {work.specimen(record) for record in claimed if work.specimen(record) != record}
    return [record for record in claimed if record not in others]


def _note_matched(work: _Work, path: str, record: int, by: By, numbered: list[int]) -> None:
    work.matched.append(Matched(path=path, record=record, by=by))
    work.state[record] = max(work.state[record], _SPECIMEN if by == "catalogNumber" else _RECORD)
    specimen = work.specimen(record)
    work.state[specimen] = max(work.state[specimen], _RECORD)
    if numbered and specimen not in numbered:
        work.findings.add(
            "names-another",
            f"{work.records.where(record)} gives the image {shown(path)}, whose name holds the number of "
            f"{work.records.where(numbered[0])}; the former counts.",
        )


def _note_ambiguous(work: _Work, path: str, rivals: list[int], by: By, unclear: bool) -> None:
    work.ambiguous.append(Ambiguous(path=path, records=tuple(rivals), by=by))
    for record in rivals:
        work.state[record] = work.state[record] or _RECORD
    claimed = " and ".join(work.records.where(record) for record in rivals[:3])
    more = f" and {len(rivals) - 3} more" if len(rivals) > 3 else ""
    because = "name several images of that name alike" if unclear else f"claim it (by {by})"
    work.findings.add(
        "image-ambiguous", f"The image {shown(path)} is given to no record: {claimed}{more} {because}."
    )


def _matching(work: _Work) -> Matching:
    orphans = [record for record in range(len(work.records)) if _is_orphan(work, record)]
    for record in orphans:
        work.findings.add("record-without-image", f"{work.records.where(record)}: no image belongs to it.")
    return Matching(
        matched=tuple(work.matched),
        images_without_record=tuple(work.without_record),
        records_without_image=tuple(orphans),
        ambiguous=tuple(work.ambiguous),
        findings=(*work.records.findings, *work.findings.done()),
    )


def _is_orphan(work: _Work, record: int) -> bool:
    """A picture's record is none while an image came to its specimen by number: it may be that picture."""
    return work.state[record] == _NO_RECORD and work.state[work.specimen(record)] != _SPECIMEN
