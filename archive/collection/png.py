"""A PNG has as many pixels as it says, or is refused: decoders paint what is missing black, or drop rows."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import IO

from archive.collection.picture import refused

_HEADER = struct.Struct(">2I2B2xB")
"""IHDR (PNG 11.2.2): width, height, bit depth, colour type, …, interlace."""
_HEADER_AT = 16
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_WHOLE = ((0, 0, 1, 1),)
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
"""First column and row of each pass, and its steps (PNG 8.2)."""
_PIECE_BYTES = 2**20


def check_png(file: IO[bytes]) -> None:
    """Raises BadInput where the image data are not those of as many rows as the header says."""
    file.seek(_HEADER_AT)
    width, height, bits, colour, interlace = _HEADER.unpack(file.read(_HEADER.size))
    pixel_bits = bits * _SAMPLES[colour]
    expected = sum(
        _bytes_of(-(-(width - x) // across), -(-(height - y) // down), pixel_bits)
        for x, y, across, down in (_ADAM7 if interlace else _WHOLE)
    )
    row = _bytes_of(width, 1, pixel_bits)
    # Some encoders leave a few bytes more, which are nobody's; a row more is one that would be lost.
    if not expected <= (found := _inflated(file, at_most=expected + row)) < expected + row:
        more = "more" if found > expected else "less"
        raise refused(f"its header says {width} x {height} pixels, and its image data hold {more}")


def _bytes_of(wide: int, high: int, pixel_bits: int) -> int:
    """Of so many rows, each with the byte before it that names its filter."""
    return high * (1 + -(-wide * pixel_bits // 8)) if wide > 0 and high > 0 else 0


def _inflated(file: IO[bytes], *, at_most: int) -> int:
    """How many bytes the image data are, or at least `at_most`."""
    unpacking, found = zlib.decompressobj(), 0
    for piece in _data(file):
        waiting = piece
        while waiting and found < at_most:
            found += len(unpacking.decompress(waiting, _PIECE_BYTES))
            waiting = unpacking.unconsumed_tail
    return found


def _data(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(8)
    while len(head := file.read(8)) == 8 and head[4:] != b"IEND":
        length = int.from_bytes(head[:4], "big")
        if head[4:] != b"IDAT":
            file.seek(length, 1)
        while length and head[4:] == b"IDAT" and (piece := file.read(min(length, _PIECE_BYTES))):
            length -= len(piece)
            yield piece
        file.seek(4, 1)
