"""What an S3 server says that an object sums up to.

Of an object that came in parts it tells a sum of their sums (`…=-3`), which says nothing of the
bytes to whoever does not know the parts; and moto 5.2.5 tells such a one without saying that it is
one. So a SHA-256 passes for that of all bytes only where the server says so, or nothing speaks
against it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from holdings.stores.interface import ToldSum

_DIGEST_BYTES = {"SHA256": 32, "CRC64NVME": 8}
"""The sums that are asked for, the stronger first, and how long they are."""
_PARTS = re.compile(r"-[0-9]+$")


def sum_told(key: str, answer: Mapping[str, Any]) -> ToldSum:
    """The best sum in an answer to `HeadObject`."""
    algorithm, value = _best(answer)
    return ToldSum(
        key=key,
        size_bytes=answer["ContentLength"],
        version=answer["ETag"],
        algorithm=algorithm,
        value=value,
        of_all_bytes=algorithm is not None and _is_of_all_bytes(algorithm, value, answer),
    )


def _best(answer: Mapping[str, Any]) -> tuple[str | None, str]:
    for algorithm, digest_bytes in _DIGEST_BYTES.items():
        value = str(answer.get(f"Checksum{algorithm}") or "")
        if value and _is_digest(_PARTS.sub("", value), digest_bytes):
            return algorithm, value
    return None, ""


def _is_digest(value: str, digest_bytes: int) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == digest_bytes
    except (binascii.Error, ValueError):
        return False


def _is_of_all_bytes(algorithm: str, value: str, answer: Mapping[str, Any]) -> bool:
    if kind := answer.get("ChecksumType"):
        return bool(kind == "FULL_OBJECT" and not _PARTS.search(value))
    came_in_parts = _PARTS.search(value) or _PARTS.search(str(answer["ETag"]).strip('"'))
    return algorithm == "CRC64NVME" or not came_in_parts
