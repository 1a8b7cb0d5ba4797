"""No role may do more than its work: read from the code itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.reading import FILES, FOLDER, declared, read

MODULE = FOLDER / "modules/aws_roles"
RIGHTS: dict[str, dict[str, Any]] = read(MODULE / "main.tf")["locals"][0]["rights"]
ROLES = ("auditor", "depositor", "mover", "reader", "remover")


KINDS = ("on_bucket", "reads", "on_packages", "on_events", "on_marks", "on_key")
SETTINGS: list[str] = read(MODULE / "main.tf")["locals"][0]["settings"]


def named(value: Any) -> list[str]:
    """A list of actions, or one to which those of `settings` are added."""
    if isinstance(value, list):
        return value
    more = re.fullmatch(r"\$\{concat\(local\.settings, \[(.*)\]\)\}", value)
    assert more, f"what right is {value}"
    return [*SETTINGS, *re.findall(r'"([^"]+)"', more[1])]


def actions(role: str, *kinds: str) -> set[str]:
    return {action for kind in kinds or KINDS for action in named(RIGHTS[role][kind])}


def statements() -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = declared(MODULE, "data", "aws_iam_policy_document")["rights"]["statement"]
    return said


def test_there_are_five_roles() -> None:
    assert sorted(name for name in RIGHTS if not name.startswith("__")) == sorted(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_read_here_is_all_that_a_role_may(role: str) -> None:
    assert {name for name in RIGHTS[role] if not name.startswith("__")} == set(KINDS)


@pytest.mark.parametrize("role", ROLES)
def test_no_right_is_a_pattern(role: str) -> None:
    assert not [action for action in actions(role) if "*" in action]


def test_no_right_is_to_everything() -> None:
    for statement in statements():
        assert statement["resources"] != ["*"]


@pytest.mark.parametrize("role", [role for role in ROLES if role != "remover"])
def test_only_the_remover_deletes(role: str) -> None:
    assert not [action for action in actions(role) if "Delete" in action]


def test_the_remover_writes_no_package() -> None:
    assert not [action for action in actions("remover", "on_packages") if action.startswith("s3:Put")]


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_reads_it_does_not_change(role: str) -> None:
    verbs = {action.partition(":")[2] for action in actions(role, "on_bucket", "reads")}
    assert not [verb for verb in verbs if not verb.startswith(("Get", "List"))]


@pytest.mark.parametrize("role", ["depositor", "remover", "auditor"])
def test_history_is_added_to_and_nothing_else(role: str) -> None:
    assert actions(role, "on_events") == {"s3:PutObject"}


@pytest.mark.parametrize("role", ["reader", "auditor"])
def test_who_looks_changes_nothing(role: str) -> None:
    assert not actions(role, "on_packages", "on_marks")
    assert actions("reader", "on_events") == set()


@pytest.mark.parametrize(
    "never",
    ["s3:BypassGovernanceRetention", "s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutBucketVersioning"],
)
def test_nobody_loosens_a_protection(never: str) -> None:
    assert not [role for role in ROLES if never in actions(role)]
    (denied,) = [statement for statement in statements() if statement.get("sid") == "NeverLoosens"]
    assert denied["effect"] == "Deny"
    assert never in denied["actions"]


CALLS: dict[str, set[str]] = {
    "abort_multipart_upload": {"AbortMultipartUpload"},
    "complete_multipart_upload": {"PutObject"},
    "create_multipart_upload": {"PutObject"},
    "delete_object": {"DeleteObject", "DeleteObjectVersion"},
    "get_bucket_encryption": {"GetEncryptionConfiguration"},
    "get_bucket_lifecycle_configuration": {"GetLifecycleConfiguration"},
    "get_bucket_logging": {"GetBucketLogging"},
    "get_bucket_metrics_configuration": {"GetMetricsConfiguration"},
    "get_bucket_ownership_controls": {"GetBucketOwnershipControls"},
    "get_bucket_policy": {"GetBucketPolicy"},
    "get_bucket_versioning": {"GetBucketVersioning"},
    "get_object": {"GetObject", "GetObjectVersion"},
    "get_object_lock_configuration": {"GetBucketObjectLockConfiguration"},
    "get_public_access_block": {"GetBucketPublicAccessBlock"},
    "head_bucket": {"ListBucket"},
    # With the checksum that the server keeps; what locks it says only to who may ask for that itself.
    "head_object": {"GetObject", "GetObjectLegalHold", "GetObjectRetention"},
    "list_multipart_uploads": {"ListBucketMultipartUploads"},
    "list_objects_v2": {"ListBucket"},
    "put_object": {"PutObject"},
    "put_object_legal_hold": {"PutObjectLegalHold"},
    "put_object_retention": {"PutObjectRetention"},
    "restore_object": {"RestoreObject"},
    "upload_part": {"PutObject"},
    "upload_part_copy": {"GetObject", "PutObject"},
}
"""Every call of an S3 server that the code makes, and the rights that it takes in IAM."""
LOOKED_AT = {name for name in CALLS if name.startswith(("get_bucket", "get_public", "get_object_lock"))}
LISTING = {"head_bucket", "list_objects_v2"}
PUTTING = {
    *("put_object", "create_multipart_upload", "upload_part", "complete_multipart_upload"),
    "abort_multipart_upload",
}
LOCKING = {"put_object_legal_hold", "put_object_retention"}
COPYING = {*PUTTING, "upload_part_copy"}
WORK: dict[str, dict[str, set[str]]] = {
    "depositor": {"on_bucket": {*LISTING, "list_multipart_uploads"}, "on_packages": PUTTING},
    "reader": {"on_bucket": LISTING},
    "mover": {
        "on_bucket": {*LISTING, *LOOKED_AT, "list_multipart_uploads"},
        "on_packages": {*COPYING, *LOCKING, "restore_object"},
        "on_marks": COPYING,
        "reads": {"head_object"},
    },
    "remover": {
        "on_bucket": {*LISTING, *LOOKED_AT},
        "on_packages": {"delete_object"},
        "on_marks": {*COPYING, *LOCKING, "delete_object", "restore_object"},
        "reads": {"get_object", "head_object"},
    },
    "auditor": {"on_bucket": {*LISTING, *LOOKED_AT}, "reads": {"get_object", "head_object"}},
}
"""By role and place the calls that its commands make."""
_CALLED = re.compile(r"\b(?:control|patient)\.([a-z_0-9]+)\(|\"((?:get|put)_(?:bucket|object|public)\w+)\"")


def test_the_table_has_every_call_that_the_code_makes() -> None:
    stores = FOLDER.parent / "holdings/stores"
    text = "\n".join(path.read_text() for path in sorted(stores.glob("s3*.py")))
    text += (stores / "protections.py").read_text()
    assert {first or second for first, second in _CALLED.findall(text)} - {"close"} == set(CALLS)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_its_commands_call(role: str) -> None:
    for kind, calls in WORK[role].items():
        needed = {f"s3:{action}" for call in calls for action in CALLS[call]}
        may = actions(role, kind) | actions(role, "reads")
        assert needed <= may, (kind, needed - may)
    assert {"s3:GetObject"} <= actions(role, "reads")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_no_more_than_they_call(role: str) -> None:
    """But for looking at older versions, which the runbook tells people to do."""
    called = {f"s3:{action}" for calls in WORK[role].values() for call in calls for action in CALLS[call]}
    called |= {"s3:PutObject", "s3:GetObject"}  # history and marks
    allowed = {action for action in actions(role) if action.startswith("s3:")}
    assert allowed - called <= {"s3:ListBucketVersions"}


def test_the_depositor_puts_and_reads_back() -> None:
    assert actions("depositor", "on_packages") == {"s3:AbortMultipartUpload", "s3:PutObject"}
    assert actions("depositor", "reads") == {"s3:GetObject"}


def test_a_worker_may_take_on_roles_and_nothing_else() -> None:
    said = declared(FOLDER / "disposable", "data", "aws_iam_policy_document")["worker"]["statement"]
    assert [statement["actions"] for statement in said] == [["sts:AssumeRole"]]
    assert sorted(re.findall(r'role_arns\["(\w+)"\]', said[0]["resources"])) == ["depositor", "mover"]
    assert "*" not in said[0]["resources"]


DOCUMENTS = [
    (path, name, statement)
    for path in sorted({path.parent for path in FILES})
    for name, body in declared(path, "data", "aws_iam_policy_document").items()
    for statement in body["statement"]
]


@pytest.mark.parametrize(
    ("path", "name", "statement"),
    [each for each in DOCUMENTS if each[2].get("effect") != "Deny" and "key" not in each[1]],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_is_allowed_to_everybody_or_on_everything(path: Path, name: str, statement: Any) -> None:
    """Everywhere, not in the roles only; in the policy of a key, `*` means that key."""
    assert "*" not in statement.get("resources", [])
    assert not [word for word in statement["actions"] if "*" in word]
    for principal in statement.get("principals", []):
        assert "*" not in principal["identifiers"]
