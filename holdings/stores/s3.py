"""S3, and servers that speak it.

They lie by silence: asked for something they do not know, some delete the object, some
overwrite it with nothing, some answer 200 to a wrong checksum (TIERING.md, section 3). So
only these calls are made, and no call ever changes or deletes a bucket:

* by obstore, which carries bytes: `PutObject` (If-None-Match, a checksum), `GetObject`
  (If-Match, Range), `HeadObject`;
* by botocore, for what obstore cannot: `HeadObject` in another bucket; `CreateMultipartUpload`, `UploadPart`,
  `UploadPartCopy`, `CompleteMultipartUpload` with If-None-Match, `AbortMultipartUpload` and
  `ListMultipartUploads` for what was left unfinished; `ListObjectsV2` by any prefix;
  `DeleteObject` with If-Match (without it only for our own claims, see `s3_claims`);
  `HeadBucket`, since a 404 to HeadObject does not tell a missing object from a missing
  bucket; `HeadObject` for the storage class and the checksum that the server keeps, and
  `RestoreObject` (POST, and only for objects that say they sleep: servers without cold classes
  never get one).

An object's version is its ETag: opaque, but another whenever the bytes are others.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import obstore

from holdings.errors import AlreadyExists, BadInput, Conflict, HoldfastError, NotFound, Transient
from holdings.stores.interface import (
    MAX_KEY_BYTES,
    Buffer,
    ObjectInfo,
    ToldSum,
    Written,
    check_key,
    check_prefix,
    check_range,
    too_long,
    too_short,
    wrong_size,
)
from holdings.stores.s3_access import Access, bucket_and_prefix
from holdings.stores.s3_errors import RangeBeyondEnd, no_s3, told
from holdings.stores.s3_listing import listed
from holdings.stores.s3_multipart import (
    abort_abandoned,
    cut,
    part_bytes_for,
    sender_of_bytes,
    sender_of_ranges,
    upload,
)
from holdings.stores.s3_sums import sum_told

if TYPE_CHECKING:
    from obstore import BytesStream, GetOptions, ObjectMeta

    from holdings.settings.model import StoreSettings

CHUNK_BYTES = 256 << 10
"""Of larger ones the memory goes back to the system each time, and comes again page by page."""
PART_BYTES = 5 << 20
"""The least that S3 takes: with parts of 16 MiB a deposit took 494 MB, and 289 MB with these."""
WHOLE_UP_TO_BYTES = 16 << 20
IN_FLIGHT_BYTES = 15 << 20
"""Parts under way at a time; one more is being filled."""
_COPY_WHOLE_UP_TO_BYTES = 5 << 30
_COPY_PART_BYTES = 1 << 30
_SLEEPING_CLASSES = {"GLACIER", "DEEP_ARCHIVE"}


class S3Store:
    """Objects of a bucket, or below a prefix of it."""

    def __init__(
        self, access: Access, *, whole_up_to_bytes: int = WHOLE_UP_TO_BYTES, part_bytes: int = PART_BYTES
    ) -> None:
        self.name = access.place.store
        self.url = f"s3://{access.bucket}/{access.prefix}".rstrip("/")
        self._access = access
        self._whole_up_to = whole_up_to_bytes
        self._part_bytes = part_bytes
        self._swept = threading.Event()

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        yield from listed(self._access, check_prefix(prefix))

    def head(self, key: str) -> ObjectInfo:
        try:
            return self._head(key)
        except NotFound:
            with self._told(key, missing="NoSuchBucket"):
                self._access.control.head_bucket(Bucket=self._access.bucket)
            raise

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        check_range(key, start, 0)
        if start and start >= (size := self.head(key).size_bytes):
            if start > size:
                raise too_short(key, size, end=start)
            return
        options: GetOptions = {"if_match": version} if version else {}
        if start:
            options["range"] = {"offset": start}
        with self._told(key):
            found = obstore.get(self._access.bytes, self._full(key), options=options)
            size, stream = self._info(key, found.meta).size_bytes, found.stream(min_chunk_size=CHUNK_BYTES)
        while chunk := self._next(key, stream):
            start += len(chunk)
            yield chunk
        if start != size:
            raise Transient(f"{self.name} gave {start} of the {size} bytes of {key}.")

    def get_whole(self, key: str, *, at_most: int, version: str | None = None) -> tuple[ObjectInfo, Buffer]:
        options: GetOptions = {"if_match": version} if version else {}
        with self._told(key):
            found = obstore.get(self._access.bytes, self._full(key), options=options)
            info = self._info(key, found.meta)
            if info.size_bytes > at_most:
                raise too_long(key, info.size_bytes, at_most=at_most)
            data = memoryview(found.bytes())
        if len(data) != info.size_bytes:
            raise Transient(f"{self.name} gave {len(data)} of the {info.size_bytes} bytes of {key}.")
        return info, data

    def get_range(self, key: str, start: int, length: int) -> bytes:
        check_range(key, start, length)
        data = self._range(key, start, length) if length else b""
        if not data or len(data) != length:
            size = self.head(key).size_bytes
            if start + length > size:
                raise too_short(key, size, end=start + length)
            if length:
                raise Transient(f"{self.name} gave {len(data)} of {length} bytes of {key}.")
        return data

    def put(self, key: str, data: Buffer) -> Written:
        if len(data) > self._whole_up_to:
            return self.put_stream(key, [data], size_bytes=len(data))
        return self._put_whole(key, data)

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
        self._full(key)
        if size_bytes <= self._whole_up_to:
            return self._put_whole(key, *_together(key, chunks, size_bytes))
        self._refuse_if_there(key)
        if not self._swept.is_set():
            self._swept.set()
            abort_abandoned(self._access, key)
        part_bytes = part_bytes_for(size_bytes, least=self._part_bytes)
        with self._taken(key):
            upload(
                self._access,
                key,
                cut(key, chunks, part_bytes=part_bytes, size_bytes=size_bytes),
                sender_of_bytes(self._access, key),
                in_flight=min(4, max(1, IN_FLIGHT_BYTES // part_bytes)),
            )
        return self.head(key)

    def copy(self, source_key: str, target_key: str, *, source: str | None = None) -> Written:
        # By parts, although `CopyObject` is simpler: there, some servers ignore the condition
        # that the target must not exist.
        place, size_bytes, version = self._found_beside(check_key(source_key), source)
        self._refuse_if_there(target_key)
        with self._taken(target_key):
            upload(
                self._access,
                target_key,
                [(target_key, span) for span in _spans(size_bytes)],
                sender_of_ranges(self._access, place, version=version),
                in_flight=2,
            )
        return self.head(target_key)

    def delete(self, key: str, *, version: str) -> None:
        # Looked at first, since some servers delete whatever the condition says, and since
        # deleting what is not there is no error to S3.
        if self.head(key).version != version:
            raise Conflict(f"{key} in {self.name} is no longer version {version}; it was left alone.")
        with self._told(key):
            self._access.control.delete_object(
                Bucket=self._access.bucket, Key=self._full(key), IfMatch=version
            )

    def warm(self, key: str, *, days: int = 7) -> None:
        found = self._storage(key)
        if found.get("StorageClass") not in _SLEEPING_CLASSES or found.get("Restore"):
            return
        # Bulk: the slowest and by far the cheapest; expedited requests cost a thousand times more.
        request = {"Days": days, "GlacierJobParameters": {"Tier": "Bulk"}}
        with self._told(key):
            self._access.control.restore_object(
                Bucket=self._access.bucket, Key=self._full(key), RestoreRequest=request
            )

    def is_online(self, key: str) -> bool:
        found = self._storage(key)
        restored = 'ongoing-request="false"' in found.get("Restore", "")
        return restored or found.get("StorageClass") not in _SLEEPING_CLASSES

    def told_sum(self, key: str) -> ToldSum:
        return sum_told(key, self._storage(key, ChecksumMode="ENABLED"))

    def close(self) -> None:
        self._access.close()

    def _told(
        self, key: str, *, precondition: type[HoldfastError] = Conflict, missing: str = "NoSuchKey"
    ) -> AbstractContextManager[None]:
        return told(self._access.place, key, precondition=precondition, missing=missing)

    def _full(self, key: str) -> str:
        name = self._access.prefix + check_key(key)
        if (size := len(name.encode())) > MAX_KEY_BYTES:
            raise BadInput(
                f"With the prefix of {self.name} the key {key[:80]!r} is {size} bytes long; "
                f"S3 takes {MAX_KEY_BYTES}."
            )
        return name

    def _head(self, key: str) -> ObjectInfo:
        with self._told(key):
            return self._info(key, obstore.head(self._access.bytes, self._full(key)))

    def _info(self, key: str, meta: ObjectMeta) -> ObjectInfo:
        """What an answer says of `key`. S3 always gives an ETag; a proxy's page has none."""
        if not (version := meta["e_tag"]):
            raise no_s3(self._access.place, key)
        return ObjectInfo(
            key=key, size_bytes=meta["size"], version=version, modified_at=meta["last_modified"]
        )

    def _range(self, key: str, start: int, length: int) -> bytes:
        """At most `length` bytes: fewer where the object ends before."""
        try:
            with self._told(key):
                return bytes(
                    obstore.get_range(self._access.bytes, self._full(key), start=start, length=length)
                )
        except RangeBeyondEnd:
            return b""

    def _found_beside(self, key: str, source: str | None) -> tuple[tuple[str, str], int, str]:
        """Bucket and whole name of an object in the store of the URL `source`, its size and its version."""
        if source is None:
            info = self.head(key)
            return (self._access.bucket, self._full(key)), info.size_bytes, info.version
        bucket, prefix = bucket_and_prefix(source)
        with self._told(key):
            found = self._access.control.head_object(Bucket=bucket, Key=prefix + key)
        return (bucket, prefix + key), found["ContentLength"], found["ETag"]

    def _storage(self, key: str, **more: str) -> dict[str, Any]:
        """HeadObject with the fields of cold storage and of checksums, which obstore does not give."""
        at = {"Bucket": self._access.bucket, "Key": self._full(key)}
        try:
            with self._told(key):
                found: dict[str, Any] = self._access.control.head_object(**at, **more)
        except NotFound:
            self.head(key)  # tells a missing bucket from a missing object
            raise
        return found

    def _refuse_if_there(self, key: str) -> None:
        """A cheap look before gigabytes are sent in vain; the conditional put decides."""
        try:
            self._head(key)
        except NotFound:
            return
        raise AlreadyExists(f"{key} is already in {self.name}.")

    @contextmanager
    def _taken(self, key: str) -> Iterator[None]:
        """Makes sure, where the server says that the key is taken, that an object is there."""
        try:
            yield
        except AlreadyExists:
            try:
                self._head(key)
            except NotFound:
                # SeaweedFS keeps keys as folders and files: `a` is taken while `a/b` is there.
                raise Conflict(
                    f"{key} cannot be in {self.name}: the server keeps a folder of that name.",
                    hint="On such a server no key may go on below another: not both a and a/b.",
                ) from None
            raise

    def _put_whole(self, key: str, *data: Buffer) -> Written:
        # A put meets no missing key: a 404 without a body is about the bucket.
        with self._taken(key), self._told(key, precondition=AlreadyExists, missing="NoSuchBucket"):
            # As pieces, or all of it would be in memory twice.
            put = obstore.put(
                self._access.bytes, self._full(key), iter(data), mode="create", use_multipart=False
            )
        if not (version := put["e_tag"]):  # S3 always tells it; others are asked
            return self.head(key)
        return Written(key=key, size_bytes=sum(map(len, data)), version=version)

    def _next(self, key: str, stream: BytesStream) -> memoryview:
        with self._told(key):
            return memoryview(next(stream, b""))


def open_s3(spec: StoreSettings, *, may_sleep: bool = True) -> S3Store:
    """The bare store of an `s3:` URL; nothing is asked of the server yet.

    may_sleep : see `Access`.
    """
    return S3Store(Access(spec, may_sleep=may_sleep))


def _together(key: str, chunks: Iterable[Buffer], size_bytes: int) -> list[Buffer]:
    """The chunks of a small object. Raises BadInput as soon as they cannot add up to `size_bytes`."""
    pieces: list[Buffer] = []
    found = 0
    for chunk in chunks:
        found += len(chunk)
        if found > size_bytes:
            break
        pieces.append(chunk)
    if found != size_bytes:
        raise wrong_size(key, size_bytes=size_bytes, found=found)
    return pieces


def _spans(size_bytes: int) -> list[tuple[int, int] | None]:
    """What each part of a server-side copy takes: (first, last) byte; None for everything."""
    if size_bytes <= _COPY_WHOLE_UP_TO_BYTES:
        return [None]
    return [
        (first, min(first + _COPY_PART_BYTES, size_bytes) - 1)
        for first in range(0, size_bytes, _COPY_PART_BYTES)
    ]
