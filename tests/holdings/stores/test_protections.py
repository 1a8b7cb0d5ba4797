"""What protects a bucket is looked at, on a real server, and nothing but looked at."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from holdings.errors import AccessDenied
from holdings.stores import protections as module
from holdings.stores.protections import CALLS, Protection, protections
from holdings.stores.s3_access import Access
from tests.kit.seaweed import Seaweed

ASKED = [
    "versions are kept",
    "a new version is locked",
    "nothing is deleted by age",
    "reached by TLS, or on this machine",
]


@pytest.fixture
def let_in(seaweed: Seaweed, monkeypatch: pytest.MonkeyPatch) -> Seaweed:
    for name, value in seaweed.environment.items():
        monkeypatch.setenv(name, value)
    return seaweed


def found(server: Seaweed, bucket: str) -> dict[str, Protection]:
    return {each.protection: each for each in protections(server.spec("cold", bucket))}


def test_a_bucket_as_terraform_makes_it_on_premises(let_in: Seaweed) -> None:
    client, bucket = let_in.client(), let_in.make_bucket("as-made")
    locked = {"Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2}}}
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", **locked}
    )
    seen = found(let_in, bucket)
    assert [name for name, each in seen.items() if each.asked_for] == ASKED
    assert {seen[name].found for name in ASKED} == {"there"}
    # What SeaweedFS 4.48 says of the rest: the table in terraform/README.md.
    assert seen["public access is blocked"].says == "the server knows no such thing"
    assert {name for name, each in seen.items() if each.found == "missing"} == {
        "unfinished uploads are cleared away",
        "encrypted with a key of one's own",
        "TLS only",
        "a put never replaces, by policy",
        "only the remover deletes",
        "only keepers loosen a protection",
        "access is logged",
        "requests are counted",
    }


def test_a_bare_bucket_lacks_them_and_keeps_what_it_holds(let_in: Seaweed) -> None:
    client, bucket = let_in.client(), let_in.make_bucket("bare")
    client.put_object(Bucket=bucket, Key="precious", Body=b"precious")
    seen = found(let_in, bucket)
    assert seen["versions are kept"].says == "versioning is off"
    assert seen["a new version is locked"].says == "Object Lock is off"
    assert seen["nothing is deleted by age"].found == "there"
    assert client.get_object(Bucket=bucket, Key="precious")["Body"].read() == b"precious"


def test_a_rule_that_deletes_by_age_is_found(let_in: Seaweed) -> None:
    client, bucket = let_in.client(), let_in.make_bucket("aging")
    rule = {"ID": "tidy", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    client.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert found(let_in, bucket)["nothing is deleted by age"].says == "the rule 'tidy' deletes by age"


def test_only_get_is_asked(let_in: Seaweed, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []

    class Watched(Access):
        @property
        def control(self) -> Any:
            client = super().control
            client.meta.events.register("before-call.s3", _note)
            return client

    def _note(model: Any, params: dict[str, Any], **_: Any) -> None:
        asked.append((model.name, params["method"]))

    monkeypatch.setattr("holdings.stores.s3_probing.Access", Watched)
    protections(let_in.spec("cold", let_in.make_bucket("watched")))
    assert {method for _, method in asked} == {"GET"}
    assert len({name for name, _ in asked}) == len(CALLS)


def test_a_bucket_that_is_not_there_is_told(let_in: Seaweed) -> None:
    with pytest.raises(AccessDenied, match="does not exist"):
        protections(let_in.spec("cold", "nobody-made-this"))


class _Answering:
    """A bucket whose answers are given."""

    def __init__(self, **answers: Any) -> None:
        self._answers = answers
        self.bucket = "bucket"

    @property
    def control(self) -> Any:
        return self

    def __getattr__(self, call: str) -> Callable[..., Any]:
        def answer(**_: Any) -> Any:
            said = self._answers[call]
            if isinstance(said, str):
                raise ClientError({"Error": {"Code": said}}, call)
            return said

        return answer


def test_what_we_may_not_see_is_neither_there_nor_missing() -> None:
    bucket = module._Bucket(_Answering(get_bucket_policy="AccessDenied"))  # type: ignore[arg-type]
    seen = module._looked_at("TLS only", module._LOOKS["TLS only"], bucket, asked_for=True)
    assert (seen.found, seen.says) == ("not told", "this identity may not see it")


_TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


@pytest.mark.parametrize(
    ("but", "held"),
    [
        ({}, "there"),
        ({"Principal": {"AWS": "*"}, "Action": ["s3:*"]}, "there"),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, "missing"),
        ({"Effect": "Allow"}, "missing"),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}, "missing"),
        ({"Action": "s3:PutObject"}, "missing"),
    ],
)
def test_a_policy_that_only_looks_like_it_is_none(but: dict[str, object], held: str) -> None:
    answering = _Answering(get_bucket_policy={"Policy": json.dumps({"Statement": [_TLS_ONLY | but]})})
    bucket = module._Bucket(answering)  # type: ignore[arg-type]  # no server says so on demand
    seen = module._looked_at("TLS only", module._LOOKS["TLS only"], bucket, asked_for=True)
    assert seen.found == held
