"""Our bags against the profile that we publish, and the profile against its specification."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from archive.deposit import deposit
from archive.describing.profile import profile_bytes, profile_identifier
from archive.exporting import ask_bagit, export
from archive.validating import validate
from archive.validating.profiles import named_profile
from holdings.house import House
from tests.archive.helpers import object_file
from tests.archive.validating.bags import errors
from tests.kit.houses import a_house


def test_it_keeps_the_rules_for_profiles() -> None:
    """BagIt Profiles 1.4.0: what a profile has to say, and what has to go together."""
    told = json.loads(profile_bytes())
    about = told["BagIt-Profile-Info"]
    assert about.keys() >= {
        *("BagIt-Profile-Identifier", "BagIt-Profile-Version", "Source-Organization"),
        *("External-Description", "Version"),
    }
    assert about["BagIt-Profile-Version"] == "1.4.0"
    assert profile_identifier() == named_profile("holdfast").identity.identifier
    assert profile_identifier().startswith("urn:uuid:")
    assert "BagIt-Profile-Identifier" not in told["Bag-Info"]
    for kind in ("Manifests", "Tag-Manifests", "Tag-Files"):
        assert set(told[f"{kind}-Required"]) <= set(told[f"{kind}-Allowed"])
    assert told["Accept-Serialization"]
    assert told["Accept-BagIt-Version"] == ["1.0"]


@pytest.mark.parametrize("algorithms", ['["sha512", "sha256"]', '["sha256"]'])
def test_our_own_bags_keep_it(tmp_path: Path, source: Path, algorithms: str) -> None:
    house_folder = tmp_path / "house"
    house_folder.mkdir()
    a_house(house_folder).close()
    settings = house_folder / "holdfast.toml"
    text = settings.read_text().replace('["sha512", "sha256"]', algorithms)
    settings.write_text(text.replace("# source_organization", "source_organization"))
    with a_house(house_folder) as house:
        receipt = deposit(house, source, collection="herb")
        tar = object_file(house, "hot", f"packages/{receipt.package_id}/bag.tar")
        assert validate(tar, profile=named_profile("holdfast")).findings == ()
        exported = export(house, receipt.package_id, tmp_path / "bag").target
    assert "Source-Organization: Natural History Museum, London\n" in (exported / "bag-info.txt").read_text()
    assert errors(validate(exported, profile=named_profile("holdfast"))) == {"profile-serialization"}


def test_an_exported_bag_is_a_bag_and_a_crate_to_others(house: House, source: Path, tmp_path: Path) -> None:
    receipt = deposit(house, source, collection="herb")
    folder = export(house, receipt.package_id, tmp_path / "bag").target
    assert ask_bagit(folder) == "valid"
    crate = ROCrate(folder)
    assert crate.root_dataset["identifier"] == receipt.package_id
    assert {entity.id for entity in crate.data_entities} == {
        *("data/drawer%201/sheet-001.jpg", "data/records.csv", "data/sheet-001.jpg", "data/sheet-002.tif"),
        "metadata/premis.xml",
    }
    assert all(Path(str(entity.source)).is_file() for entity in crate.data_entities)
