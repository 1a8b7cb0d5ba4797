"""What only an S3 server can be asked: whether it minds wrong checksums and wrong conditions itself.

Our own code looks before it deletes, and reads back what it wrote. These tell whether the server
would have been enough without that; some are not.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from holdings.errors import HoldfastError
from holdings.stores.probing import LOCKS_HOLD
from holdings.stores.s3_access import Access
from holdings.stores.s3_errors import told

if TYPE_CHECKING:
    from holdings.settings.model import StoreSettings

_RETAINED_FOR = timedelta(minutes=2)
"""More than clocks differ; the few bytes of the probe stay for that long."""
_NOBODYS = '"00000000000000000000000000000000"'


@contextmanager
def reached(spec: StoreSettings) -> Iterator[Access]:
    """The bucket, for as long as it is asked."""
    access = Access(spec)
    try:
        yield access
    finally:
        access.close()


def _minds_checksums(access: Access, scratch: str) -> str:
    key = f"{access.prefix}{scratch}checksum"
    wrong = base64.b64encode(hashlib.sha256(b"other bytes").digest()).decode()
    with suppress(HoldfastError, ClientError), told(access.place, key):
        # With the condition, since a bucket's policy may refuse whoever puts without it.
        access.control.put_object(
            Bucket=access.bucket, Key=key, Body=b"bytes", ChecksumSHA256=wrong, IfNoneMatch="*"
        )
        return "bytes with the SHA-256 of others were taken: only reading back finds it"
    return ""


def _minds_conditions(access: Access, scratch: str) -> str:
    key = f"{access.prefix}{scratch}condition"
    with told(access.place, key):
        access.control.put_object(Bucket=access.bucket, Key=key, Body=b"bytes", IfNoneMatch="*")
    with suppress(HoldfastError), told(access.place, key):
        access.control.delete_object(Bucket=access.bucket, Key=key, IfMatch=_NOBODYS)
    with suppress(HoldfastError), told(access.place, key):
        access.control.head_object(Bucket=access.bucket, Key=key)
        return ""
    return "an object was deleted although it was another version than the one that was named"


def _keeps_versions(access: Access, scratch: str) -> str:
    at = {"Bucket": access.bucket, "Key": f"{access.prefix}{scratch}versions"}
    with told(access.place, at["Key"]):
        # Never without the condition: a bucket's policy may refuse whoever replaces.
        first = access.control.put_object(**at, Body=b"first", IfNoneMatch="*").get("VersionId")
        if not first:
            return "a put told no version: versioning is off"
        access.control.delete_object(**at)
        kept = access.control.get_object(**at, VersionId=first)["Body"].read()
    return "" if kept == b"first" else "the version from before gives other bytes than were put"


def _keeps_what_is_locked(access: Access, scratch: str) -> str:
    at = {"Bucket": access.bucket, "Key": f"{access.prefix}{scratch}locked"}
    control = access.control
    with told(access.place, at["Key"]):
        version = control.put_object(**at, Body=b"locked", IfNoneMatch="*").get("VersionId")
        if not version:
            return "a put told no version, and only versions can be locked"
        if not _may_remove(control, {**at, "Key": f"{at['Key']}-not"}):
            return "this identity may remove no version at all: probe with one that may"
        one = {**at, "VersionId": version}
        control.put_object_legal_hold(**one, LegalHold={"Status": "ON"}, ChecksumAlgorithm="SHA256")
        if control.head_object(**at).get("ObjectLockLegalHoldStatus") != "ON":
            return "a legal hold was taken and is not there"
        with suppress(ClientError):
            control.delete_object(**one)
            return "an object under legal hold was deleted"
        if control.get_object(**at)["Body"].read() != b"locked":
            return "an object has other bytes since it was locked"
        control.put_object_legal_hold(**one, LegalHold={"Status": "OFF"}, ChecksumAlgorithm="SHA256")
        return _keeps_what_is_retained(control, at, one)


def _may_remove(control: Any, at: dict[str, str]) -> bool:
    """Whether what nobody locked is removed when we ask: else a refusal would prove nothing of locks.

    Where the bucket itself locks whatever is put, there is nothing to try it on.
    """
    version = control.put_object(**at, Body=b"not locked", IfNoneMatch="*")["VersionId"]
    if control.head_object(**at).get("ObjectLockRetainUntilDate"):
        return True
    with suppress(ClientError):
        control.delete_object(**at, VersionId=version)
        return True
    return False


def _keeps_what_is_retained(control: Any, at: dict[str, str], one: dict[str, str]) -> str:
    now = datetime.now(UTC).replace(microsecond=0)
    # Later than what the bucket itself may have set: nobody may shorten that.
    until = max(now, control.head_object(**at).get("ObjectLockRetainUntilDate") or now) + _RETAINED_FOR
    retention = {"Mode": "GOVERNANCE", "RetainUntilDate": until}
    control.put_object_retention(**one, Retention=retention, ChecksumAlgorithm="SHA256")
    if control.head_object(**at).get("ObjectLockRetainUntilDate") != until:
        return "a retention was taken and is not there, or is another"
    with suppress(ClientError):
        control.delete_object(**one)
        return "an object was deleted before its retention was over"
    return "" if control.get_object(**at)["Body"].read() == b"locked" else "a retained object has other bytes"


def _must_be_woken(access: Access, scratch: str) -> str:
    at = {"Bucket": access.bucket, "Key": f"{access.prefix}{scratch}asleep"}
    with told(access.place, at["Key"]):
        access.control.put_object(**at, Body=b"asleep", StorageClass="GLACIER", IfNoneMatch="*")
        if access.control.head_object(**at).get("StorageClass") != "GLACIER":
            return "it was asked for a class that sleeps, and took another"
        with suppress(ClientError):
            access.control.get_object(**at)
            return "an object of a class that sleeps was given without being woken"
        request = {"Days": 1, "GlacierJobParameters": {"Tier": "Bulk"}}
        access.control.restore_object(**at, RestoreRequest=request)
        restore = access.control.head_object(**at).get("Restore", "")
    return "" if "ongoing-request" in restore else "a restore was taken, and nothing tells of it"


_ALWAYS: dict[str, Callable[[Access, str], str]] = {
    "the server refuses bytes with a wrong SHA-256": _minds_checksums,
    "the server itself refuses to delete another version": _minds_conditions,
}


def claims_of(spec: StoreSettings, *, sleeps: bool) -> dict[str, Callable[[Access, str], str]]:
    """What the settings of a store claim beyond what every store promises."""
    locks = {"what is deleted is kept as a version": _keeps_versions, LOCKS_HOLD: _keeps_what_is_locked}
    restores = {"what sleeps must be woken, and can be": _must_be_woken}
    return _ALWAYS | (locks if spec.object_lock else {}) | (restores if sleeps else {})
