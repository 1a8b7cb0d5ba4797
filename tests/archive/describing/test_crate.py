"""The RO-Crate, read by the `rocrate` package and by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from rocrate.rocrate import ROCrate

from archive.describing import tag_files
from archive.describing.interface import Contents
from archive.describing.uris import path_uri
from tests.archive.describing.building import (
    JPEG,
    ODD_NAMES,
    contents,
    digests,
    image,
    matched,
    odd_contents,
    sidecar,
)

CC_BY = "http://creativecommons.org/licenses/by/4.0/legalcode"


def crate_of(made: Contents) -> dict[str, Any]:
    """The entities by their identifiers."""
    graph = json.loads(dict(tag_files(made, digests(made)))["ro-crate-metadata.json"])["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    assert len(entities) == len(graph)
    return entities


def written(made: Contents, folder: Path) -> Path:
    """A bag folder, as far as an RO-Crate goes."""
    for name, data in tag_files(made, digests(made)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    for item in made.files:
        path = folder / "data" / item.file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * item.file.size_bytes)
    return folder


def test_rocrate_opens_it_and_finds_every_file(tmp_path: Path) -> None:
    crate = ROCrate(written(odd_contents(), tmp_path / "bag"))
    assert crate.version == "1.2"
    sources = {str(entity.source) for entity in crate.data_entities}
    on_disk = {str(path) for path in (tmp_path / "bag").rglob("*") if path.is_file()}
    assert on_disk - sources == {str(tmp_path / "bag/ro-crate-metadata.json")}
    assert sources <= on_disk
    crate.write(tmp_path / "again")
    for name in ODD_NAMES:
        assert (tmp_path / "again/data" / name).stat().st_size == 1234, name


@pytest.mark.parametrize("name", ODD_NAMES)
def test_references_are_encoded_and_come_back(name: str) -> None:
    uri = path_uri(name)
    assert unquote(uri) == f"data/{name}"
    assert not re.search(r"[\x00-\x20<>\"{}|\\^`#?\u202e\ufffe\x7f-\x9f]", uri)
    assert "面试" not in name or "面试" in uri, "letters of every script stay as they are"


def test_the_root_says_what_it_is() -> None:
    crate = crate_of(contents([image("a.jpg"), sidecar("b.txt")], number=2, count=7))
    assert crate["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.2"}
    root = crate["./"]
    assert root["datePublished"] == "2026-03-01"
    assert "Bag 2 of 7" in root["description"]
    assert root["isPartOf"] == {"@id": "#collection"}
    assert [part["@id"] for part in root["hasPart"]] == ["data/a.jpg", "data/b.txt", "metadata/premis.xml"]
    assert all(part["@id"] in crate for part in root["hasPart"])


def test_a_file_is_described() -> None:
    made = contents([image("a.jpg")])
    crate = crate_of(made)
    told = crate["data/a.jpg"]
    assert told["contentSize"] == "1234"
    assert (told["width"], told["height"]) == ("2499 px", "1666 px")
    assert told["sha256"] == digests(made)["sha256"][0].hex()
    pronom = "https://www.nationalarchives.gov.uk/PRONOM/fmt/43"
    assert told["encodingFormat"] == ["image/jpeg", {"@id": pronom}]
    assert crate[pronom]["name"] == f"{JPEG.name} 1.01"


def test_specimens_have_darwin_core_terms_and_images_the_others() -> None:
    terms = {
        "dwc:catalogNumber": "1084118",
        "dwc:institutionCode": "NHM",
        "dwc:basisOfRecord": "PreservedSpecimen",
        "dwc:scientificName": "Aus bus",
        "@id": "./",
        "free text": "kept in the tables",
    }
    front = {**terms, "ac:subjectPart": "dorsal", "dcterms:license": CC_BY}
    back = {**terms, "ac:subjectPart": "ventral", "dcterms:license": CC_BY, "dwc:scientificName": "Aus cus"}
    crate = crate_of(
        contents(
            [image("front.jpg"), image("back.jpg")],
            matched={"front.jpg": matched("1084118", front), "back.jpg": matched("1084118", back)},
        )
    )
    assert crate["#specimen-NHM:1084118"] == {
        "@id": "#specimen-NHM:1084118",
        "@type": "dwc:PreservedSpecimen",
        "name": "Aus cus, 1084118",
        "identifier": "1084118",
        "dwc:basisOfRecord": "PreservedSpecimen",
        "dwc:catalogNumber": "1084118",
        "dwc:institutionCode": "NHM",
        "dwc:scientificName": ["Aus cus", "Aus bus"],
    }
    for path, part in (("front", "dorsal"), ("back", "ventral")):
        assert crate[f"data/{path}.jpg"]["about"] == {"@id": "#specimen-NHM:1084118"}
        assert crate[f"data/{path}.jpg"]["ac:subjectPart"] == part
        assert "dwc:catalogNumber" not in crate[f"data/{path}.jpg"]
    assert crate["./"]["license"] == {"@id": CC_BY}
    assert crate[CC_BY]["name"] == "CC BY 4.0"


def test_the_bag_is_under_no_licence_that_an_image_is_not() -> None:
    files = [image("a.jpg"), image("b.jpg")]
    one = {"a.jpg": matched("1", {"dcterms:license": CC_BY})}
    other = {"b.jpg": matched("2", {"dcterms:license": "all rights reserved"})}
    assert crate_of(contents(files))["./"]["license"].startswith("None is stated.")
    assert "1 of 2 images state none" in crate_of(contents(files, matched=one))["./"]["license"]
    both = crate_of(contents(files, matched=one | other))
    assert both["./"]["license"] == [{"@id": CC_BY}, {"@id": "#licence-all%20rights%20reserved"}]
    assert both["#licence-all%20rights%20reserved"]["name"] == "all rights reserved"


def test_every_key_has_a_meaning() -> None:
    """A name without a namespace would be dropped, or taken for something else, by JSON-LD."""
    made = odd_contents()
    document = json.loads(dict(tag_files(made, digests(made)))["ro-crate-metadata.json"])
    _, ours = document["@context"]
    for entity in document["@graph"]:
        for key in entity.keys() - {"@id", "@type"}:
            prefix, colon, _ = key.partition(":")
            assert (prefix in ours) if colon else key.isalnum(), key
        assert entity["@type"] != "Person" or entity["@id"] == "#depositor"


class TestAllOfThem:
    def test_the_same_again_gives_the_same_bytes(self) -> None:
        made = odd_contents()
        assert tag_files(made, digests(made)) == tag_files(odd_contents(), digests(made))

    def test_lengths_do_not_hang_on_the_digests(self) -> None:
        made = odd_contents()
        for names in (("sha512", "sha256"), ("sha256",), ("md5",)):
            first, other = (tag_files(made, digests(made, *names, seed=seed)) for seed in (b"", b"x"))
            assert [(name, len(data)) for name, data in first] == [(name, len(data)) for name, data in other]

    def test_names_and_order(self) -> None:
        made = odd_contents()
        assert [name for name, _ in tag_files(made, digests(made))] == [
            "metadata/premis.xml",
            "metadata/specimens.parquet",
            "metadata/specimens.csv",
            "ro-crate-metadata.json",
        ]
