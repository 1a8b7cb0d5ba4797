"""Bytes that can be read anywhere: a local file or an object in a store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol, Self

from archive.validating.interface import CHUNK_BYTES, Buffer, Problem
from holdings.stores.interface import Heads, Reads

_RANGE_BYTES = 8 * 1024 * 1024
"""Of an object in a store: a request costs as much time as a few megabytes."""


class BytesAt(Protocol):
    """Whatever has a size and bytes at every offset; usable from several threads."""

    name: str
    size_bytes: int
    window_bytes: int
    """What is worth reading at once."""
    least_bytes: int
    """What costs no more than a single byte would."""

    def at(self, offset: int, length: int) -> bytes:
        """`length` bytes from `offset`; fewer only where the end comes first. Raises Problem."""
        ...


class LocalBytes:
    """A file. The descriptor stays open, so a file that is replaced meanwhile changes nothing."""

    window_bytes = CHUNK_BYTES
    least_bytes = 4096

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._file = path.open("rb", buffering=0)
        self.size_bytes = os.fstat(self._file.fileno()).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def at(self, offset: int, length: int) -> bytes:
        try:
            return os.pread(self._file.fileno(), length, offset)
        except OSError as broken:
            raise Problem("unreadable", f"cannot be read: {broken.strerror}") from None


class HeadsAndReads(Heads, Reads, Protocol):
    """What an object needs."""


class StoredBytes:
    """An object in a store, read by ranges."""

    window_bytes = _RANGE_BYTES
    least_bytes = 256 * 1024

    def __init__(self, store: HeadsAndReads, key: str) -> None:
        self.name = f"{store.name}:{key}"
        self._store = store
        self._key = key
        self.size_bytes = store.head(key).size_bytes

    def at(self, offset: int, length: int) -> bytes:
        length = max(0, min(length, self.size_bytes - offset))
        return self._store.get_range(self._key, offset, length) if length else b""


def stretch(source: BytesAt, offset: int, length: int) -> Iterator[Buffer]:
    """`length` bytes from `offset`, in chunks. Raises Problem where the source ends before."""
    end = offset + length
    while offset < end:
        chunk = source.at(offset, min(source.window_bytes, end - offset))
        if not chunk:
            raise Problem("archive-truncated", "ends beyond the end of the archive")
        yield chunk
        offset += len(chunk)


class Window:
    """Small reads that mostly go forward, served from reads that grow as long as they pay."""

    def __init__(self, source: BytesAt) -> None:
        self._source = source
        self._start = 0
        self._held = b""
        self._size = source.least_bytes
        self.position = 0

    def read(self, length: int) -> bytes:
        """The next `length` bytes, fewer only at the end."""
        offset = self.position - self._start
        if not 0 <= offset <= len(self._held) - length:
            near = 0 <= offset <= len(self._held)
            self._size = min(self._size * 4, self._source.window_bytes) if near else self._source.least_bytes
            self._held = self._source.at(self.position, max(length, self._size))
            self._start, offset = self.position, 0
        data = self._held[offset : offset + length]
        self.position += len(data)
        return data

    def go_to(self, position: int) -> None:
        """Read on from there."""
        self.position = position
