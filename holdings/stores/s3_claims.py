"""One writer at a time, on servers whose conditional completion of an upload is not atomic.

SeaweedFS 4.48 looks whether the key is there and then completes: of sixteen writers who
complete at once up to thirteen were told that they had won, each replacing the last. Its
`PutObject` with If-None-Match held in the same race. So a writer first puts a small claim that
way, and completes only while holding it. AWS needs none of this and gets none.

A writer that dies leaves its claim, which is a few bytes and in no listing. When that is
stale the next one puts a claim of the next generation beside it, rather than deleting: creating
is the one thing that is known to be atomic. Not held off is a small put (whole, without a
claim) of the same key in the same instant; two sizes for one key are nobody's plan.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import obstore

from holdings.errors import AlreadyExists, HoldfastError, NotFound
from holdings.stores.interface import OURS
from holdings.stores.s3_access import Access
from holdings.stores.s3_errors import told

CLAIMS = f"{OURS}/claims/"
STALE_AFTER = timedelta(minutes=5)
"""Longer than completing takes with its retries (`s3_access`), so nobody's claim is taken who lives."""
_POLL_SECONDS = 0.1


@contextmanager
def claimed(access: Access, key: str, *, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
    """Inside, nobody else completes `key`, and it is not there. Raises AlreadyExists if it is."""
    if access.completes_atomically:
        yield
        return
    name = _take(access, key, sleep)
    try:
        _refuse_if_there(access, key)
        yield
    finally:
        with suppress(HoldfastError), told(access.place, key):
            access.control.delete_object(Bucket=access.bucket, Key=name)


def _take(access: Access, key: str, sleep: Callable[[float], None]) -> str:
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    generation = 1
    while True:
        name = f"{access.prefix}{CLAIMS}{digest}.{generation}"
        try:
            with told(access.place, key, precondition=AlreadyExists):
                obstore.put(access.bytes, name, secrets.token_bytes(16), mode="create", use_multipart=False)
        except AlreadyExists:
            if _is_stale(access, key, name):
                generation += 1
            else:
                _refuse_if_there(access, key)
                sleep(_POLL_SECONDS)
        else:
            return name


def _is_stale(access: Access, key: str, name: str) -> bool:
    """Whether the claim is so old, by the server's own clock, that its writer must be dead."""
    try:
        with told(access.place, key):
            found: dict[str, Any] = access.control.head_object(Bucket=access.bucket, Key=name)
    except NotFound:
        return False  # given back just now
    now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
    return bool(now - found["LastModified"] > STALE_AFTER)


def _refuse_if_there(access: Access, key: str) -> None:
    with suppress(NotFound):
        with told(access.place, key):
            obstore.head(access.bytes, access.prefix + key)
        raise AlreadyExists(f"{key} is already in {access.place.store}.")
