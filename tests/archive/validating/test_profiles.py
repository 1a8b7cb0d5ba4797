"""BagIt profiles: every rule broken once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archive.validating import validate
from archive.validating.profiles import Profile, read_profile
from holdings.errors import BadInput
from tests.archive.validating.bags import bag_files, errors, tar_bytes, warnings, write_bag

URI = "https://example.org/profile.json"
INFO = f"Payload-Oxum: 13.2\nSource-Organization: NHM\nBagIt-Profile-Identifier: {URI}\n".encode()


def profile_of(**rules: object) -> Profile:
    named = {key.replace("_", "-"): value for key, value in rules.items()}
    named = {key.replace("Fetch-txt", "Fetch.txt"): value for key, value in named.items()}
    identity = {
        "BagIt-Profile-Identifier": URI,
        "Source-Organization": "NHM",
        "External-Description": "ours",
        "Version": "1",
    }
    whole = {"Accept-BagIt-Version": ["1.0"], "Accept-Serialization": ["application/zip"], **named}
    return Profile.model_validate({"BagIt-Profile-Info": identity, **whole})


KEPT = profile_of(
    Bag_Info={"Source-Organization": {"required": True, "values": ["NHM", "Meise"], "repeatable": False}},
    Manifests_Required=["sha512"],
    Manifests_Allowed=["sha256", "sha512"],
    Tag_Manifests_Required=["sha512"],
    Tag_Manifests_Allowed=["sha256", "sha512"],
    Tag_Files_Required=["bag-info.txt"],
    Tag_Files_Allowed=["metadata/*"],
    Payload_Files_Required=["data/a.tif"],
    Payload_Files_Allowed=["data/*.tif"],
    Allow_Fetch_txt=False,
    Serialization="optional",
    Accept_Serialization=["application/zip"],
    Accept_BagIt_Version=["1.0"],
)
BROKEN = {
    "required_label": ({"Bag_Info": {"Contact-Name": {"required": True}}}, "profile-info-required"),
    "value": ({"Bag_Info": {"source-organization": {"values": ["Meise"]}}}, "profile-info-value"),
    "manifest_required": ({"Manifests_Required": ["md5"]}, "profile-manifest-required"),
    "manifest_allowed": ({"Manifests_Allowed": ["sha512"]}, "profile-manifest-allowed"),
    "tag_manifest_required": ({"Tag_Manifests_Required": ["md5"]}, "profile-manifest-required"),
    "tag_manifest_allowed": ({"Tag_Manifests_Allowed": []}, "profile-manifest-allowed"),
    "tag_file_required": ({"Tag_Files_Required": ["metadata/mets.xml"]}, "profile-file-required"),
    "payload_file_required": ({"Payload_Files_Required": ["data/readme"]}, "profile-file-required"),
    "payload_file_allowed": ({"Payload_Files_Allowed": ["data/a.tif"]}, "profile-file-allowed"),
    "fetch_required": ({"Fetch_txt_Required": True}, "profile-fetch"),
    "data_empty": ({"Data_Empty": True}, "profile-data-empty"),
    "serialization": ({"Serialization": "required"}, "profile-serialization"),
    "version": ({"Accept_BagIt_Version": ["0.97"]}, "profile-version"),
}


def test_a_bag_that_keeps_its_profile(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files(info=INFO))
    assert validate(bag, profile=KEPT).findings == ()


@pytest.mark.parametrize(("rules", "code"), BROKEN.values(), ids=BROKEN)
def test_a_broken_rule(tmp_path: Path, rules: dict[str, object], code: str) -> None:
    bag = write_bag(tmp_path / "bag", bag_files(info=INFO))
    report = validate(bag, profile=profile_of(**rules))
    assert errors(report) == {code}
    assert all(finding.rule.startswith("BagIt Profiles, ") for finding in report.findings)


def test_a_label_more_often_than_allowed(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files(info=INFO + b"source-organization: NHM\n"))
    assert errors(validate(bag, profile=KEPT)) == {"profile-info-repeated"}


def test_fetch_and_other_tag_files_that_are_not_allowed(tmp_path: Path) -> None:
    changed: dict[str, bytes | None] = {"fetch.txt": b"https://x.org/a - data/a.tif\n", "notes.txt": b"x"}
    bag = write_bag(tmp_path / "bag", bag_files(info=INFO, changed=changed))
    assert errors(validate(bag, profile=KEPT)) == {"profile-fetch", "profile-file-allowed"}


def test_serialisation(tmp_path: Path) -> None:
    (tmp_path / "bag.tar").write_bytes(tar_bytes(bag_files(info=INFO)))
    assert errors(validate(tmp_path / "bag.tar", profile=KEPT)) == {"profile-serialization"}
    assert errors(validate(tmp_path / "bag.tar", profile=profile_of(Serialization="forbidden"))) == {
        "profile-serialization"
    }
    accepts = profile_of(Accept_Serialization=["application/x-tar"])
    assert validate(tmp_path / "bag.tar", profile=accepts).valid


def test_a_bag_must_name_its_profile(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files())
    assert errors(validate(bag, profile=profile_of())) == {"profile-identifier"}


def test_what_a_profile_must_say_and_does_not_is_warned_of(tmp_path: Path) -> None:
    bare = Profile.model_validate({"BagIt-Profile-Info": {"BagIt-Profile-Identifier": URI}})
    report = validate(write_bag(tmp_path / "bag", bag_files(info=INFO)), profile=bare)
    assert report.valid
    assert warnings(report) == {"profile-lacks"}
    assert len(report.findings) == 5


@pytest.mark.parametrize(
    "rules",
    [
        {"Manifests-Required": ["md5"], "Manifests-Allowed": ["sha512"]},
        {"Tag-Manifests-Required": ["md5"], "Tag-Manifests-Allowed": ["sha512"]},
        {"Tag-Files-Required": ["a/b.xml"], "Tag-Files-Allowed": ["c/*"]},
        {"Payload-Files-Required": ["data/x"], "Payload-Files-Allowed": ["data/y"]},
        {"Fetch.txt-Required": True, "Allow-Fetch.txt": False},
    ],
    ids=lambda rules: next(iter(rules)),
)
def test_a_profile_that_no_bag_can_meet_is_bad_input(tmp_path: Path, rules: dict[str, object]) -> None:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({"BagIt-Profile-Info": {"BagIt-Profile-Identifier": URI}, **rules}))
    with pytest.raises(BadInput, match="Required asks for"):
        read_profile(path)


def test_algorithms_of_a_profile_may_be_spelled_as_people_do(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", bag_files(info=INFO))
    spelled = profile_of(Manifests_Required=["SHA-512"], Manifests_Allowed=["SHA-256", "sha-512"])
    assert errors(validate(bag, profile=spelled)) == set()


def test_a_profile_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    identity = {"BagIt-Profile-Info": {"BagIt-Profile-Identifier": URI}}
    path.write_text(json.dumps({**identity, "Allow-Fetch.txt": False}))
    assert not read_profile(path).allow_fetch


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"BagIt-Profile-Info": 3}', "\x00", '{"Serialization": "maybe"}']
)
def test_a_file_that_is_no_profile(tmp_path: Path, text: str) -> None:
    path = tmp_path / "profile.json"
    path.write_text(text)
    with pytest.raises(BadInput, match="profile"):
        read_profile(path)
    with pytest.raises(BadInput, match="absent"):
        read_profile(tmp_path / "absent")
