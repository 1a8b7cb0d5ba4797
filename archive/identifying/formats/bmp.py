"""Windows bitmaps: header and rows inside the file. A cut into them is found."""

from __future__ import annotations

from archive.identifying.interface import Characteristics
from archive.identifying.metadata.exif import rounded
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure

_UNCOMPRESSED = frozenset((0, 3, 6))
_COMPRESSIONS = {0: "none", 1: "RLE8", 2: "RLE4", 3: "none", 4: "JPEG", 5: "PNG", 6: "none"}
_METRES_PER_INCH = 0.0254


def look(data: Bytes) -> Structure:
    """Raises Broken."""
    head = data.at(0, 54, "the header")
    number = [int.from_bytes(head[i : i + 4], "little", signed=True) for i in range(2, 54, 4)]
    start, width, height = number[2], number[4], abs(number[5])
    bits = int.from_bytes(head[28:30], "little")
    compression, coded = int.from_bytes(head[30:34], "little"), int.from_bytes(head[34:38], "little")
    per_metre = int.from_bytes(head[38:42], "little")
    if number[3] < 40 or start < 54 or width <= 0 or not height or bits not in (1, 4, 8, 16, 24, 32):
        raise Broken("its header declares what a bitmap cannot be")
    rows = height * ((width * bits + 31) // 32 * 4) if compression in _UNCOMPRESSED else coded
    data.check_inside(start, rows, "its pixels")
    return Structure(
        media_type="image/bmp",
        characteristics=Characteristics(
            width_px=width,
            height_px=height,
            bits_per_sample=8 if bits > 8 else bits,
            samples_per_pixel=max(1, bits // 8),
            colour_space="RGB" if bits > 8 else "palette",
            resolution_ppi=rounded(per_metre * _METRES_PER_INCH),
            pages=1,
            compression=_COMPRESSIONS.get(compression, f"BMP compression {compression}"),
        ),
    )
