"""Fujifilm raw: a head that names three parts, each inside the file. A cut into them is found."""

from __future__ import annotations

from archive.identifying.formats import jpeg
from archive.identifying.interface import Characteristics
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure

_PARTS = ((84, "its preview"), (92, "its table of the sensor"), (100, "its sensor data"))
"""Where the offset and the length of each stand."""
_MOST_PREVIEW_BYTES = 32 * 1024 * 1024


def look(data: Bytes) -> Structure:
    """Raises Broken."""
    preview = (0, 0)
    for at, what in _PARTS:
        offset, length = data.number(at, 4, "the header"), data.number(at + 4, 4, "the header")
        if not offset or not length:
            raise Broken(f"its header at byte {at} does not say where {what} lies")
        data.check_inside(offset, length, what)
        preview = preview if preview[1] else (offset, length)
    camera = data.at(28, 32, "the header").partition(b"\0")[0].decode("ascii", "replace").strip()
    taken = jpeg.look(Bytes.of(data.at(preview[0], min(preview[1], _MOST_PREVIEW_BYTES), "its preview")))
    return Structure(
        media_type="image/x-fuji-raf",
        characteristics=Characteristics(
            colour_space="CFA",
            pages=1,
            captured_at=taken.characteristics.captured_at,
            camera=taken.characteristics.camera or camera or None,
        ),
        telling=((0, 512),),
    )
