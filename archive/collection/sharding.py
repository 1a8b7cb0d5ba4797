"""Shards of Zarr v3 (zarr-specs, sharding-indexed): rows of tiles as one object, a table at its end.

A shard is as wide as the image, so tiles go into it in the order in which they are made.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import ceil

import google_crc32c

from archive.collection.ome_metadata import array_path
from archive.collection.shapes import Form, Level
from archive.collection.spool import LevelSpool, Spooled

_MOST_TILES = 1024
"""In one shard: its table is then 16 kB, which a reader fetches before its first tile."""
_ABSENT = 2**64 - 1
_PIECE_BYTES = 8 * 2**20


class Shards:
    """How the tiles of one level are spread over shards."""

    def __init__(self, form: Form, level: Level) -> None:
        self._form, self._level = form, level
        _, rows, columns = level.grid
        self._rows = max(1, min(rows, _MOST_TILES // columns))
        """Of tiles, in a shard."""
        self.shape = self._along(self._rows * level.tile[1], columns * level.tile[2])

    def over(self, spool: LevelSpool) -> Iterator[tuple[str, Shard]]:
        """Every shard with its key, in the order of the tiles in it."""
        deep, rows, columns = self._level.grid
        for z in range(deep):
            for part in range(ceil(rows / self._rows)):
                first = self._level.tile_number((z, part * self._rows, 0))
                count = min(self._rows, rows - part * self._rows) * columns
                tiles = spool.tiles[first : first + count]
                yield self._name(z, part), Shard(spool=spool, found=tiles, room=self._rows * columns)

    def name_of(self, z: int, row: int) -> str:
        """The key of the shard that holds a row of tiles."""
        return self._name(z, row // self._rows)

    def _name(self, z: int, part: int) -> str:
        places = {"c": 0, "z": z, "y": part, "x": 0}
        return f"{array_path(self._level)}/c/{'/'.join(str(places[axis]) for axis in self._form.axes)}"

    def _along(self, high: int, wide: int) -> tuple[int, ...]:
        sizes = {"c": len(self._form.channels), "z": self._level.tile[0], "y": high, "x": wide}
        return tuple(sizes[axis] for axis in self._form.axes)


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Tiles that lie one after the other in a spool, and the table of them."""

    spool: LevelSpool
    found: list[Spooled]
    room: int
    """How many tiles the shard could have; at the lower edge of an image it has fewer."""

    @property
    def size_bytes(self) -> int:
        return self._tiles_bytes + len(self.table)

    @property
    def tiles(self) -> list[tuple[int, int]]:
        """First byte in the shard, and length, of each tile."""
        return [(tile.offset - self._begin, tile.size_bytes) for tile in self.found]

    @cached_property
    def table(self) -> bytes:
        """Offset and length of every tile, and the checksum of that."""
        absent = [(_ABSENT, _ABSENT)] * (self.room - len(self.found))
        entries = b"".join(struct.pack("<2Q", *entry) for entry in [*self.tiles, *absent])
        return entries + struct.pack("<L", google_crc32c.value(entries))

    def read(self, start: int, length: int) -> bytes:
        """Some of the bytes."""
        inside = max(0, min(length, self._tiles_bytes - start))
        data = self.spool.read(self._begin + start, inside) if inside else b""
        after = max(0, start - self._tiles_bytes)
        return data + self.table[after : after + length - inside]

    def chunks(self) -> Iterator[bytes]:
        """The whole shard."""
        for start in range(0, self.size_bytes, _PIECE_BYTES):
            yield self.read(start, min(_PIECE_BYTES, self.size_bytes - start))

    @property
    def _begin(self) -> int:
        return self.found[0].offset

    @property
    def _tiles_bytes(self) -> int:
        return sum(tile.size_bytes for tile in self.found)
