"""No role may do more than its work: read from the code itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.terraform.reading import FOLDER, declared, read

MODULE = FOLDER / "modules/aws_roles"
RIGHTS: dict[str, dict[str, Any]] = read(MODULE / "main.tf")["locals"][0]["rights"]
ROLES = ("auditor", "depositor", "mover", "reader", "remover")


def actions(role: str) -> set[str]:
    return {action for kind in ("on_bucket", "on_objects", "on_key") for action in RIGHTS[role][kind]}


def statements() -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = declared(MODULE, "data", "aws_iam_policy_document")["rights"]["statement"]
    return said


def test_there_are_five_roles() -> None:
    assert sorted(name for name in RIGHTS if not name.startswith("__")) == sorted(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_no_right_is_a_pattern(role: str) -> None:
    assert not [action for action in actions(role) if "*" in action]


def test_no_right_is_to_everything() -> None:
    for statement in statements():
        assert statement["resources"] != ["*"]


@pytest.mark.parametrize("role", [role for role in ROLES if role != "remover"])
def test_only_the_remover_deletes(role: str) -> None:
    assert not [action for action in actions(role) if "Delete" in action]


def test_the_remover_does_not_write() -> None:
    assert not [action for action in actions("remover") if action.startswith("s3:Put")]


@pytest.mark.parametrize("role", ["reader", "auditor"])
def test_who_looks_changes_nothing(role: str) -> None:
    verbs = {action.partition(":")[2] for action in actions(role) if action.startswith("s3:")}
    assert not [verb for verb in verbs if not verb.startswith(("Get", "List"))]


@pytest.mark.parametrize(
    "never",
    ["s3:BypassGovernanceRetention", "s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketVersioning"],
)
def test_nobody_loosens_a_protection(never: str) -> None:
    assert not [role for role in ROLES if never in actions(role)]
    (denied,) = [statement for statement in statements() if statement.get("sid") == "NeverLoosens"]
    assert denied["effect"] == "Deny"
    assert never in denied["actions"]


def test_the_depositor_puts_and_reads_back() -> None:
    verbs = set(RIGHTS["depositor"]["on_objects"])
    assert verbs == {"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}
