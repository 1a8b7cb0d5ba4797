"""Large objects, part by part, in bounded memory; seen whole or not at all.

obstore's multipart upload is always an unconditional overwrite (so is that of the library
beneath it, arrow-rs-object-store), and a put of ours never replaces: hence botocore here.
A `CompleteMultipartUpload` whose answer was lost and that is tried again meets its own
object and says so; that comes out as AlreadyExists, and `put_and_prove` finds by reading
whose bytes they are.
"""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from holdings.errors import AlreadyExists, HoldfastError
from holdings.stores.interface import Buffer, wrong_size
from holdings.stores.s3_access import Access
from holdings.stores.s3_claims import claimed
from holdings.stores.s3_errors import told

MOST_PARTS = 10_000
"""S3's limit for one object."""
_ABANDONED_AFTER = timedelta(days=7)
"""The largest objects take days to send; a week of an abandoned one costs next to nothing."""

Send = Callable[[str, int, Any], dict[str, Any]]
"""(upload id, part number, what to send) -> what completing needs to know of the part."""


def part_bytes_for(size_bytes: int, *, least: int) -> int:
    """How large the parts must be, in bytes, so that `MOST_PARTS` suffice."""
    return max(least, -(-size_bytes // MOST_PARTS))


def cut(key: str, chunks: Iterable[Buffer], *, part_bytes: int, size_bytes: int) -> Iterator[bytearray]:
    """The same bytes in parts of `part_bytes`; BadInput as soon as they cannot add up to `size_bytes`."""
    part, found = bytearray(), 0
    for chunk in chunks:
        found += len(chunk)
        if found > size_bytes:
            break
        rest = memoryview(chunk)
        while rest:
            room = part_bytes - len(part)
            part += rest[:room]
            rest = rest[room:]
            if len(part) == part_bytes:
                yield part
                part = bytearray()
    if found != size_bytes:
        raise wrong_size(key, size_bytes=size_bytes, found=found)
    if part:
        yield part


def upload(access: Access, key: str, pieces: Iterable[Any], send: Send, *, in_flight: int) -> None:
    """Make `key` of `pieces`, each sent by `send`, `in_flight` at a time.

    Raises AlreadyExists where the key is taken. Whatever fails, the upload is aborted, so that
    parts that nobody sees do not cost money for ever.
    """
    name = access.prefix + key
    with told(access.place, key):
        started = access.patient.create_multipart_upload(
            Bucket=access.bucket, Key=name, ChecksumAlgorithm="SHA256"
        )
    upload_id = started["UploadId"]
    try:
        parts = _send_all(pieces, lambda number, piece: send(upload_id, number, piece), in_flight)
        with (
            claimed(access, key),
            told(access.place, key, precondition=AlreadyExists, missing="NoSuchUpload"),
        ):
            access.patient.complete_multipart_upload(
                Bucket=access.bucket,
                Key=name,
                UploadId=upload_id,
                IfNoneMatch="*",
                MultipartUpload={"Parts": parts},
            )
    except BaseException:
        with suppress(HoldfastError), told(access.place, key):
            access.patient.abort_multipart_upload(Bucket=access.bucket, Key=name, UploadId=upload_id)
        raise


def _send_all(
    pieces: Iterable[Any], send: Callable[[int, Any], dict[str, Any]], in_flight: int
) -> list[dict[str, Any]]:
    """Leaves only when no part is under way any more: an abort before that would miss it."""
    parts: list[dict[str, Any]] = []
    under_way: deque[Future[dict[str, Any]]] = deque()
    with ThreadPoolExecutor(in_flight, thread_name_prefix="part") as pool:
        for number, piece in enumerate(pieces, 1):
            if len(under_way) == in_flight:
                parts.append(under_way.popleft().result())
            under_way.append(pool.submit(send, number, piece))
        parts.extend(future.result() for future in under_way)
    return parts


def sender_of_bytes(access: Access, key: str) -> Send:
    """Sends the bytes themselves, with the SHA-256 that the server must find."""

    def send(upload_id: str, number: int, part: bytearray) -> dict[str, Any]:
        checksum = base64.b64encode(hashlib.sha256(part).digest()).decode()
        with told(access.place, key, missing="NoSuchUpload"):
            sent = access.patient.upload_part(
                Bucket=access.bucket,
                Key=access.prefix + key,
                UploadId=upload_id,
                PartNumber=number,
                Body=part,
                ChecksumSHA256=checksum,
            )
        return {"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum}

    return send


def sender_of_ranges(access: Access, source: tuple[str, str], *, version: str) -> Send:
    """Has the server copy a range of `source`: (first, last) byte, or None for all of it.

    source : bucket and whole name.
    """

    def send(upload_id: str, number: int, piece: tuple[str, tuple[int, int] | None]) -> dict[str, Any]:
        target_key, span = piece
        wanted = {} if span is None else {"CopySourceRange": f"bytes={span[0]}-{span[1]}"}
        with told(access.place, source[1]):
            sent = access.patient.upload_part_copy(
                Bucket=access.bucket,
                Key=access.prefix + target_key,
                UploadId=upload_id,
                PartNumber=number,
                CopySource={"Bucket": source[0], "Key": source[1]},
                CopySourceIfMatch=version,
                **wanted,
            )["CopyPartResult"]
        checksum = {name: sent[name] for name in ("ChecksumSHA256",) if sent.get(name)}
        return {"PartNumber": number, "ETag": sent["ETag"], **checksum}

    return send


def abort_abandoned(access: Access, key: str) -> int:
    """End the uploads that a killed process left; returns how many.

    Only below the first folder of `key`, which is ours, and by the server's clock: one that is
    wrong on this machine must not end an upload that lives. A server that cannot list uploads
    is let be.
    """
    folder, slash, _ = key.partition("/")
    ended = 0
    with suppress(HoldfastError), told(access.place, key):
        answer = access.patient.list_multipart_uploads(
            Bucket=access.bucket, Prefix=access.prefix + folder + slash
        )
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        for found in answer.get("Uploads", []):
            if found["Initiated"] < now - _ABANDONED_AFTER:
                access.patient.abort_multipart_upload(
                    Bucket=access.bucket, Key=found["Key"], UploadId=found["UploadId"]
                )
                ended += 1
    return ended
