"""Which of the protections that `terraform/` asks for a bucket really has.

Asked by GET alone, and only for what was seen to do no harm (TIERING.md, section 3: some servers take
a request that they do not know for another one, and what deletes or puts then does so). A server
that knows no such thing is told of as that; what we may not see is neither there nor missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from holdings.settings.places import is_aws
from holdings.stores.s3_access import Access
from holdings.stores.s3_errors import told
from holdings.stores.s3_probing import reached

if TYPE_CHECKING:
    from holdings.settings.model import StoreSettings

Found = Literal["there", "missing", "not told"]
_OURS_TO_SEE = {"403", "AccessDenied", "AllAccessDisabled"}
_UNKNOWN_TO_IT = {"405", "501", "MethodNotAllowed", "NotImplemented"}
_NOT_SET = {
    "NoSuchBucketPolicy",
    "NoSuchConfiguration",
    "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Protection:
    """One protection of a bucket."""

    protection: str
    asked_for: bool
    """By the module of `terraform/` that makes such a store."""
    found: Found
    says: str
    """What was seen instead; empty where it is there."""


class _NotTold(Exception):
    """The server keeps to itself how it is."""


def protections(spec: StoreSettings) -> list[Protection]:
    """Every protection, whether it is asked for in such a store, and whether it is there.

    Raises Unavailable where the server does not answer, AccessDenied where the bucket is not there.
    """
    on_aws = is_aws(spec.endpoint)
    with reached(spec) as access, told(access.place, "the settings of the bucket"):
        seen = _Bucket(access)
        return [
            _looked_at(name, looks, seen, asked_for=on_aws or name in _ON_PREMISES)
            for name, looks in _LOOKS.items()
        ] + ([] if on_aws else [_encrypted_on_its_way(spec)])


def _looked_at(name: str, looks: Callable[[_Bucket], str], seen: _Bucket, *, asked_for: bool) -> Protection:
    try:
        says = looks(seen)
    except _NotTold as error:
        return Protection(protection=name, asked_for=asked_for, found="not told", says=str(error))
    return Protection(protection=name, asked_for=asked_for, found="missing" if says else "there", says=says)


class _Bucket:
    """What a bucket says of itself; each question is asked once."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._answers: dict[str, Mapping[str, Any]] = {}

    def says(self, call: str, **more: str) -> Mapping[str, Any]:
        """The answer to one of `CALLS`; empty where nothing is set."""
        if call not in self._answers:
            assert call in CALLS, "only what was measured to be safe"
            self._answers[call] = self._asked(call, more)
        return self._answers[call]

    def denials(self) -> Iterator[Mapping[str, Any]]:
        """What the bucket's policy denies to everybody, with the conditions."""
        text = self.says("get_bucket_policy").get("Policy", "{}")
        for statement in json.loads(text).get("Statement", []):
            if statement.get("Effect") == "Deny" and statement.get("Principal") in ("*", {"AWS": "*"}):
                yield statement

    def _asked(self, call: str, more: Mapping[str, str]) -> Mapping[str, Any]:
        try:
            found: Mapping[str, Any] = getattr(self._access.control, call)(Bucket=self._access.bucket, **more)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _NOT_SET:
                return {}
            if code in _OURS_TO_SEE:
                raise _NotTold("this identity may not see it") from None
            if code in _UNKNOWN_TO_IT:
                raise _NotTold("the server knows no such thing") from None
            raise
        return found


def _keeps_versions(bucket: _Bucket) -> str:
    status = bucket.says("get_bucket_versioning").get("Status")
    return "" if status == "Enabled" else f"versioning is {status or 'off'}"


def _locks(bucket: _Bucket) -> str:
    lock = bucket.says("get_object_lock_configuration").get("ObjectLockConfiguration", {})
    if lock.get("ObjectLockEnabled") != "Enabled":
        return "Object Lock is off"
    rule = lock.get("Rule", {}).get("DefaultRetention", {})
    return "" if rule.get("Days") or rule.get("Years") else "a new version is locked for no time at all"


def _encrypts(bucket: _Bucket) -> str:
    said = bucket.says("get_bucket_encryption").get("ServerSideEncryptionConfiguration", {})
    kinds = [
        rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm")
        for rule in said.get("Rules", [])
    ]
    if any(str(kind).startswith("aws:kms") for kind in kinds):
        return ""
    return f"encrypted with {kinds[0]}, by a key of the provider's" if any(kinds) else "not encrypted"


def _shows_nobody(bucket: _Bucket) -> str:
    said = bucket.says("get_public_access_block").get("PublicAccessBlockConfiguration", {})
    open_ = [
        name
        for name in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        if not said.get(name)
    ]
    return f"{', '.join(open_)} not set" if open_ else ""


def _is_its_owners(bucket: _Bucket) -> str:
    rules = bucket.says("get_bucket_ownership_controls").get("OwnershipControls", {}).get("Rules", [])
    kinds = [rule.get("ObjectOwnership") for rule in rules]
    return (
        ""
        if kinds == ["BucketOwnerEnforced"]
        else f"objects belong to {kinds[0] if kinds else 'whoever puts'}"
    )


def _denied(action: str, operator: str, key: str, value: str | None = None) -> Callable[[_Bucket], str]:
    """Whether the policy denies `action` to everybody but those of the condition."""

    def looks(bucket: _Bucket) -> str:
        for statement in bucket.denials():
            said, condition = statement.get("Action", []), statement.get("Condition", {})
            if {action, "s3:*"}.isdisjoint([said] if isinstance(said, str) else said):
                continue
            if key in condition.get(operator, {}) and value in (None, condition[operator][key]):
                return ""
        return "the bucket's policy does not say so"

    return looks


def _logs(bucket: _Bucket) -> str:
    return (
        "" if bucket.says("get_bucket_logging").get("LoggingEnabled") else "nobody writes down who read what"
    )


def _counts(bucket: _Bucket) -> str:
    # Asked for by its name: a server that does not know the question answers with another kind of list.
    said = bucket.says("get_bucket_metrics_configuration", Id="EntireBucket")
    return (
        "" if said.get("MetricsConfiguration", {}).get("Id") == "EntireBucket" else "requests are not counted"
    )


def _rules(bucket: _Bucket) -> list[Mapping[str, Any]]:
    rules: list[Mapping[str, Any]] = bucket.says("get_bucket_lifecycle_configuration").get("Rules", [])
    return [rule for rule in rules if rule.get("Status") == "Enabled"]


def _never_expires(bucket: _Bucket) -> str:
    deleting = [rule for rule in _rules(bucket) if any("Expiration" in key for key in rule)]
    return f"the rule '{deleting[0].get('ID', 'without a name')}' deletes by age" if deleting else ""


def _clears_uploads(bucket: _Bucket) -> str:
    clearing = any("AbortIncompleteMultipartUpload" in rule for rule in _rules(bucket))
    return "" if clearing else "parts of killed uploads are kept for ever"


def _encrypted_on_its_way(spec: StoreSettings) -> Protection:
    url = urlsplit(spec.endpoint or "")
    local = url.hostname in ("127.0.0.1", "::1", "localhost")
    fine = url.scheme == "https" or local
    return Protection(
        protection="reached by TLS, or on this machine",
        asked_for=True,
        found="there" if fine else "missing",
        says="" if fine else f"{spec.endpoint} is not https",
    )


CALLS = (
    "get_bucket_encryption",
    "get_bucket_lifecycle_configuration",
    "get_bucket_logging",
    "get_bucket_metrics_configuration",
    "get_bucket_ownership_controls",
    "get_bucket_policy",
    "get_bucket_versioning",
    "get_object_lock_configuration",
    "get_public_access_block",
)
"""Every one a GET; tried on SeaweedFS 4.48 and moto 5.2.5, where no object and no bucket changed."""

_LOOKS: dict[str, Callable[[_Bucket], str]] = {
    "versions are kept": _keeps_versions,
    "a new version is locked": _locks,
    "nothing is deleted by age": _never_expires,
    "unfinished uploads are cleared away": _clears_uploads,
    "encrypted with a key of one's own": _encrypts,
    "public access is blocked": _shows_nobody,
    "objects are the bucket owner's": _is_its_owners,
    "TLS only": _denied("s3:GetObject", "Bool", "aws:SecureTransport", "false"),
    "a put never replaces, by policy": _denied("s3:PutObject", "Null", "s3:if-none-match", "true"),
    "only the remover deletes": _denied("s3:DeleteObjectVersion", "ArnNotLike", "aws:PrincipalArn"),
    "only keepers loosen a protection": _denied("s3:PutBucketVersioning", "ArnNotLike", "aws:PrincipalArn"),
    "access is logged": _logs,
    "requests are counted": _counts,
}
_ON_PREMISES = {"versions are kept", "a new version is locked", "nothing is deleted by age"}
"""What `terraform/modules/s3_compatible` asks for: what both Ceph RGW and SeaweedFS keep."""
