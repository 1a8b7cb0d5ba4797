"""By what a record claims images: addresses and names of files, and numbers of its specimen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from archive.matching.file_names import name_key, named_by_file, named_by_uri
from archive.matching.identifiers import canonical, last_part, split_numbers
from archive.matching.terms import BARCODE_HEADERS, FILE_NAME_HEADERS, squeezed

URI, FILE, NUMBER, ABOUT = range(4)
"""`ABOUT` claims no image: it is what pictures call their specimen by."""
_URI_COLUMNS = frozenset({"ac:accessURI", "dcterms:identifier", "dwc:associatedMedia"})
_NUMBER_COLUMNS = frozenset(
    {
        "dwc:catalogNumber",
        "dwc:otherCatalogNumbers",
        "ods:physicalSpecimenID",
        "ods:normalisedPhysicalSpecimenID",
    }
)

Roles = tuple[tuple[int, int], ...]
"""Which column claims images, and by what."""


def roles_of(columns: Sequence[str]) -> Roles:
    """The columns by which images can be found."""
    return tuple((place, role) for place, name in enumerate(columns) if (role := _role(name)) is not None)


def _role(name: str) -> int | None:
    if name in _URI_COLUMNS:
        return URI
    if name in _NUMBER_COLUMNS or squeezed(name) in BARCODE_HEADERS:
        return NUMBER
    return FILE if squeezed(name) in FILE_NAME_HEADERS else None


def claims_of(row: Sequence[str | None], roles: Roles) -> Iterable[tuple[int, str, str | None]]:
    """By what, the key that is looked up, and the file with its folders; none of them twice."""
    found: dict[tuple[int, str, str | None], None] = {}
    for place, role in roles:
        if value := row[place] if place < len(row) else None:
            if role == NUMBER:
                found.update(((NUMBER, key, None), None) for key, _ in numbers_of(value))
            else:
                named = named_by_uri if role == URI else named_by_file
                found.update((claim, None) for claim in _files(role, value, named))
    return found


def _files(
    role: int, value: str, named: Callable[[str], Iterable[str]]
) -> Iterator[tuple[int, str, str | None]]:
    for path in named(value):
        if key := name_key(path):
            yield role, key, path if "/" in path else None


def numbers_of(value: str) -> Iterator[tuple[str, str]]:
    """The numbers in a field, as they are compared and as they are written."""
    for text in split_numbers(last_part(value.strip())):
        if key := canonical(text):
            yield key, text.strip()
