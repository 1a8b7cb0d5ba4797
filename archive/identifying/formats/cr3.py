"""Canon raw, version 3: boxes to the last byte, one of them with sensor data.

A cut is found, unless it falls between two boxes after the sensor data.
"""

from __future__ import annotations

from archive.identifying.formats.boxes import boxes
from archive.identifying.interface import Characteristics
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure


def look(data: Bytes) -> Structure:
    """Raises Broken."""
    kinds = {box.kind for box in boxes(data, 0, data.size)}
    if not {b"ftyp", b"moov", b"mdat"} <= kinds:
        raise Broken(f"it ends at byte {data.size} and lacks its head ('moov') or its pixels ('mdat')")
    return Structure(
        media_type="image/x-canon-cr3", characteristics=Characteristics(colour_space="CFA", pages=1)
    )
