"""The specimens that the images of a bag show, as entities of their own with Darwin Core terms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from archive.describing.interface import Contents, Matched
from archive.describing.uris import fragment_uri
from archive.identifying.interface import FoundImage
from archive.matching.terms import term_uri

_OF_SPECIMENS = ("dwc:", "dwciri:", "ods:", "gbif:")
"""Vocabularies of specimens and occurrences; the others speak of pictures and documents."""
_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9]*:[A-Za-z][A-Za-z0-9_-]*")
_WITHIN = ("dwc:institutionCode", "dwc:collectionCode")
"""What a catalogue number is unique in (Darwin Core, catalogNumber)."""
_CLASSES = frozenset(
    {
        *("PreservedSpecimen", "FossilSpecimen", "LivingSpecimen", "MaterialSample", "MaterialEntity"),
        *("HumanObservation", "MachineObservation", "Occurrence"),
    }
)
"""Of Darwin Core, as dwc:basisOfRecord names them."""


def specimens_of(contents: Contents, images: Iterable[FoundImage]) -> Iterator[Mapping[str, object]]:
    """Each specimen of a bag, described; where its records differ in a term, with every value."""
    records: dict[str, list[Matched]] = {}
    for image in images:
        matched = contents.matched.get(image.file.path)
        if matched is not None:
            records.setdefault(specimen_uri(matched), []).append(matched)
    return (_specimen(uri, found) for uri, found in records.items())


def _specimen(uri: str, records: Sequence[Matched]) -> Mapping[str, object]:
    values: dict[str, dict[str, None]] = {}
    for matched in records:
        for term, value in _standard(matched, of_specimen=True):
            values.setdefault(term, {})[value] = None
    first = records[0]
    return {
        "@id": uri,
        "@type": _class(first),
        "name": _name(first),
        **({"identifier": first.specimen} if first.specimen else {}),
        **{term: _one_or_all(found) for term, found in sorted(values.items())},
    }


def _one_or_all(values: Iterable[str]) -> object:
    first, *others = values
    return [first, *others] if others else first


def specimen_uri(matched: Matched) -> str:
    """The specimen that an image with that record shows."""
    if matched.specimen is None:
        return fragment_uri("record", matched.where)
    within = [matched.terms[term] for term in _WITHIN if term in matched.terms]
    return fragment_uri("specimen", ":".join([*within, matched.specimen]))


def terms_of_image(matched: Matched) -> dict[str, object]:
    """The standard terms of a record that speak of the picture itself."""
    return dict(_standard(matched, of_specimen=False))


def _standard(matched: Matched, *, of_specimen: bool) -> Iterator[tuple[str, str]]:
    for term, value in sorted(matched.terms.items()):
        if _is_of_specimen(term) is of_specimen:
            yield term, value


@lru_cache(10_000)
def _is_of_specimen(term: str) -> bool | None:
    """None for a name that means nothing in JSON-LD, having no namespace, or might mean anything."""
    if _SAFE.fullmatch(term) and term_uri(term):
        return term.startswith(_OF_SPECIMENS)
    return None


def _class(matched: Matched) -> str:
    basis = matched.terms.get("dwc:basisOfRecord", "")
    return f"dwc:{basis if basis in _CLASSES else 'MaterialEntity'}"


def _name(matched: Matched) -> str:
    number, taxon = matched.specimen or matched.where, matched.terms.get("dwc:scientificName")
    return f"{taxon}, {number}" if taxon else number
