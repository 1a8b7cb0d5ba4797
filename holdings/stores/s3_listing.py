"""A bucket's keys in the order that the seam promises."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from typing import Any

from holdings.errors import BadInput, Conflict, Unavailable
from holdings.stores.interface import OURS, ObjectInfo, check_key
from holdings.stores.s3_access import Access
from holdings.stores.s3_errors import no_s3, told


def listed(access: Access, prefix: str) -> Iterator[ObjectInfo]:
    """Every object whose key begins with `prefix`, by the keys' UTF-8 bytes."""
    found = (info for page in _pages(access, prefix) for row in page if (info := _info(access, row)))
    return in_byte_order(found, folder=prefix[: prefix.rfind("/") + 1])


def _pages(access: Access, prefix: str) -> Iterator[list[dict[str, Any]]]:
    # botocore, not obstore: obstore takes prefixes by whole parts only ("a/b" is none of "a/bc").
    more: dict[str, str] = {}
    what = f"the keys that begin with '{prefix}'"
    while True:
        with told(access.place, what, missing="NoSuchBucket"):
            page = access.control.list_objects_v2(Bucket=access.bucket, Prefix=access.prefix + prefix, **more)
        if "IsTruncated" not in page:
            # botocore makes an empty page of any XML or HTML: a login page would empty the bucket.
            raise no_s3(access.place, what)
        yield page.get("Contents", [])  # SeaweedFS may end with a page without any
        if not page.get("IsTruncated"):
            return
        if (token := page.get("NextContinuationToken")) in {None, "", more.get("ContinuationToken")}:
            raise Unavailable(f"{access.place.store} broke off a listing in the middle.")
        more = {"ContinuationToken": token}


def _info(access: Access, row: dict[str, Any]) -> ObjectInfo | None:
    key = row["Key"].removeprefix(access.prefix)
    if key.startswith(f"{OURS}/"):
        return None
    if (row["Size"] == 0 and key.endswith("/")) or not key:
        return None  # consoles make these so that a folder can be seen
    try:
        check_key(key)
    except BadInput as error:
        raise Conflict(
            f"{access.place.store} holds an object that no put of ours made: {key[:80]!r}.",
            hint="Look at it, and give the store a bucket or prefix of its own.",
        ) from error
    return ObjectInfo(key=key, size_bytes=row["Size"], version=row["ETag"], modified_at=row["LastModified"])


def in_byte_order(infos: Iterable[ObjectInfo], *, folder: str) -> Iterator[ObjectInfo]:
    """Puts right the order of servers that walk folders: theirs is `a/b`, `a-b`; the keys' is `a-b`, `a/b`.

    An object is held back until nothing that is still to come can sort before it. When the
    server is at `x/y` below `folder`, the least that can still come is `x` and a space. So one
    folder's worth is in memory when its siblings are listed. Raises Unavailable for a server
    whose order is neither.
    """
    held: list[tuple[bytes, ObjectInfo]] = []
    last = b""
    for info in infos:
        first, _, _ = info.key[len(folder) :].partition("/")
        least_to_come = f"{folder}{first} ".encode()
        while held and held[0][0] < least_to_come:
            key, ready = heapq.heappop(held)
            last = _after(last, key)
            yield ready
        heapq.heappush(held, (info.key.encode(), info))
    while held:
        key, ready = heapq.heappop(held)
        last = _after(last, key)
        yield ready


def _after(last: bytes, key: bytes) -> bytes:
    if key <= last:
        raise Unavailable(f"The server lists {key.decode()!r} after {last.decode()!r}: no order we know.")
    return key
