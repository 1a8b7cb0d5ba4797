"""Bytes of a file by offset: bounded in what is read, kept and believed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

from archive.identifying.structure import Broken

WINDOW_BYTES = 16 * 1024
_FIRST_BYTES = 64 * 1024
"""Most small images are read whole by one call."""
MOST_HEADER_BYTES = 64 * 1024 * 1024
"""More than all tables of an honest image; a lying one may ask for everything."""
_CHUNK_BYTES = 1024 * 1024


class Bytes:
    """A file of known size, read piece by piece. Raises Broken where a piece is not in it."""

    __slots__ = ("_data", "_file", "_left", "_start", "size")

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self.size = size
        self._start = 0
        self._data = b""
        self._left = MOST_HEADER_BYTES

    @classmethod
    def of(cls, data: bytes) -> Bytes:
        """The same over bytes that were read already."""
        return cls(io.BytesIO(data), len(data))

    def at(self, offset: int, length: int, what: str) -> bytes:
        """`length` bytes from `offset`.

        what : what they are, for the sentence where the file ends before them.
        """
        self.charge(length)
        begin = offset - self._start
        if begin < 0 or begin + length > len(self._data):
            self._fetch(offset, length, what)
            begin = 0
        return self._data[begin : begin + length]

    def charge(self, size: int) -> None:
        """Count `size` bytes as read: the same table may be pointed to a million times."""
        self._left -= size
        if self._left < 0:
            raise Broken(
                f"its header asks for more than the {MOST_HEADER_BYTES >> 20} MiB that a header may have"
            )

    def number(self, offset: int, length: int, what: str) -> int:
        """`length` bytes from `offset` as an unsigned big-endian number."""
        return int.from_bytes(self.at(offset, length, what), "big")

    def check_inside(self, offset: int, length: int, what: str) -> None:
        """Broken unless all of it lies in the file; reads nothing."""
        if offset + length > self.size:
            raise Broken(f"it ends at byte {self.size}, and {what} would end at byte {offset + length}")

    def stream(self, offset: int, length: int, what: str) -> Iterator[bytes]:
        """The same as `at`, in chunks of at most 1 MiB and without a bound: for what is read just once."""
        self.check_inside(offset, length, what)
        begin = offset - self._start
        if begin >= 0 and begin + length <= len(self._data):
            yield self._data[begin : begin + length]
            return
        end = offset + length
        while offset < end:
            chunk = self._read(offset, min(_CHUNK_BYTES, end - offset))
            offset += len(chunk)
            yield chunk

    def _fetch(self, offset: int, length: int, what: str) -> None:
        self.check_inside(offset, length, what)
        wanted = max(length, WINDOW_BYTES if offset else _FIRST_BYTES)
        wanted = min(wanted, self.size - offset)
        self._data, self._start = self._read(offset, wanted), offset
        if len(self._data) < length:
            raise Broken(f"it ends at byte {offset + len(self._data)}, inside {what}")

    def _read(self, offset: int, length: int) -> bytes:
        self._file.seek(offset)
        pieces: list[bytes] = []
        while length and (piece := self._file.read(length)):
            pieces.append(piece)
            length -= len(piece)
        if not pieces:
            raise Broken(f"it ends at byte {offset}: it was longer when it was surveyed")
        return b"".join(pieces)
