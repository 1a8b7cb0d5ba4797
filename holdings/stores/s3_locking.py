"""Object Lock: what nobody can remove for a while, set and read where a bucket has it.

The calls that set it are sub-resources of an object, and servers that know nothing of them take
them for the object itself: `PUT key?retention` replaces it there (TIERING.md, section 3). So they
are made only in a bucket whose settings say `object_lock = true`, that says itself that it keeps
versions and has locks, and where a probe of ours proved, on an object of its own, that locks hold
and leave the bytes alone. What is set is read back, and the object with it.

* `GetBucketVersioning`, `GetObjectLockConfiguration` and `HeadObject` only look;
* `PutObjectRetention` (governance, never shorter, never bypassed) and `PutObjectLegalHold`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from holdings.clock import iso
from holdings.errors import Conflict, Corrupt
from holdings.stores.probing import LOCKS_HOLD, proved_claims
from holdings.stores.s3_access import Access
from holdings.stores.s3_errors import told

if TYPE_CHECKING:
    from holdings.settings.model import StoreSettings
    from holdings.stores.interface import Store

_NO_LOCKS = "ObjectLockConfigurationNotFoundError"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """What keeps one object where it is."""

    retained_until: datetime | None
    """None where no retention was set."""
    legal_hold: bool

    def keeps(self, now: datetime) -> str | None:
        """Why the object cannot be removed now; None where it can."""
        if self.legal_hold:
            return "a legal hold lies on it"
        if self.retained_until is not None and self.retained_until > now:
            return f"it is locked until {iso(self.retained_until)}"
        return None


class Locking:
    """The locks of one bucket. Threads may share it."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def refuse_unless_locking(self, store: Store) -> None:
        """Raise Conflict where the bucket has no versions or no locks, or nobody proved that they hold."""
        hint = (
            "Turn versioning and Object Lock on for it, or take object_lock from the settings of the store."
        )
        if self._asked("get_bucket_versioning").get("Status") != "Enabled":
            raise Conflict(
                f"The bucket of the store '{store.name}' keeps no versions: nothing in it can be locked.",
                hint=hint,
            )
        configured = self._asked("get_object_lock_configuration").get("ObjectLockConfiguration", {})
        if configured.get("ObjectLockEnabled") != "Enabled":
            raise Conflict(f"The bucket of the store '{store.name}' has no Object Lock.", hint=hint)
        if LOCKS_HOLD not in proved_claims(store):
            raise Conflict(
                f"Nobody has proved yet that the store '{store.name}' keeps what is locked.",
                hint=f"holdfast stores probe {store.name} tries it.",
            )

    def lock_of(self, key: str) -> Lock:
        """What keeps the object `key`. Raises NotFound."""
        found = self._head(key)
        return Lock(
            retained_until=found.get("ObjectLockRetainUntilDate"),
            legal_hold=found.get("ObjectLockLegalHoldStatus") == "ON",
        )

    def retain(self, key: str, *, until: datetime) -> None:
        """Keep `key` until then, whatever anybody wants; a longer time that was set before stands."""
        before = self._head(key)
        retained: datetime | None = before.get("ObjectLockRetainUntilDate")
        wanted = until.astimezone(UTC).replace(microsecond=0)
        if retained is not None and retained >= wanted:
            return
        retention = {"Mode": before.get("ObjectLockMode", "GOVERNANCE"), "RetainUntilDate": wanted}
        self._set("put_object_retention", key, before, Retention=retention)
        if (now := self.lock_of(key).retained_until) is None or now < wanted:
            raise Corrupt(f"{self._access.place.store} took the lock of {key} and did not set it.")

    def hold(self, key: str, *, on: bool) -> None:
        """Lay a legal hold on `key`, or take it away."""
        if self.lock_of(key).legal_hold == on:
            return
        status = {"Status": "ON" if on else "OFF"}
        self._set("put_object_legal_hold", key, self._head(key), LegalHold=status)
        if self.lock_of(key).legal_hold != on:
            raise Corrupt(f"{self._access.place.store} took the legal hold of {key} and did not set it.")

    def _set(self, call: str, key: str, before: dict[str, Any], **what: Any) -> None:
        version = {"VersionId": before["VersionId"]} if before.get("VersionId") else {}
        with told(self._access.place, key):
            getattr(self._access.control, call)(
                Bucket=self._access.bucket,
                Key=self._access.prefix + key,
                # The checksum that S3 asks for with this call.
                ChecksumAlgorithm="SHA256",
                **version,
                **what,
            )
        if self._head(key)["ETag"] != before["ETag"]:
            raise Corrupt(
                f"{self._access.place.store} replaced {key} when it was asked to lock it.",
                hint="Take object_lock from the settings of the store, and run holdfast repair.",
            )

    def _head(self, key: str) -> dict[str, Any]:
        with told(self._access.place, key):
            found: dict[str, Any] = self._access.control.head_object(
                Bucket=self._access.bucket, Key=self._access.prefix + key
            )
        return found

    def _asked(self, call: str) -> dict[str, Any]:
        """What the bucket says; nothing where it says that it has no such thing."""
        with told(self._access.place, "the bucket"):
            try:
                found: dict[str, Any] = getattr(self._access.control, call)(Bucket=self._access.bucket)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != _NO_LOCKS:
                    raise
                return {}
        return found


@contextmanager
def locking(spec: StoreSettings) -> Iterator[Locking]:
    """The locks of the bucket of `spec`, for as long as they are needed."""
    access = Access(spec)
    try:
        yield Locking(access)
    finally:
        access.close()
