"""Bring images and records together: the surest way that says anything decides, and nothing is guessed.

In this order: a record gives the image's address (its last part is the file name); it names the file;
a number of its specimen stands in the file name. The time grows with images plus records, never with
their product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from archive.matching.bounds import MAX_RIVALS
from archive.matching.claims import FILE, NUMBER, URI, numbers_of, roles_of
from archive.matching.findings import Finding, Findings, shown
from archive.matching.identifiers import numbers_in
from archive.matching.image_names import Claimed, ImageNames, batched
from archive.matching.interface import Ambiguous, By, Matched, Outcome, Unmatched
from archive.matching.records import Records

_NO_RECORD, _RECORD, _SPECIMEN = 0, 1, 2
_REPEATED = f"""
    SELECT c.record, c.key, twice.first FROM claims AS c JOIN (
        SELECT key, min(record) AS first FROM claims WHERE by = {NUMBER}
        GROUP BY key HAVING max(record) > min(record)
    ) AS twice USING (key)
    WHERE c.by = {NUMBER} AND c.record > twice.first GROUP BY c.record, c.key ORDER BY c.record
"""


class Match:
    """The images of a deposit brought together with the records of a metadata file, each image once."""

    def __init__(
        self, images: Callable[[], Iterable[str]], records: Records, *, pattern: str | None = None
    ) -> None:
        """Nothing is matched yet: `outcomes` does it.

        images : gives their paths with `/` between the parts, in the same order each time.
        pattern : a regular expression (RE2) that finds the specimen's number in a file name, in its group
            `id` or as a whole; None looks for whole words.
        """
        self._images = images
        self._records = records
        self._pattern = pattern
        self._findings = Findings(records.origin)
        self._state = bytearray(len(records))
        """For each record: no image, an image of its own, or one through a number of its specimen."""

    def outcomes(self) -> Iterator[Outcome]:
        """For every image its one record, or why there is none; in order of the images."""
        self._note_repeated_numbers()
        names = ImageNames(self._records, self._images())
        for paths in batched(self._images()):
            numbers = list(numbers_in((path.rpartition("/")[2] for path in paths), self._pattern))
            by_number = names.claimed(NUMBER, {key for keys in numbers for key in keys})
            for path, keys, claims in zip(paths, numbers, names.claims(paths), strict=True):
                numbered = _rivals(by_number, keys)
                (uri, uri_unclear), (file, file_unclear) = claims
                yield self._settle(
                    path,
                    (
                        ("accessURI", uri, uri_unclear),
                        ("fileName", file, file_unclear),
                        ("catalogNumber", numbered, False),
                    ),
                    numbered,
                )

    def records_without_image(self) -> Iterator[int]:
        """Those that are left, once all outcomes were told."""
        for record, specimen in self._records.specimens():
            # A picture's record is none while an image came to its specimen by number: it may be that one.
            if self._state[record] == _NO_RECORD and self._state[specimen] != _SPECIMEN:
                self._note_orphan(record)
                yield record

    def findings(self) -> tuple[Finding, ...]:
        """What was noticed: those of the reading first."""
        return (*self._records.findings, *self._findings.done())

    def _note_orphan(self, record: int) -> None:
        self._findings.add(
            "record-without-image", lambda: f"{self._records.named(record)}: no image belongs to it."
        )

    def _note_repeated_numbers(self) -> None:
        for record, key, first in self._records.ask(_REPEATED):
            self._note_repeated(record, key, first)

    def _note_repeated(self, record: int, key: str, first: int) -> None:
        records = self._records
        self._findings.add(
            "identifier-repeated",
            lambda: (
                f"{records.where(record)}: {_as_written(records, record, key)} is the number of "
                f"{records.where(first)}, too."
            ),
        )

    def _settle(
        self, path: str, claims: Iterable[tuple[By, list[int], bool]], numbered: list[int]
    ) -> Outcome:
        for by, claimed, unclear in claims:
            if not claimed:
                continue
            rivals = self._without_specimens_of_others(claimed)
            if unclear or len(rivals) > 1:
                return self._ambiguous(path, rivals, by, unclear)
            return self._matched(path, rivals[0], by, numbered)
        self._findings.add(
            "image-without-record", f"{self._records.origin}: no record names the image {shown(path)}."
        )
        return Unmatched(path=path)

    def _without_specimens_of_others(self, claimed: list[int]) -> list[int]:
        """A picture's own record is nearer than the record of its specimen, where both name the file."""
        if len(claimed) == 1:
            return claimed
        specimens = {record: self._records.specimen(record) for record in claimed}
        others = {specimen for record, specimen in specimens.items() if specimen != record}
        return [record for record in claimed if record not in others]

    def _matched(self, path: str, record: int, by: By, numbered: list[int]) -> Matched:
        state, records = self._state, self._records
        state[record] = max(state[record], _SPECIMEN if by == "catalogNumber" else _RECORD)
        specimen = records.specimen(record)
        state[specimen] = max(state[specimen], _RECORD)
        if numbered and specimen not in numbered:
            self._findings.add(
                "names-another",
                lambda: (
                    f"{records.where(record)} gives the image {shown(path)}, whose name holds the number "
                    f"of {records.where(numbered[0])}; the former counts."
                ),
            )
        return Matched(path=path, record=record, by=by)

    def _ambiguous(self, path: str, rivals: list[int], by: By, unclear: bool) -> Ambiguous:
        for record in rivals:
            self._state[record] = self._state[record] or _RECORD
        self._findings.add("image-ambiguous", lambda: self._said_ambiguous(path, rivals, by, unclear))
        return Ambiguous(path=path, records=tuple(rivals), by=by)

    def _said_ambiguous(self, path: str, rivals: list[int], by: By, unclear: bool) -> str:
        claimed = " and ".join(self._records.where(record) for record in rivals[:3])
        more = f" and {len(rivals) - 3} more" if len(rivals) > 3 else ""
        because = "name several images of that name alike" if unclear else f"claim it (by {by})"
        return f"The image {shown(path)} is given to no record: {claimed}{more} {because}."


def tells_of_images(records: Records) -> bool:
    """Whether any record holds anything by which an image may be found."""
    found = records.ask(f"SELECT 1 FROM claims WHERE by IN ({URI}, {FILE}, {NUMBER}) LIMIT 1").fetchone()
    return found is not None


def _rivals(claimed: Claimed, keys: Iterable[str]) -> list[int]:
    found: dict[int, None] = {}
    for key in keys:
        found.update(dict.fromkeys(claimed.get(key, ())))
    return list(found)[:MAX_RIVALS]


def _as_written(records: Records, record: int, key: str) -> str:
    """The column and the number that is compared as `key`."""
    terms = records.terms(record)
    names = list(terms)
    for place, role in roles_of(names):
        for found, text in numbers_of(terms[names[place]]) if role == NUMBER else ():
            if found == key:
                return f"{names[place]} {shown(text)}"
    return f"a number {shown(key)}"
