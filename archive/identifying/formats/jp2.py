"""JPEG 2000: the boxes of a JP2 file and the codestream in it (ISO/IEC 15444-1, annexes A and I).

Boxes and tile-parts are walked by their lengths, the pixels are not read. A cut anywhere is
found; what structure cannot tell: bits that are wrong inside a tile-part.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from archive.identifying.formats.boxes import Box, boxes
from archive.identifying.formats.codestream import Codestream, walk_codestream
from archive.identifying.interface import Characteristics
from archive.identifying.metadata import icc, xmp
from archive.identifying.metadata.embedded import Embedded
from archive.identifying.metadata.exif import rounded
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure

_ENUMERATED = {
    0: "bilevel",
    12: "CMYK",
    14: "Lab",
    15: "bilevel",
    16: "RGB",
    17: "grey",
    18: "YCbCr",
    20: "RGB",
}
_UUID_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_UUID_EXIF = b"JpgTiffExif->JP2"
_METRES_PER_INCH = 0.0254
_MOST_TELLING_BYTES = 8 * 1024


@dataclass(kw_only=True, slots=True)
class _Found:
    header: bytes | None = None
    """Contents of the image header box."""
    colour_space: str | None = None
    palette: bool = False
    resolution_ppi: float | None = None
    codestream: Codestream | None = None
    embedded: Embedded = field(default_factory=Embedded)


def look(data: Bytes) -> Structure:
    """A JP2 file. Raises Broken."""
    found = _Found()
    for box in boxes(data, 0, data.size):
        if box.kind == b"jp2h":
            _header(data, box, found)
        elif box.kind == b"jp2c" and found.codestream is None:
            found.codestream = walk_codestream(data, box.start, box.end)
        elif box.kind == b"uuid":
            _uuid(data, box, found.embedded)
    if found.codestream is None:
        raise Broken(f"it ends at byte {data.size} and has no codestream (box 'jp2c')")
    _check_header(found)
    return _structure("image/jp2", found, found.codestream, data.size)


def look_at_codestream(data: Bytes) -> Structure:
    """A codestream without boxes around it. Raises Broken."""
    return _structure("image/j2c", _Found(), walk_codestream(data, 0, data.size), data.size)


def _structure(media_type: str, found: _Found, codestream: Codestream, size: int) -> Structure:
    described = found.embedded.described
    colour = "palette" if found.palette else found.colour_space
    return Structure(
        media_type=media_type,
        characteristics=Characteristics(
            width_px=codestream.width,
            height_px=codestream.height,
            bits_per_sample=codestream.bits,
            samples_per_pixel=codestream.components,
            colour_space=colour or {1: "grey"}.get(codestream.components),
            icc_profile=found.embedded.icc_profile,
            resolution_ppi=found.resolution_ppi or described.resolution_ppi,
            pages=1,
            compression=f"JPEG 2000 ({codestream.transformation})",
            captured_at=described.captured_at,
            camera=described.camera,
        ),
        notes=(*codestream.notes, *found.embedded.notes),
        telling=((0, min(codestream.tiles_at + 16, _MOST_TELLING_BYTES)), (size - 2, 2)),
    )


def _check_header(found: _Found) -> None:
    header, codestream = found.header, found.codestream
    if header is None or codestream is None:
        raise Broken("it has no image header (box 'ihdr')")
    height, width = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    if (width, height) != (codestream.width, codestream.height):
        raise Broken(
            f"its header says {width} x {height} pixels, and its codestream "
            f"{codestream.width} x {codestream.height}"
        )


def _header(data: Bytes, outer: Box, found: _Found) -> None:
    for box in boxes(data, outer.start, outer.end):
        if box.kind == b"ihdr":
            found.header = data.at(box.start, 14, box.name)
        elif box.kind == b"colr":
            _colour(data, box, found)
        elif box.kind == b"pclr":
            found.palette = True
        elif box.kind == b"res ":
            _resolution(data, box, found)


def _colour(data: Bytes, box: Box, found: _Found) -> None:
    method = data.number(box.start, 1, box.name)
    if method == 1 and found.colour_space is None:
        number = data.number(box.start + 3, 4, box.name)
        found.colour_space = _ENUMERATED.get(number, f"enumerated {number}")
    elif method in (2, 3) and found.embedded.icc_profile is None:
        size = min(box.end - box.start - 3, icc.MOST_BYTES)
        profile = data.at(box.start + 3, max(size, 0), box.name)
        found.embedded.add_icc(profile)
        found.colour_space = found.colour_space or {b"RGB ": "RGB", b"GRAY": "grey", b"CMYK": "CMYK"}.get(
            profile[16:20]
        )


def _resolution(data: Bytes, outer: Box, found: _Found) -> None:
    """Of capture before that for display: numerator, denominator and power of ten, per metre."""
    for box in boxes(data, outer.start, outer.end):
        if box.kind == b"resc" or (box.kind == b"resd" and found.resolution_ppi is None):
            raw = data.at(box.start, 10, box.name)
            over, under = int.from_bytes(raw[4:6], "big"), int.from_bytes(raw[6:8], "big")
            power = int.from_bytes(raw[9:10], "big", signed=True)
            if over and under and abs(power) < 10:
                found.resolution_ppi = rounded(over / under * 10.0**power * _METRES_PER_INCH)


def _uuid(data: Bytes, box: Box, embedded: Embedded) -> None:
    if box.end - box.start < 16:
        raise Broken(f"{box.name} is too short for what it is")
    uuid, size = data.at(box.start, 16, box.name), box.end - box.start - 16
    if uuid == _UUID_XMP and size <= xmp.MOST_BYTES:
        embedded.add_xmp(data.at(box.start + 16, size, box.name))
    elif uuid == _UUID_EXIF and size <= xmp.MOST_BYTES:
        embedded.add_exif(data.at(box.start + 16, size, box.name))
