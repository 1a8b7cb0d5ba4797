"""Checksum algorithms by the names that manifests give them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Protocol


class Hasher(Protocol):
    """What hashlib makes."""

    def update(self, data: bytes | memoryview, /) -> None:
        """The next bytes."""
        ...

    def digest(self) -> bytes:
        """Of all bytes so far."""
        ...


NewHasher = Callable[[bytes], Hasher]
MANIFEST_NAME = re.compile(r"(?P<tag>tag)?manifest-(?P<algorithm>[^/]+)\.txt", re.IGNORECASE)


def _named(name: str) -> NewHasher:
    # The direct constructor is twice as fast as hashlib.new: it matters on small files.
    direct: NewHasher | None = getattr(hashlib, name, None)
    return direct or (lambda data: hashlib.new(name, data))


def _blake2(kind: Callable[..., Hasher], size_bytes: int) -> NewHasher:
    return lambda data: kind(data, digest_size=size_bytes)


_FACTORIES: dict[str, NewHasher] = {
    **{
        plain: _named(name)
        for name in sorted(hashlib.algorithms_available)
        if not name.startswith("shake") and (plain := re.sub(r"[^a-z0-9]", "", name.lower()))
    },
    **{f"blake2b{bits}": _blake2(hashlib.blake2b, bits // 8) for bits in (160, 224, 256, 384, 512)},
    **{f"blake2s{bits}": _blake2(hashlib.blake2s, bits // 8) for bits in (128, 160, 224, 256)},
}


def normalised(name: str) -> str:
    """A name as RFC 8493, 2.4 wants it: lower-case letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def hasher(algorithm: str) -> NewHasher | None:
    """What computes `algorithm` (normalised), or None where this machine cannot."""
    return _FACTORIES.get(algorithm)
