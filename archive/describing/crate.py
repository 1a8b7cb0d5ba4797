"""`ro-crate-metadata.json`: the bag as an attached RO-Crate 1.2 (w3id.org/ro/crate/1.2), an entity a line.

The bag's base directory is the root of the crate. Of the matched records it tells what has a
standard name: terms of the specimen (Darwin Core, openDS) on the specimen, the others on the
file. The tables beside it hold every term.
"""

from __future__ import annotations

import json
import math
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice

from archive.describing.draft import Draft
from archive.describing.interface import Contents, Matched
from archive.describing.licences import Licences
from archive.describing.specimens import specimen_uri, specimens_of, terms_of_image
from archive.identifying.interface import Characteristics, Format, FoundImage, Sidecar
from archive.matching.terms import NAMESPACES
from holdings.clock import iso

CRATE_NAME = "ro-crate-metadata.json"
_SPECIFICATION = "https://w3id.org/ro/crate/1.2"
_CONTEXT = [f"{_SPECIFICATION}/context", {**NAMESPACES, "tiff": "http://ns.adobe.com/tiff/1.0/"}]
_PRONOM = "https://www.nationalarchives.gov.uk/PRONOM/"
_PHOTOMETRIC = {
    "bilevel": 1, "grey": 1, "RGB": 2, "palette": 3, "CMYK": 5, "YCbCr": 6, "Lab": 8, "CFA": 32803,
}  # fmt: skip
"""TIFF 6.0, PhotometricInterpretation; 32803 is of DNG."""
_CSV = (
    "The same rows as in specimens.parquet, RFC 4180, UTF-8. Values are exactly as they were given: import "
    "them as text, since a spreadsheet may take those that begin with = + - or @ for formulas."
)
_TAGS = {
    "metadata/premis.xml": (
        "application/xml",
        "PREMIS 3.0: the files, their fixity, what was done to them.",
    ),
    "metadata/specimens.parquet": (
        "application/vnd.apache.parquet",
        "The matched records, a row per image, every term under its qualified standard name.",
    ),
    "metadata/specimens.csv": ("text/csv", _CSV),
}
"""Media type and description of the tag files beside this one."""
_DESCRIPTOR = {
    "@id": CRATE_NAME,
    "@type": "CreativeWork",
    "about": {"@id": "./"},
    "conformsTo": {"@id": _SPECIFICATION},
}
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode

_DIGEST = secrets.token_hex(16)
"""Stands where a digest will be; nobody outside can know it."""
_AT_ONCE = 500

Entity = Mapping[str, object]


def crate_draft(
    contents: Contents, algorithms: Sequence[str], uris: Sequence[str], tags: Sequence[tuple[str, int]]
) -> Draft:
    """The document without its digests: SHA-256 of each file, where there is one, then of each tag file.

    uris : of the files, in their order.
    tags : the other tag files that describe the bag, each with its size in bytes.
    """
    images = [item for item in contents.files if isinstance(item, FoundImage)]
    licences = Licences.of(contents, images)
    draft = Draft()
    draft.write(f'{{"@context":{_json(_CONTEXT)},\n"@graph":[\n')
    draft.write(_json(_DESCRIPTOR))
    _write(draft, _around(contents, len(images), licences, [*uris, *(name for name, _ in tags)]))
    files = (
        _file(item, uri, contents.matched.get(item.file.path), licences)
        for item, uri in zip(contents.files, uris, strict=True)
    )
    _write(draft, files, with_digest="sha256" in algorithms)
    _write(draft, (_tag(name, size) for name, size in tags), with_digest=True)
    _write(draft, chain(_formats(contents.files), licences.entities(), specimens_of(contents, images)))
    draft.write("\n]}\n")
    return draft


def _write(draft: Draft, entities: Iterable[Entity], *, with_digest: bool = False) -> None:
    if not with_digest:
        for entity in entities:
            draft.write(f",\n{_json(entity)}")
        return
    waiting = iter(entities)
    # Many at once: to begin with each anew takes JSON longer than to write it.
    while some := [{**entity, "sha256": _DIGEST} for entity in islice(waiting, _AT_ONCE)]:
        first, *others = _json(some)[1:-1].split(_DIGEST)
        draft.write(f",\n{first}")
        for text in others:
            draft.leave("sha256")
            draft.write(text.replace('"},{', '"},\n{', 1) if text.startswith('"},{') else text)


def _around(contents: Contents, images: int, licences: Licences, parts: Iterable[str]) -> Iterator[Entity]:
    yield _root(contents, images, licences, parts)
    yield {"@id": "#collection", "@type": "Collection", "name": contents.collection}
    yield from _agency(contents)


def _root(contents: Contents, images: int, licences: Licences, parts: Iterable[str]) -> Entity:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"{contents.package_id}: images of the collection {contents.collection}",
        "description": (
            f"Bag {contents.number} of {contents.count} of a deposit, by RFC 8493. Images of specimens: "
            f"{images}. Other files: {len(contents.files) - images}."
        ),
        "identifier": contents.package_id,
        "datePublished": f"{contents.started_at:%Y-%m-%d}",
        "license": licences.of_all(),
        "isPartOf": {"@id": "#collection"},
        "mentions": {"@id": "#deposit"},
        "hasPart": [{"@id": part} for part in parts],
    }


def _agency(contents: Contents) -> Iterator[Entity]:
    """Who made the crate, and with what."""
    name, _, version = contents.software.rpartition(" ")
    person = {"agent": {"@id": "#depositor"}} if contents.agent else {}
    yield {
        "@id": "#deposit",
        "@type": "CreateAction",
        "name": "Deposit",
        "startTime": iso(contents.started_at),
        "instrument": {"@id": "#software"},
        **person,
        "result": {"@id": "./"},
    }
    yield {
        "@id": "#software",
        "@type": "SoftwareApplication",
        "name": name or version,
        "softwareVersion": version,
    }
    if contents.agent:
        yield {"@id": "#depositor", "@type": "Person", "name": contents.agent}


def _file(item: FoundImage | Sidecar, uri: str, matched: Matched | None, licences: Licences) -> Entity:
    path = item.file.path
    entity: dict[str, object] = {
        "@id": uri,
        "@type": "File",
        "name": path.rpartition("/")[2],
        "contentSize": str(item.file.size_bytes),
        "encodingFormat": _encoding(item.format),
    }
    if matched is not None:
        entity |= terms_of_image(matched)
        entity["about"] = {"@id": specimen_uri(matched)}
        if licence := licences.uri(matched):
            entity["license"] = {"@id": licence}
    if isinstance(item, FoundImage):
        entity |= _characteristics(item.characteristics)
    return entity


def _encoding(found: Format) -> object:
    return [found.media_type, {"@id": _PRONOM + found.puid}] if found.puid else found.media_type


def _characteristics(found: Characteristics) -> Entity:
    """What the header says, in terms of schema.org and XMP; what it does not say is left away."""
    ppi = found.resolution_ppi
    if ppi is not None and not math.isfinite(ppi):
        ppi = None  # JSON has no infinity
    said: dict[str, object] = {
        "width": found.width_px and f"{found.width_px} px",
        "height": found.height_px and f"{found.height_px} px",
        "dateCreated": found.captured_at,
        "numberOfPages": found.pages,
        "tiff:BitsPerSample": found.bits_per_sample,
        "tiff:SamplesPerPixel": found.samples_per_pixel,
        "tiff:PhotometricInterpretation": _PHOTOMETRIC.get(found.colour_space or ""),
        "tiff:XResolution": ppi,
        "tiff:ResolutionUnit": ppi and 2,  # an inch
        "tiff:Model": found.camera,
        "photoshop:ICCProfile": found.icc_profile,
    }
    return {name: value for name, value in said.items() if value is not None}


def _tag(name: str, size_bytes: int) -> Entity:
    media_type, description = _TAGS[name]
    return {
        "@id": name,
        "@type": "File",
        "name": name.rpartition("/")[2],
        "description": description,
        "contentSize": str(size_bytes),
        "encodingFormat": media_type,
    }


def _formats(files: Iterable[FoundImage | Sidecar]) -> Iterator[Entity]:
    """Each format that PRONOM knows, in the order of its identifiers."""
    formats = {item.format.puid: item.format for item in files if item.format.puid}
    for puid, found in sorted(formats.items()):
        name = " ".join(filter(None, (found.name or found.media_type, found.version)))
        yield {"@id": _PRONOM + puid, "@type": ["WebPage", "Standard"], "name": name}
