"""openDS, the JSON of DiSSCo's digital specimens and media (terms.dissco.tech, 0.4 and 0.5).

One document, a list of them, or an answer of DiSSCo's API (`data`, `attributes`); and the form before 0.1
(`authoritative`, `images`) in which the first digital specimens were written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from archive.matching.findings import Findings, shown
from archive.matching.json_documents import json_values
from archive.matching.records import Records, Sheet
from archive.matching.sources import file_source
from archive.matching.terms import BARCODE_HEADERS, qualified_name, squeezed
from holdings.errors import BadInput

SPECIMEN_KEY = "digital specimen"
"""The column by which a medium names its specimen: a DOI without its resolver."""
Document: TypeAlias = Mapping[str, Any]
_LIFTED = frozenset(
    {
        "ods:hasIdentification",
        "ods:hasIdentifications",
        "ods:hasTaxonIdentification",
        "ods:hasTaxonIdentifications",
        "ods:hasEvent",
        "ods:hasEvents",
        "ods:hasLocation",
        "ods:hasGeoreference",
        "ods:hasGeologicalContext",
    }
)
"""Nested objects whose Darwin Core terms are a specimen's own, where there is one of them."""
_NUMBERS = frozenset({"dwc:catalogNumber", "dwc:otherCatalogNumbers", "dwc:occurrenceID", "dwc:recordNumber"})
_MAX_NESTING = 12
_HOW_OUT = "Give one openDS document or a list of them."


class _Sheets:
    """Specimens and media stand in one file in any order, each of them with terms of its own."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._sheets: dict[bool, Sheet] = {}

    def add(self, number: int, document: Mapping[str, str], *, is_picture: bool) -> None:
        """The next document, flat."""
        sheet = self._sheets.get(is_picture)
        if sheet is None:
            sheet = self._records.sheet(self._records.origin, "document", is_picture=is_picture)
            sheet.name_columns([SPECIMEN_KEY], key=SPECIMEN_KEY)
            self._sheets[is_picture] = sheet
        sheet.add_document(number, document)


def read_opends(path: Path, records: Records) -> None:
    """A JSON file of digital specimens, digital media or both."""
    findings, sheets, number = Findings(path.name), _Sheets(records), 0
    for value in json_values(file_source(path)):
        for document in _documents(value, path.name):
            number += 1
            _sort(document, number, sheets, findings, path.name)
    records.findings.extend(findings.done())


def _documents(value: Any, name: str, depth: int = 0) -> Iterator[Document]:
    """Unwrap lists and the envelopes of DiSSCo's services."""
    if depth > _MAX_NESTING:
        raise BadInput(f"{name} nests its documents deeper than {_MAX_NESTING} levels.", hint=_HOW_OUT)
    if isinstance(value, list):
        for item in value:
            yield from _documents(item, name, depth + 1)
    elif not isinstance(value, dict):
        raise BadInput(f"{name} holds {shown(str(value))} where an openDS document should be.", hint=_HOW_OUT)
    elif "digitalSpecimen" in value:
        yield from _with_media(value, name, depth)
    elif "data" in value or "attributes" in value:
        yield from _documents(value.get("data", value.get("attributes")), name, depth + 1)
    elif "authoritative" in value:
        yield from _early(value)
    else:
        yield value


def _with_media(value: Document, name: str, depth: int) -> Iterator[Document]:
    specimens = list(_documents(value["digitalSpecimen"], name, depth + 1))
    yield from specimens
    media = value.get("digitalMedia", [])
    for medium in _documents(media, name, depth + 1):
        yield {**medium, SPECIMEN_KEY: _identifier(specimens[0])} if len(specimens) == 1 else medium


def _early(value: Document) -> Iterator[Document]:
    authoritative = value["authoritative"] if isinstance(value["authoritative"], dict) else {}
    images = value.get("images") if isinstance(value.get("images"), dict) else {}
    institution = authoritative.get("institution")
    yield {
        "dcterms:identifier": value.get("id"),
        "ods:physicalSpecimenID": authoritative.get("physicalSpecimenId"),
        "dwc:institutionCode": institution[0]
        if isinstance(institution, list) and institution
        else institution,
        "materialType": authoritative.get("materialType"),
    }
    for image in (images or {}).get("availableImages") or ():
        if isinstance(image, dict):
            uri, license_ = image.get("source"), image.get("license")
            yield {"ac:accessURI": uri, "dcterms:license": license_, SPECIMEN_KEY: str(value.get("id"))}


def _sort(document: Document, number: int, sheets: _Sheets, findings: Findings, name: str) -> None:
    flat = _flat(document, f"{name}, document {number}", findings)
    if "ac:accessURI" in flat or str(document.get("@type", "")).endswith("DigitalMedia"):
        key = document.get(SPECIMEN_KEY) or _specimen_of(document)
        about = {SPECIMEN_KEY: _plain(str(key))} if key else {}
        sheets.add(number, {**flat, **about}, is_picture=True)
    elif any(key.startswith(("ods:", "dwc:")) for key in flat):
        sheets.add(number, {SPECIMEN_KEY: _plain(_identifier(document)), **flat}, is_picture=False)
    else:
        raise BadInput(
            f"{name}, document {number} is neither a digital specimen nor a digital medium of openDS.",
            hint="Its terms should have names such as ods:physicalSpecimenID or ac:accessURI.",
        )


def _identifier(document: Document) -> str:
    return str(document.get("dcterms:identifier") or document.get("@id") or "")


def _plain(identifier: str) -> str:
    return identifier.removeprefix("https://doi.org/").removeprefix("https://hdl.handle.net/")


def _specimen_of(document: Document) -> Any:
    for relation in _objects(document.get("ods:hasEntityRelationships")):
        if relation.get("dwc:relationshipOfResource") == "hasDigitalSpecimen":
            return relation.get("dwc:relatedResourceURI") or relation.get("dwc:relatedResourceID")
    return None


def _objects(value: Any) -> list[Document]:
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def _flat(document: Document, where: str, findings: Findings) -> dict[str, str]:
    """Qualified name to text: the document's own terms, its numbers, and what hangs on it just once."""
    terms = {
        qualified_name(key): text
        for key, value in document.items()
        if (text := _text(value)) and key and key[0] != "@"
    }
    for identifier in _objects(document.get("ods:hasIdentifiers")):
        _take_number(identifier, terms)
    _lift(document, terms, where, findings)
    terms.pop(SPECIMEN_KEY, None)
    return terms


def _text(value: Any) -> str | None:
    if isinstance(value, list):
        texts = [_text(item) for item in value if not isinstance(item, list)]
        return " | ".join(text for text in texts if text) or None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) and value != "" else None


def _take_number(identifier: Document, terms: dict[str, str]) -> None:
    value = _text(identifier.get("dcterms:identifier"))
    for says in (identifier.get("dcterms:title"), identifier.get("dcterms:type")):
        name = qualified_name(str(says))
        name = "barcode" if squeezed(name) in BARCODE_HEADERS else name
        if value and (name in _NUMBERS or name == "barcode"):
            terms.setdefault(name, value)


def _lift(document: Document, terms: dict[str, str], where: str, findings: Findings, depth: int = 0) -> None:
    for key in _LIFTED.intersection(document):
        objects = _objects(document[key])
        if len(objects) > 1:
            findings.add(
                "several-not-read", f"{where} has {len(objects)} {key}; which one counts is not guessed."
            )
        elif objects and depth < _MAX_NESTING:
            for name, value in objects[0].items():
                if name.startswith("dwc:") and (text := _text(value)):
                    terms.setdefault(qualified_name(name), text)
            _lift(objects[0], terms, where, findings, depth + 1)
