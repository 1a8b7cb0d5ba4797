"""openDS, the JSON of DiSSCo's digital specimens and media (terms.dissco.tech, 0.4 and 0.5).

One document, a list of them, or an answer of DiSSCo's API (`data`, `attributes`); and the form before 0.1
(`authoritative`, `images`) in which the first digital specimens were written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import pyarrow as pa

from archive.matching.bounds import MAX_JSON_BYTES
from archive.matching.findings import Findings, shown
from archive.matching.headers import check_columns
from archive.matching.interface import Lines, Records, Sheet
from archive.matching.joining import join
from archive.matching.sources import file_source
from archive.matching.terms import BARCODE_HEADERS, qualified_name, squeezed
from holdings.arrays import texts
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


@dataclass
class _Found:
    """The documents of a file, flat, in the order they stand in."""

    specimens: list[dict[str, str]] = field(default_factory=list)
    media: list[dict[str, str]] = field(default_factory=list)
    specimen_numbers: list[int] = field(default_factory=list)
    media_numbers: list[int] = field(default_factory=list)


def read_opends(path: Path) -> Records:
    """A JSON file of digital specimens, digital media or both."""
    source = file_source(path)
    if source.size_bytes > MAX_JSON_BYTES:
        raise BadInput(
            f"{path.name} has {source.size_bytes:,} bytes; "
            f"a JSON document of metadata may have {MAX_JSON_BYTES:,}.",
            hint="Give the records as a table or as a Darwin Core Archive.",
        )
    with source.opens() as opened:
        value = _parse(opened.read(MAX_JSON_BYTES), path.name)
    findings, found = Findings(path.name), _Found()
    for number, document in enumerate(_documents(value, path.name), start=1):
        _sort(document, number, found, findings, path.name)
    return _records(found, path.name, findings)


def _parse(data: bytes, name: str) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is not JSON")

    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"{name} begins as JSON and is not valid JSON in UTF-8: {error}.",
            hint="Give one openDS document or a list of them.",
        ) from None


def _documents(value: Any, name: str, depth: int = 0) -> Iterator[Document]:
    """Unwrap lists and the envelopes of DiSSCo's services."""
    if depth > _MAX_NESTING:
        raise BadInput(f"{name} nests its documents deeper than {_MAX_NESTING} levels.")
    if isinstance(value, list):
        for item in value:
            yield from _documents(item, name, depth + 1)
    elif not isinstance(value, dict):
        raise BadInput(f"{name} holds {shown(str(value))} where an openDS document should be.")
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


def _sort(document: Document, number: int, found: _Found, findings: Findings, name: str) -> None:
    flat = _flat(document, f"{name}, document {number}", findings)
    if "ac:accessURI" in flat or str(document.get("@type", "")).endswith("DigitalMedia"):
        key = document.get(SPECIMEN_KEY) or _specimen_of(document)
        found.media.append({**flat, **({SPECIMEN_KEY: _plain(str(key))} if key else {})})
        found.media_numbers.append(number)
    elif any(key.startswith(("ods:", "dwc:")) for key in flat):
        found.specimens.append({SPECIMEN_KEY: _plain(_identifier(document)), **flat})
        found.specimen_numbers.append(number)
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
        if (text := _text(value)) and key[0] != "@"
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


def _records(found: _Found, name: str, findings: Findings) -> Records:
    specimens = _sheet(found.specimens, found.specimen_numbers, name)
    media = _sheet(found.media, found.media_numbers, name)
    if found.specimens and found.media:
        return join(name, specimens, [media], key=SPECIMEN_KEY, findings=findings.done())
    sheet = media if found.media else specimens
    return Records(origin=name, terms=sheet.terms, lines=(sheet.lines,), findings=findings.done())


def _sheet(documents: Sequence[dict[str, str]], numbers: list[int], name: str) -> Sheet:
    columns = list(dict.fromkeys([SPECIMEN_KEY, *(key for document in documents for key in document)]))
    check_columns(len(columns), name)
    arrays = [texts([document.get(column) for document in documents]) for column in columns]
    table = pa.Table.from_arrays(arrays, names=columns)
    return Sheet(terms=table, lines=Lines(origin=name, unit="document", numbers=numbers), findings=())
