"""A document that is written before its digests are known: each has its place, filled in the end.

A bag's size has to be told before a file is read, so its tag files would be written twice; for
tens of thousands of small files that costs more than to hash them.
"""

from __future__ import annotations

import hashlib
from array import array
from binascii import hexlify
from collections.abc import Mapping, Sequence
from functools import cache


class Draft:
    """Text with places for digests in hexadecimal, by algorithm, in the order in which they are made."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._places: dict[str, array[int]] = {}

    def __len__(self) -> int:
        """Bytes of the document, the digests included."""
        return len(self._data)

    def write(self, text: str) -> None:
        """More text."""
        self._data += text.encode()

    def leave(self, algorithm: str) -> None:
        """Room for the next digest of that algorithm."""
        self._places.setdefault(algorithm, array("q")).append(len(self._data))
        self._data += bytes(2 * digest_bytes(algorithm))

    def filled(self, digests: Mapping[str, Sequence[bytes]]) -> bytes:
        """The document with these digests."""
        data = self._data
        for algorithm, places in self._places.items():
            length = 2 * digest_bytes(algorithm)
            for place, digest in zip(places, digests[algorithm], strict=True):
                data[place : place + length] = hexlify(digest)
        return bytes(data)


@cache
def digest_bytes(algorithm: str) -> int:
    """How long a digest of that algorithm is."""
    return hashlib.new(algorithm).digest_size
