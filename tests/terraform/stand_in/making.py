"""How the stand-in makes each resource through boto3; those not here are only validated and planned."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

State = dict[str, Any]
Client = Callable[[str], Any]
"""A boto3 client by the name of its service, for the provider's account and region."""


def _bucket(client: Client, wanted: State) -> State:
    s3, name = client("s3"), wanted["bucket"]
    s3.create_bucket(
        Bucket=name,
        ObjectLockEnabledForBucket=bool(wanted["object_lock_enabled"]),
        CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name},
    )
    if tags := wanted.get("tags"):
        tagging = {"TagSet": [{"Key": key, "Value": value} for key, value in sorted(tags.items())]}
        s3.put_bucket_tagging(Bucket=name, Tagging=tagging)
    return {"id": name, "arn": f"arn:aws:s3:::{name}"}


def _versioning(client: Client, wanted: State) -> State:
    (said,) = wanted["versioning_configuration"]
    client("s3").put_bucket_versioning(
        Bucket=wanted["bucket"], VersioningConfiguration={"Status": said["status"]}
    )
    return _of_bucket(wanted)


def _lock(client: Client, wanted: State) -> State:
    retention = wanted["rule"][0]["default_retention"][0]
    client("s3").put_object_lock_configuration(
        Bucket=wanted["bucket"],
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": retention["mode"], "Days": retention["days"]}},
        },
    )
    return _of_bucket(wanted)


def _encryption(client: Client, wanted: State) -> State:
    (rule,) = wanted["rule"]
    said = rule["apply_server_side_encryption_by_default"][0]
    default = {"SSEAlgorithm": said["sse_algorithm"]}
    if said.get("kms_master_key_id"):
        default["KMSMasterKeyID"] = said["kms_master_key_id"]
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": default,
            "BucketKeyEnabled": bool(rule.get("bucket_key_enabled")),
        }
    ]
    client("s3").put_bucket_encryption(
        Bucket=wanted["bucket"], ServerSideEncryptionConfiguration={"Rules": rules}
    )
    return _of_bucket(wanted)


def _public_access(client: Client, wanted: State) -> State:
    client("s3").put_public_access_block(
        Bucket=wanted["bucket"],
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": wanted["block_public_acls"],
            "BlockPublicPolicy": wanted["block_public_policy"],
            "IgnorePublicAcls": wanted["ignore_public_acls"],
            "RestrictPublicBuckets": wanted["restrict_public_buckets"],
        },
    )
    return _of_bucket(wanted)


def _ownership(client: Client, wanted: State) -> State:
    client("s3").put_bucket_ownership_controls(
        Bucket=wanted["bucket"],
        OwnershipControls={"Rules": [{"ObjectOwnership": wanted["rule"][0]["object_ownership"]}]},
    )
    return _of_bucket(wanted)


def _bucket_policy(client: Client, wanted: State) -> State:
    client("s3").put_bucket_policy(Bucket=wanted["bucket"], Policy=wanted["policy"])
    return _of_bucket(wanted)


def _lifecycle(client: Client, wanted: State) -> State:
    client("s3").put_bucket_lifecycle_configuration(
        Bucket=wanted["bucket"],
        LifecycleConfiguration={"Rules": [_lifecycle_rule(rule) for rule in wanted["rule"]]},
    )
    return _of_bucket(wanted)


def _lifecycle_rule(rule: State) -> State:
    told: State = {"ID": rule["id"], "Status": rule["status"], "Filter": {"Prefix": ""}}
    for filtered in rule["filter"] or []:
        for both in filtered.get("and") or []:
            told["Filter"] = {
                "And": {"Prefix": both["prefix"], "ObjectSizeGreaterThan": both["object_size_greater_than"]}
            }
    for abort in rule["abort_incomplete_multipart_upload"] or []:
        told["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": abort["days_after_initiation"]}
    for moved in rule["transition"] or []:
        told["Transitions"] = [{"Days": moved["days"], "StorageClass": moved["storage_class"]}]
    return told


def _logging(client: Client, wanted: State) -> State:
    target = {"TargetBucket": wanted["target_bucket"], "TargetPrefix": wanted["target_prefix"]}
    client("s3").put_bucket_logging(Bucket=wanted["bucket"], BucketLoggingStatus={"LoggingEnabled": target})
    return _of_bucket(wanted)


def _metric(client: Client, wanted: State) -> State:
    # moto has no metrics of buckets: there is nothing to make, and nothing to look at.
    return {"id": f"{wanted['bucket']}:{wanted['name']}"}


def _of_bucket(wanted: State) -> State:
    return {"id": wanted["bucket"]}


def _key(client: Client, wanted: State) -> State:
    kms = client("kms")
    made = kms.create_key(Description=wanted["description"] or "", Policy=wanted["policy"])["KeyMetadata"]
    if wanted["enable_key_rotation"]:
        kms.enable_key_rotation(KeyId=made["KeyId"])
    return {"id": made["KeyId"], "key_id": made["KeyId"], "arn": made["Arn"]}


def _role(client: Client, wanted: State) -> State:
    made = client("iam").create_role(
        RoleName=wanted["name"],
        AssumeRolePolicyDocument=wanted["assume_role_policy"],
        MaxSessionDuration=wanted["max_session_duration"] or 3600,
    )["Role"]
    return {"id": made["RoleName"], "arn": made["Arn"]}


def _role_policy(client: Client, wanted: State) -> State:
    json.loads(wanted["policy"])
    client("iam").put_role_policy(
        RoleName=wanted["role"], PolicyName=wanted["name"], PolicyDocument=wanted["policy"]
    )
    return {"id": f"{wanted['role']}:{wanted['name']}"}


MAKERS: dict[str, Callable[[Client, State], State]] = {
    "aws_s3_bucket": _bucket,
    "aws_s3_bucket_versioning": _versioning,
    "aws_s3_bucket_object_lock_configuration": _lock,
    "aws_s3_bucket_server_side_encryption_configuration": _encryption,
    "aws_s3_bucket_public_access_block": _public_access,
    "aws_s3_bucket_ownership_controls": _ownership,
    "aws_s3_bucket_policy": _bucket_policy,
    "aws_s3_bucket_lifecycle_configuration": _lifecycle,
    "aws_s3_bucket_logging": _logging,
    "aws_s3_bucket_metric": _metric,
    "aws_kms_key": _key,
    "aws_iam_role": _role,
    "aws_iam_role_policy": _role_policy,
}
