"""What must never be lost is versioned, locked, private, and never expires. Read from the code itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.reading import FILES, FOLDER, blocks, names, read, resources

AWS = [FOLDER / "modules/aws_hot", FOLDER / "modules/aws_cold"]
REPLICAS = [*AWS, FOLDER / "modules/s3_compatible"]


def of_bucket(module: Path, kind: str, bucket: str) -> dict[str, Any]:
    """The one resource of a kind that belongs to a bucket of the module."""
    told = [
        body
        for body in resources(module, kind).values()
        if body["bucket"] == f"${{aws_s3_bucket.{bucket}.id}}"
    ]
    (found,) = told
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_nothing_expires(path: Path) -> None:
    assert not [name for name in names(path) if "expiration" in name]


def test_what_expires_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tf"
    wrong.write_text(
        'resource "aws_s3_bucket_lifecycle_configuration" "this" {\n'
        "  rule {\n    noncurrent_version_expiration {\n      noncurrent_days = 1\n    }\n  }\n}\n"
    )
    assert "noncurrent_version_expiration" in names(wrong)


@pytest.mark.parametrize("module", REPLICAS, ids=lambda path: path.name)
def test_every_bucket_is_versioned_and_cannot_be_destroyed(module: Path) -> None:
    buckets = resources(module, "aws_s3_bucket")
    assert "this" in buckets
    for name, bucket in buckets.items():
        assert bucket["object_lock_enabled"] is True
        assert bucket["force_destroy"] is False
        assert bucket["lifecycle"][0]["prevent_destroy"] is True
        versioning = of_bucket(module, "aws_s3_bucket_versioning", name)
        assert versioning["versioning_configuration"][0]["status"] == "Enabled"


@pytest.mark.parametrize("module", REPLICAS, ids=lambda path: path.name)
def test_every_bucket_of_originals_has_a_retention(module: Path) -> None:
    lock = of_bucket(module, "aws_s3_bucket_object_lock_configuration", "this")
    assert lock["rule"][0]["default_retention"][0]["mode"] == "GOVERNANCE"
    assert lock["lifecycle"][0]["prevent_destroy"] is True


@pytest.mark.parametrize("module", AWS, ids=lambda path: path.name)
def test_every_bucket_is_private_and_encrypted(module: Path) -> None:
    for name in resources(module, "aws_s3_bucket"):
        block = of_bucket(module, "aws_s3_bucket_public_access_block", name)
        kept_out = [
            "block_public_acls",
            "block_public_policy",
            "ignore_public_acls",
            "restrict_public_buckets",
        ]
        assert [block[each] for each in kept_out] == [True] * 4
        ownership = of_bucket(module, "aws_s3_bucket_ownership_controls", name)
        assert ownership["rule"][0]["object_ownership"] == "BucketOwnerEnforced"
        encryption = of_bucket(module, "aws_s3_bucket_server_side_encryption_configuration", name)
        default = encryption["rule"][0]["apply_server_side_encryption_by_default"][0]
        assert default["sse_algorithm"] == ("aws:kms" if name == "this" else "AES256")


@pytest.mark.parametrize("module", AWS, ids=lambda path: path.name)
def test_the_key_is_as_hard_to_lose_as_the_bucket(module: Path) -> None:
    (key,) = resources(module, "aws_kms_key").values()
    assert key["lifecycle"][0]["prevent_destroy"] is True
    assert key["enable_key_rotation"] is True
    assert key["deletion_window_in_days"] == 30


@pytest.mark.parametrize("module", AWS, ids=lambda path: path.name)
def test_unfinished_uploads_are_cleared_away(module: Path) -> None:
    for name in resources(module, "aws_s3_bucket"):
        lifecycle = of_bucket(module, "aws_s3_bucket_lifecycle_configuration", name)
        (rule,) = [rule for rule in lifecycle["rule"] if "abort_incomplete_multipart_upload" in rule]
        assert rule["status"] == "Enabled"
        assert rule["filter"] == [{"__is_block__": True}], "for every key"


def test_small_objects_never_move() -> None:
    lifecycle = of_bucket(FOLDER / "modules/aws_cold", "aws_s3_bucket_lifecycle_configuration", "this")
    moving = [rule for rule in lifecycle["rule"] if "transition" in rule]
    assert moving
    for rule in moving:
        (both,) = rule["filter"][0]["and"]
        assert both["object_size_greater_than"] == "${var.smallest_transition_bytes}"
        assert both["prefix"] == "${var.prefix}packages/"


@pytest.mark.parametrize("module", [AWS[0], REPLICAS[2]], ids=lambda path: path.name)
def test_nothing_moves_out_of_the_hot_replica_by_itself(module: Path) -> None:
    assert "transition" not in {name for path in module.glob("*.tf") for name, _ in blocks(read(path))}


def test_replicas_are_in_two_regions() -> None:
    providers = [
        provider["aws"]
        for name in ("hot", "cold")
        for provider in read(FOLDER / f"irreplaceable/{name}.tf")["provider"]
    ]
    assert len({provider["region"] for provider in providers}) == 2


def test_what_can_be_made_again_holds_no_bucket() -> None:
    assert resources(FOLDER / "disposable", "aws_s3_bucket") == {}


def test_the_code_is_formatted(tmp_path: Path) -> None:
    terraform = shutil.which("terraform")
    if terraform is None:
        pytest.skip("the terraform program is not on this machine")
    settings = tmp_path / "terraform.rc"
    settings.touch()
    ran = subprocess.run(
        [terraform, "fmt", "-check", "-recursive", "-diff", str(FOLDER)],
        env={**os.environ, "TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
