"""`holdfast validate`, as a function: words, JSON and exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.cli.validate import validate
from tests.archive.validating.bags import bag_files, tar_bytes, write_bag


@pytest.fixture
def good(tmp_path: Path) -> str:
    return str(write_bag(tmp_path / "good", bag_files()))


@pytest.fixture
def one_changed_byte(tmp_path: Path) -> str:
    return str(write_bag(tmp_path / "bad", {**bag_files(), "data/a.tif": b"First\n"}))


def test_valid_bags_end_with_0(good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bag.tar").write_bytes(tar_bytes(bag_files()))
    assert validate([good, str(tmp_path / "bag.tar")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{good}: valid; BagIt 1.0, 2 files, 13 B.",
        f"{tmp_path}/bag.tar: valid; BagIt 1.0, 2 files, 13 B.",
    ]


def test_an_invalid_one_ends_with_1_and_says_why(
    good: str, one_changed_byte: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate([good, one_changed_byte]) == 1
    out = capsys.readouterr().out
    assert "error: data/a.tif does not match manifest-sha256.txt" in out
    assert "[checksum-mismatch; RFC 8493, 2.1.3]" in out
    assert f"{one_changed_byte}: not valid; BagIt 1.0" in out


def test_structure_alone_says_that_checksums_were_not_compared(
    one_changed_byte: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate([one_changed_byte], fast=True) == 0
    assert "structure valid, checksums not compared" in capsys.readouterr().out


def test_what_is_no_bag_ends_with_2_and_the_others_are_still_judged(
    good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert validate([str(tmp_path / "absent"), good]) == 2
    said = capsys.readouterr()
    assert f"{good}: valid" in said.out
    assert "absent is not there" in said.err


def test_json(one_changed_byte: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate([one_changed_byte], as_json=True) == 1
    document = json.loads(capsys.readouterr().out)
    (report,) = document["bags"]
    assert document["valid"] is False
    assert report["findings"][0]["code"] == "checksum-mismatch"
    assert report["findings"][0]["severity"] == "error"
    assert (report["files"], report["size_bytes"], report["version"]) == (2, 13, "1.0")


def test_a_profile(good: str, tmp_path: Path) -> None:
    profile = tmp_path / "profile.json"
    rules = {"BagIt-Profile-Info": {"BagIt-Profile-Identifier": "x:y"}, "Manifests-Required": ["md5"]}
    profile.write_text(json.dumps(rules))
    assert validate([good], profile=str(profile)) == 1
    assert validate([good], profile="holdfast") == 1
