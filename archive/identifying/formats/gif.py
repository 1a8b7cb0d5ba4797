"""GIF (87a and 89a): its blocks, to the trailer. A cut anywhere is found."""

from __future__ import annotations

from archive.identifying.interface import Characteristics
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure

_MOST_BLOCKS = 2**20
"""At most 255 bytes each: 267 MB."""


def look(data: Bytes) -> Structure:
    """Raises Broken."""
    head = data.at(0, 13, "the header")
    width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    bits = 1 + (head[10] & 7)
    at, frames, blocks = 13 + _table_bytes(head[10]), 0, 0
    while (kind := data.at(at, 1, "the next block or the trailer")) != b";":
        if kind == b",":
            frames += 1
            flags = data.at(at + 1, 9, "an image descriptor")[8]
            at += 11 + _table_bytes(flags)
        elif kind == b"!":
            at += 2
        else:
            raise Broken(f"at byte {at} stands no block")
        while length := data.number(at, 1, "a block"):
            at += 1 + length
            blocks += 1
            _check_blocks(blocks)
        at += 1
        blocks += 1
        _check_blocks(blocks)
    if not (width and height and frames):
        raise Broken(f"it says {width} x {height} pixels and holds {frames} pictures")
    end = at + 1
    notes = (
        (f"{data.size - end} bytes follow the end of the image at byte {end}",) if end != data.size else ()
    )
    return Structure(
        media_type="image/gif",
        characteristics=Characteristics(
            width_px=width,
            height_px=height,
            bits_per_sample=bits,
            samples_per_pixel=1,
            colour_space="palette",
            pages=frames,
            compression="LZW",
        ),
        notes=notes,
    )


def _check_blocks(blocks: int) -> None:
    if blocks > _MOST_BLOCKS:
        raise Broken(f"it has more than {_MOST_BLOCKS} blocks")


def _table_bytes(flags: int) -> int:
    return 3 << (1 + (flags & 7)) if flags & 0x80 else 0
