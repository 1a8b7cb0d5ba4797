"""The modules as Terraform sees them, with a stand-in for the AWS provider; applied against moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from holdings.settings.model import StoreSettings
from holdings.stores.protections import protections
from tests.kit.moto import running_moto
from tests.terraform.kit import Terraform, terraform_or_skip
from tests.terraform.planned import AT_HOME, IN_AWS, write_plan, write_settings, write_vars

ROOTS = ("irreplaceable", "irreplaceable/on_premise", "disposable")
HOT, COLD = "123456789012", "222222222222"
"""moto's own account, and the one that the cold provider takes a role in."""
VARIABLES = {
    "name": "nhmuk",
    "cold_account_role_arn": f"arn:aws:iam::{COLD}:role/keeper",
    "hot_keeper_arns": [f"arn:aws:sts::{HOT}:user/moto"],  # who moto says everybody is
    "cold_keeper_arns": [f"arn:aws:iam::{COLD}:role/keeper"],
    "cold_storage_class": "DEEP_ARCHIVE",
}
"""What people write; the stores are written by `holdfast terraform vars`."""


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    ready = Terraform(terraform_or_skip(), tmp_path_factory.mktemp("terraform"))
    for root in ROOTS:
        ready.ready(root)
    folder = tmp_path_factory.mktemp("plan")
    write_plan(folder)
    for stores in (IN_AWS, AT_HOME):
        write_settings(folder, stores)
        assert write_vars(folder, ready.modules) == 0
    return ready


def test_a_misspelt_argument_is_found(terraform: Terraform) -> None:
    wrong = terraform.modules / "irreplaceable/on_premise/wrong.tf"
    wrong.write_text('resource "aws_s3_bucket" "wrong" {\n  bucket       = "x"\n  force_destory = false\n}\n')
    try:
        ran = terraform.run("validate", "-no-color", at="irreplaceable/on_premise")
    finally:
        wrong.unlink()
    assert ran.returncode != 0
    assert 'Did you mean "force_destroy"' in " ".join(ran.stderr.split())


@pytest.mark.parametrize("root", ["irreplaceable", "disposable"])
def test_what_the_modules_refuse(terraform: Terraform, root: str) -> None:
    ran = terraform.run("test", "-no-color", at=root)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 failed" in ran.stdout


def test_a_store_on_premises_is_its_workspace(terraform: Terraform) -> None:
    words = ("plan", "-input=false", "-no-color")
    ran = terraform.run(*words, at="irreplaceable/on_premise")
    assert "The workspace is the store" in ran.stderr
    ran = terraform.run(*words, at="irreplaceable/on_premise", env={"TF_WORKSPACE": "cold"})
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "s3.bucket.quota -name=nhmuk-cold -op=set -sizeMB=2046" in ran.stdout
    assert 'holdfast_bytes{store=\\"cold\\"} > 2145000000' in ran.stdout


class Made:
    """What an apply left in moto, looked at through boto3."""

    def __init__(self, endpoint: str, outputs: dict[str, Any]) -> None:
        self.endpoint = endpoint
        self.outputs = outputs
        self.s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="eu-west-2",
            aws_access_key_id="anybody",
            aws_secret_access_key="stand-in",  # moto checks none
        )

    def bucket(self, store: str) -> str:
        """The bucket of a store, as the outputs tell it."""
        url: str = self.outputs["store_urls"][store]
        return url.removeprefix("s3://").partition("/")[0]


@pytest.fixture(scope="module")
def made(terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with running_moto() as endpoint:
        env = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": HOT,
            "AWS_SECRET_ACCESS_KEY": "stand-in",
        }
        variables = tmp_path_factory.mktemp("variables") / "nhmuk.tfvars.json"
        variables.write_text(json.dumps(VARIABLES))
        words = ("apply", "-auto-approve", "-input=false", "-no-color", f"-var-file={variables}")
        ran = terraform.run(*words, at="irreplaceable", env=env)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        told = terraform.run("output", "-json", at="irreplaceable", env=env)
        outputs = {name: said["value"] for name, said in json.loads(told.stdout).items()}
        again = terraform.run("plan", "-detailed-exitcode", *words[2:], at="irreplaceable", env=env)
        assert again.returncode == 0, "an apply leaves nothing to change: " + again.stdout + again.stderr
        yield Made(endpoint, outputs)


@pytest.mark.parametrize("store", ["hot", "cold"])
def test_a_bucket_is_versioned_and_locked(made: Made, store: str) -> None:
    bucket, s3 = made.bucket(store), made.s3
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    retention = lock["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("GOVERNANCE", 2)
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert (
        rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
        == made.outputs["replicas"][store]["key_arn"]
    )
    denied = [
        statement
        for statement in json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        if statement["Effect"] == "Deny"
    ]
    assert {statement["Sid"] for statement in denied} == {
        "TlsOnly",
        "OnlyKeepersLoosenProtections",
        "OnlyTheRemoverDeletes",
        "APutNeverReplaces",
        "NoKeyOfTheClient",
        "NoOtherKey",
    }


def test_a_bucket_says_which_store_it_is(made: Made) -> None:
    # Of the hot one only: moto shows the tags of a bucket to its own account.
    tags = made.s3.get_bucket_tagging(Bucket=made.bucket("hot"))["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {
        "holdfast-store": "hot",
        "holdfast-tier": "hot",
        "holdfast-domain": "aws-london",
    }


def test_the_replicas_are_in_two_accounts(made: Made) -> None:
    accounts = {replica["key_arn"].split(":")[4] for replica in made.outputs["replicas"].values()}
    assert accounts == {HOT, COLD}


def test_bags_move_to_the_class_that_was_asked_for(made: Made) -> None:
    rules = made.s3.get_bucket_lifecycle_configuration(Bucket=made.bucket("cold"))["Rules"]
    (moving,) = [rule for rule in rules if "Transitions" in rule]
    assert moving["Filter"]["And"]["Prefix"] == "archive/packages/"  # moto drops the size beside it
    assert moving["Transitions"] == [{"Days": 14, "StorageClass": "DEEP_ARCHIVE"}]
    assert not any("Expiration" in name for rule in rules for name in rule)


@pytest.mark.parametrize("store", ["hot", "cold"])
def test_the_probe_finds_what_was_asked_for(made: Made, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for word in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(word, "any")
    spec = StoreSettings(
        name=store,
        url=made.outputs["store_urls"][store],
        tier=store,
        domain="there",
        price_sheet="none",
        endpoint=made.endpoint,
    )
    wanting = [each for each in protections(spec) if each.found != "there"]
    # moto has no metrics of buckets, so that the stand-in makes none.
    assert [each.protection for each in wanting] == ["requests are counted"]


def test_nobody_destroys_it_by_one_command(terraform: Terraform, made: Made, tmp_path: Path) -> None:
    variables = tmp_path / "nhmuk.tfvars.json"
    variables.write_text(json.dumps(VARIABLES))
    env = {
        "AWS_ENDPOINT_URL": made.endpoint,
        "AWS_ACCESS_KEY_ID": HOT,
        "AWS_SECRET_ACCESS_KEY": "stand-in",
    }
    words = ("destroy", "-auto-approve", "-input=false", "-no-color", f"-var-file={variables}")
    ran = terraform.run(*words, at="irreplaceable", env=env)
    assert ran.returncode != 0
    assert "Instance cannot be destroyed" in ran.stderr
