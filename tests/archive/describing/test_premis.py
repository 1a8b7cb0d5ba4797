"""PREMIS against the schema of the Library of Congress, and what it says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from archive.describing import tag_files
from archive.describing.interface import Contents
from archive.identifying.interface import Check
from tests.archive.describing.building import (
    ODD_NAMES,
    TIFF,
    UNKNOWN,
    contents,
    digests,
    image,
    odd_contents,
    sidecar,
)
from tests.kit.shared import shared_data

_NS = {"p": "http://www.loc.gov/premis/v3"}


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    path = shared_data("schemas", "premis", "premis-v3-0.xsd")
    return etree.XMLSchema(etree.parse(str(path), etree.XMLParser(no_network=True)))


def premis_xml(made: Contents, hashes: dict[str, list[bytes]]) -> bytes:
    return dict(tag_files(made, hashes))["metadata/premis.xml"]


def found(document: bytes, path: str) -> list[str]:
    """The texts of the elements at an XPath, `p:` being PREMIS."""
    return [element.text or "" for element in etree.fromstring(document).iterfind(path, _NS)]


def events(document: bytes) -> list[tuple[str, str, list[str]]]:
    """Type, outcome and linked objects of each event."""
    return [
        (
            event.findtext("p:eventType", None, _NS),
            event.findtext(".//p:eventOutcome", None, _NS),
            [link.text for link in event.iterfind(".//p:linkingObjectIdentifierValue", _NS)],
        )
        for event in etree.fromstring(document).iterfind("p:event", _NS)
    ]


def test_it_is_valid_for_every_name_and_record(schema: etree.XMLSchema) -> None:
    made = odd_contents()
    for each in (
        made,
        replace(made, check=None, metadata=None, matched={}, agent="", software="x"),
        replace(made, check=Check.DECODE, left_out=()),
        contents([image("a.jpg"), sidecar("b")]),
    ):
        schema.assertValid(etree.fromstring(premis_xml(each, digests(each))))


def test_each_file_has_its_size_format_fixity_and_name() -> None:
    made = contents([image("a.tif", size=7, format_=TIFF), image("b.jpg")])
    hashes = digests(made)
    text = premis_xml(made, hashes)
    assert found(text, ".//p:originalName") == ["a.tif", "b.jpg"]
    assert found(text, ".//p:size") == ["7", "1234"]
    assert found(text, ".//p:formatRegistryKey") == ["fmt/353", "fmt/43"]
    assert found(text, ".//p:messageDigestAlgorithm") == ["SHA-512", "SHA-256"] * 2
    assert found(text, ".//p:messageDigest") == [
        hashes[name][file].hex() for file in (0, 1) for name in ("sha512", "sha256")
    ]


def test_names_come_back_but_for_what_xml_cannot_hold() -> None:
    made = odd_contents()
    names = found(premis_xml(made, digests(made)), ".//p:originalName")
    assert set(ODD_NAMES) - set(names) == {"con\x01trol\x1b.jpg", "no\ufffecharacter.jpg"}
    assert {"con\\x01trol\\x1b.jpg", "no\\ufffecharacter.jpg"} <= set(names)


def test_what_concerns_all_is_said_once_and_what_concerns_some_names_them() -> None:
    made = contents([image("a.jpg"), image("b.tif"), sidecar("c.txt")], metadata="records.csv", matched={})
    assert events(premis_xml(made, digests(made))) == [
        ("format identification", "success", ["herb-0123456789ab"]),
        ("format identification", "warning", ["data/c.txt"]),
        ("format identification", "warning", ["data/b.tif"]),
        ("validation", "success", ["herb-0123456789ab"]),
        ("metadata extraction", "success", ["herb-0123456789ab"]),
        ("metadata extraction", "success", ["herb-0123456789ab"]),
        ("metadata extraction", "warning", ["data/a.jpg", "data/b.tif"]),
        ("message digest calculation", "success", ["herb-0123456789ab"]),
        ("information package creation", "success", ["herb-0123456789ab"]),
    ]


def test_a_check_that_was_not_made_is_no_event() -> None:
    made = contents([image("a.jpg", format_=UNKNOWN)], check=None)
    told = events(premis_xml(made, digests(made)))
    assert "validation" not in [kind for kind, _, _ in told]
    assert told[1] == ("format identification", "warning", ["herb-0123456789ab"])


def test_what_was_left_out_is_told_with_the_reason() -> None:
    made = odd_contents()
    notes = found(premis_xml(made, digests(made)), ".//p:eventOutcomeDetailNote")
    assert notes[-1] == "Left out: bad\\xff: its name is not UTF-8 & <more>"


def test_every_link_leads_to_an_object_event_or_agent() -> None:
    made = odd_contents()
    text = premis_xml(made, digests(made))
    objects = set(found(text, ".//p:objectIdentifierValue"))
    assert set(found(text, ".//p:linkingObjectIdentifierValue")) <= objects
    assert set(found(text, ".//p:relatedObjectIdentifierValue")) <= objects
    agents = found(text, ".//p:agentIdentifierValue")
    assert set(found(text, ".//p:linkingAgentIdentifierValue")) == set(agents) == {"ada", "Holdfast 0.1.0"}
    identifiers = found(text, ".//p:eventIdentifierValue")
    assert len(identifiers) == len(set(identifiers))
