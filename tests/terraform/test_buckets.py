"""What must never be lost is versioned, locked, private, and never expires. Read from the code itself."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hcl2
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "terraform"
FILES = sorted(FOLDER.rglob("*.tf"))
MODULES = sorted(path for path in (FOLDER / "modules").iterdir() if path.is_dir())


def read(path: Path) -> dict[str, Any]:
    with path.open(encoding="utf-8") as file:
        plain: dict[str, Any] = unquoted(hcl2.load(file))
    return plain


def unquoted(value: Any) -> Any:
    """python-hcl2 keeps the quotes of names and texts."""
    if isinstance(value, dict):
        return {name.strip('"'): unquoted(item) for name, item in value.items()}
    if isinstance(value, list):
        return [unquoted(item) for item in value]
    return value.strip('"') if isinstance(value, str) else value


def resources(module: Path, kind: str) -> list[dict[str, Any]]:
    return [
        body
        for path in sorted(module.glob("*.tf"))
        for resource in read(path).get("resource", [])
        for body in resource.get(kind, {}).values()
    ]


def blocks(value: Any) -> Iterator[tuple[str, Any]]:
    """Every name anywhere in the code, with what stands under it."""
    for name, item in value.items() if isinstance(value, dict) else enumerate(value or []):
        if isinstance(name, str):
            yield name, item
        if isinstance(item, dict | list):
            yield from blocks(item)


def names(path: Path) -> Iterator[str]:
    return (name for name, _ in blocks(read(path)))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_nothing_expires(path: Path) -> None:
    assert not [name for name in names(path) if "expiration" in name]


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_every_bucket_is_protected(module: Path) -> None:
    (bucket,) = resources(module, "aws_s3_bucket")
    assert bucket["object_lock_enabled"] is True
    assert bucket["force_destroy"] is False
    assert bucket["lifecycle"][0]["prevent_destroy"] is True

    (versioning,) = resources(module, "aws_s3_bucket_versioning")
    assert versioning["versioning_configuration"][0]["status"] == "Enabled"

    (lock,) = resources(module, "aws_s3_bucket_object_lock_configuration")
    assert lock["rule"][0]["default_retention"][0]["mode"] == "GOVERNANCE"

    (block,) = resources(module, "aws_s3_bucket_public_access_block")
    kept_out = ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"]
    assert [block[name] for name in kept_out] == [True] * 4

    (encryption,) = resources(module, "aws_s3_bucket_server_side_encryption_configuration")
    default = encryption["rule"][0]["apply_server_side_encryption_by_default"][0]
    assert default["sse_algorithm"] == "aws:kms"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_unfinished_uploads_are_cleared_away(module: Path) -> None:
    (lifecycle,) = resources(module, "aws_s3_bucket_lifecycle_configuration")
    (rule,) = [rule for rule in lifecycle["rule"] if "abort_incomplete_multipart_upload" in rule]
    assert rule["status"] == "Enabled"
    assert rule["filter"] == [{"__is_block__": True}], "for every key"


def test_replicas_are_in_two_regions() -> None:
    providers = read(FOLDER / "irreplaceable/main.tf")["provider"]
    assert len({provider["aws"]["region"] for provider in providers}) == 2


def test_what_expires_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.tf"
    wrong.write_text(
        'resource "aws_s3_bucket_lifecycle_configuration" "this" {\n'
        "  rule {\n    noncurrent_version_expiration {\n      noncurrent_days = 1\n    }\n  }\n}\n"
    )
    assert "noncurrent_version_expiration" in names(wrong)


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
