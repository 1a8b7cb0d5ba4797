"""PREMIS 3.0: the files, what was done to them and by whom (loc.gov/standards/premis/v3).

Files and events have identifiers that are the same in ro-crate-metadata.json. An event that
concerns all files alike is said once, of the bag; one that concerns some names them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from archive.describing.draft import Draft
from archive.describing.events import Event, events_of
from archive.describing.interface import Contents
from archive.describing.uris import path_uri
from archive.describing.xml import element, escaped, leaf
from archive.identifying.interface import Format
from holdings.clock import iso

PREMIS_NAME = "metadata/premis.xml"
_OPENING = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<premis xmlns="http://www.loc.gov/premis/v3" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0">\n'
)
_VOCABULARY = ' authority="{0}" authorityURI="http://id.loc.gov/vocabulary/preservation/{0}"'
_FILE, _LOCAL = "URI reference", "local"
"""Types of identifiers: from the bag's base directory; within these holdings."""
_ALGORITHMS = {
    "md5": "MD5", "sha1": "SHA-1", "sha224": "SHA-224", "sha256": "SHA-256", "sha384": "SHA-384",
    "sha512": "SHA-512",
}  # fmt: skip
"""As id.loc.gov, preservation/cryptographicHashFunctions, has them."""
_PART = (
    f"<relatedObjectIdentifier><relatedObjectIdentifierType>{_FILE}</relatedObjectIdentifierType>"
    "<relatedObjectIdentifierValue>{}</relatedObjectIdentifierValue></relatedObjectIdentifier>"
)
_OBJECT = (
    '<object xsi:type="file"><objectIdentifier>'
    f"<objectIdentifierType>{_FILE}</objectIdentifierType>"
    "<objectIdentifierValue>{}</objectIdentifierValue></objectIdentifier><objectCharacteristics>"
)
_FIXITY = "<fixity><messageDigestAlgorithm>{}</messageDigestAlgorithm><messageDigest>"
_END_OF_FIXITY = "</messageDigest></fixity>"
_END_OF_OBJECT = (
    _END_OF_FIXITY + "<size>{}</size>{}</objectCharacteristics><originalName>{}</originalName></object>\n"
)
"""Written whole and not by `element`: a bag may have tens of thousands."""


def premis_draft(contents: Contents, algorithms: Sequence[str], uris: Sequence[str]) -> Draft:
    """The document without its digests, an object or event a line.

    uris : of the files, in their order.
    """
    draft = Draft()
    draft.write(_OPENING + _collection(contents))
    escaped_uris = [escaped(uri) for uri in uris]
    draft.write(_bag(contents, escaped_uris))
    first, *others = algorithms
    begin = _OBJECT + _FIXITY.format(_ALGORITHMS[first])
    further = [(name, _END_OF_FIXITY + _FIXITY.format(_ALGORITHMS[name])) for name in others]
    for item, uri in zip(contents.files, escaped_uris, strict=True):
        draft.write(begin.format(uri))
        draft.leave(first)
        for name, before in further:
            draft.write(before)
            draft.leave(name)
        told = item.file
        draft.write(_END_OF_OBJECT.format(told.size_bytes, _format(item.format), escaped(told.path)))
    for number, event in enumerate(events_of(contents, [_ALGORITHMS[name] for name in algorithms]), 1):
        draft.write(_event(contents, number, event))
    draft.write("".join(_agents(contents)) + "</premis>\n")
    return draft


def _identified(what: str, kind: str, value: str, *more: str) -> str:
    return element(
        f"{what}Identifier",
        leaf(f"{what}IdentifierType", kind),
        leaf(f"{what}IdentifierValue", value),
        *more,
    )


def _collection(contents: Contents) -> str:
    identifier = _identified("object", _LOCAL, contents.collection)
    return element("object", identifier, attributes=' xsi:type="intellectualEntity"') + "\n"


def _bag(contents: Contents, uris: Iterable[str]) -> str:
    parts = map(_PART.format, uris)
    return (
        element(
            "object",
            _identified("object", _LOCAL, contents.package_id),
            _related("has part", *parts),
            _related("is part of", _identified("relatedObject", _LOCAL, contents.collection)),
            attributes=' xsi:type="representation"',
        )
        + "\n"
    )


def _related(how: str, *objects: str) -> str:
    return element(
        "relationship", leaf("relationshipType", "structural"), leaf("relationshipSubType", how), *objects
    )


@lru_cache
def _format(found: Format) -> str:
    designation = leaf("formatName", found.name or found.media_type)
    if found.version:
        designation += leaf("formatVersion", found.version)
    registry = ""
    if found.puid:
        registry = element(
            "formatRegistry", leaf("formatRegistryName", "PRONOM"), leaf("formatRegistryKey", found.puid)
        )
    return element("format", element("formatDesignation", designation), registry)


def _event(contents: Contents, number: int, event: Event) -> str:
    outcome = element(
        "eventOutcomeInformation",
        leaf("eventOutcome", event.outcome, _VOCABULARY.format("eventOutcome")),
        *(element("eventOutcomeDetail", leaf("eventOutcomeDetailNote", note)) for note in event.notes),
    )
    agents = _identified(
        "linkingAgent", _LOCAL, contents.software, leaf("linkingAgentRole", "executing program")
    )
    if event.by_person and contents.agent:
        agents += _identified("linkingAgent", _LOCAL, contents.agent, leaf("linkingAgentRole", "authorizer"))
    objects: Iterator[str] = (
        _identified("linkingObject", _FILE, path_uri(path)) for path in event.paths or ()
    )
    if event.paths is None:
        objects = iter([_identified("linkingObject", _LOCAL, contents.package_id)])
    return (
        element(
            "event",
            _identified("event", _LOCAL, f"{contents.package_id}/event/{number}"),
            leaf("eventType", event.kind, _VOCABULARY.format("eventType")),
            leaf("eventDateTime", iso(contents.started_at)),
            element("eventDetailInformation", leaf("eventDetail", event.detail)),
            outcome,
            agents,
            *objects,
        )
        + "\n"
    )


def _agents(contents: Contents) -> Iterator[str]:
    name, _, version = contents.software.rpartition(" ")
    yield (
        element(
            "agent",
            _identified("agent", _LOCAL, contents.software),
            leaf("agentName", name or version),
            leaf("agentType", "software"),
            leaf("agentVersion", version) if name else "",
        )
        + "\n"
    )
    if contents.agent:
        yield (
            element(
                "agent",
                _identified("agent", _LOCAL, contents.agent),
                leaf("agentName", contents.agent),
                leaf("agentType", "person"),
            )
            + "\n"
        )
