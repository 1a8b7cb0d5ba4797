"""What only an S3 server can be asked: whether it minds wrong checksums and wrong conditions itself.

Our own code looks before it deletes, and reads back what it wrote. These tell whether the server
would have been enough without that; some are not.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from holdings.errors import HoldfastError
from holdings.stores.s3_access import Access
from holdings.stores.s3_errors import told

if TYPE_CHECKING:
    from holdings.settings.model import StoreSettings

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


S3_CLAIMS: dict[str, Callable[[Access, str], str]] = {
    "the server refuses bytes with a wrong SHA-256": _minds_checksums,
    "the server itself refuses to delete another version": _minds_conditions,
}
