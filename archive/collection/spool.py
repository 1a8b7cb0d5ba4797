"""Encoded tiles on their way: kept level by level, since levels grow side by side and lie one after another.

Those of most images stay in memory; a level that takes more room goes into a temporary file.
"""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import imagecodecs
import numpy as np

_IN_MEMORY_BYTES = 64 * 2**20
"""Of one level. A sheet of 48 megapixels fits: through a file it takes a twentieth longer."""


_crc32: Callable[[bytes], int] = imagecodecs.zlibng_crc32 if imagecodecs.ZLIBNG.available else zlib.crc32
"""The same number; with the processor's own multiplication it takes a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """One encoded tile."""

    offset: int
    """Among the tiles of its level."""
    size_bytes: int
    crc32: int


class LevelSpool:
    """The tiles of one level, in the order in which they came."""

    def __init__(self, pixels_bytes: int) -> None:
        """pixels_bytes : of all its tiles; encoded, they take no more room, or hardly."""
        self.tiles: list[Spooled] = []
        self.size_bytes = 0
        # One piece, of which only what is written on is memory: tiles that are kept one by one cost as
        # much as the file did, since whatever is encoded next needs pages that are new.
        self._room = np.empty(min(pixels_bytes, _IN_MEMORY_BYTES), np.uint8).data
        self._file: BinaryIO | None = None
        """None as long as the tiles are in memory; then it has all of them."""

    def add(self, data: bytes) -> None:
        """Keep the next tile."""
        begin, end = self.size_bytes, self.size_bytes + len(data)
        if self._file is None and end > len(self._room):
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  # `close` closes it
            self._file.write(self._room[:begin])
            self._room = memoryview(b"")
        if self._file is None:
            self._room[begin:end] = data
        else:
            self._file.write(data)
        self.tiles.append(Spooled(begin, len(data), _crc32(data)))
        self.size_bytes = end

    def tile(self, number: int) -> Iterator[bytes]:
        """The bytes of one tile, as a chunk."""
        tile = self.tiles[number]
        yield self.read(tile.offset, tile.size_bytes)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Some of the bytes."""
        if self._file is None:
            return bytes(self._room[offset : offset + size_bytes])
        self._file.flush()
        return os.pread(self._file.fileno(), size_bytes, offset)

    def close(self) -> None:
        """Give back the memory, or the disk space."""
        self._room = memoryview(b"")
        if self._file is not None:
            self._file.close()
