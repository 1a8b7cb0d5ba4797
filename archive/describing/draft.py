"""A document that is written before its digests are known: each has its place, filled in the end.

A bag's size has to be told before a file is read, so its tag files would be written twice; for
tens of thousands of small files that costs more than to hash them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache


class Draft:
    """Text with places for digests in hexadecimal, by algorithm, in the order in which they are made."""

    def __init__(self) -> None:
        self._before: list[str] = []
        """The text before each place."""
        self._places: list[str] = []
        """The algorithm of each."""
        self._last: list[str] = []
        """What was written since the last place."""

    def __len__(self) -> int:
        """Bytes of the document, the digests included."""
        text = "".join(self._before + self._last)
        written = len(text) if text.isascii() else len(text.encode())
        return written + sum(2 * digest_bytes(kind) * self._places.count(kind) for kind in set(self._places))

    def write(self, text: str) -> None:
        """More text."""
        self._last.append(text)

    def leave(self, algorithm: str) -> None:
        """Room for the next digest of that algorithm."""
        self._before.append("".join(self._last))
        self._last.clear()
        self._places.append(algorithm)

    def filled(self, digests: Mapping[str, Sequence[bytes]]) -> bytes:
        """The document with these digests, one for each place."""
        spelled = {kind: self._spelled(kind, digests[kind]) for kind in set(self._places)}
        parts = [""] * (2 * len(self._places))
        parts[::2] = self._before
        parts[1::2] = [next(spelled[kind]) for kind in self._places]
        return "".join(parts + self._last).encode()

    def _spelled(self, kind: str, digests: Sequence[bytes]) -> Iterator[str]:
        assert len(digests) == self._places.count(kind), "a digest for each place"
        return map(bytes.hex, digests)


@cache
def digest_bytes(algorithm: str) -> int:
    """How long a digest of that algorithm is."""
    return hashlib.new(algorithm).digest_size
