"""Encoded tiles on their way: kept in temporary files, a file per level, since levels grow side by side."""

from __future__ import annotations

import os
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Spooled:
    """One encoded tile."""

    offset: int
    """In the file of its level."""
    size_bytes: int
    crc32: int


@dataclass(slots=True)
class LevelSpool:
    """The tiles of one level, in the order in which they came."""

    tiles: list[Spooled] = field(default_factory=list)
    size_bytes: int = 0
    _file: BinaryIO = field(default_factory=tempfile.TemporaryFile)

    def add(self, data: bytes) -> None:
        """Keep the next tile."""
        self._file.write(data)
        self.tiles.append(Spooled(self.size_bytes, len(data), zlib.crc32(data)))
        self.size_bytes += len(data)

    def tile(self, number: int) -> Iterator[bytes]:
        """The bytes of one tile, as a chunk."""
        tile = self.tiles[number]
        yield self.read(tile.offset, tile.size_bytes)

    def read(self, offset: int, size_bytes: int) -> bytes:
        """Some of the bytes."""
        self._file.flush()
        return os.pread(self._file.fileno(), size_bytes, offset)

    def close(self) -> None:
        """Give back the disk space."""
        self._file.close()
