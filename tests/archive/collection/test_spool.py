"""Tiles come back as they were kept, from memory and from the file that takes over where they are many."""

from __future__ import annotations

import zlib

import pytest

from archive.collection.spool import LevelSpool

TILES = [bytes([65 + number]) * size for number, size in enumerate((5, 1, 7, 30, 2))]
WHOLE = b"".join(TILES)


@pytest.mark.parametrize("room", [0, 5, 6, 20, len(WHOLE) - 1, len(WHOLE), 10_000])
def test_whatever_room_there_is_the_bytes_are_the_same(room: int) -> None:
    spool = LevelSpool(room)
    for data in TILES:
        spool.add(data)
    assert [b"".join(spool.tile(number)) for number in range(len(TILES))] == TILES
    assert [tile.crc32 for tile in spool.tiles] == [zlib.crc32(data) for data in TILES]
    assert spool.size_bytes == len(WHOLE)
    for begin in range(len(WHOLE) - 9):
        assert spool.read(begin, 9) == WHOLE[begin : begin + 9]
    spool.close()
