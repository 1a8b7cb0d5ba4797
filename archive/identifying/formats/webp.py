"""WebP (RFC 9649): the chunks of a RIFF file, to its last byte. A cut anywhere is found."""

from __future__ import annotations

from archive.identifying.interface import Characteristics
from archive.identifying.metadata import icc, xmp
from archive.identifying.metadata.embedded import Embedded
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure

_MOST_CHUNKS = 100_000
_KEPT = {b"ICCP": icc.MOST_BYTES, b"EXIF": xmp.MOST_BYTES, b"XMP ": xmp.MOST_BYTES}


def look(data: Bytes) -> Structure:
    """Raises Broken."""
    end = 8 + int.from_bytes(data.at(4, 4, "the header"), "little")
    data.check_inside(0, end, "the image")
    embedded, frames = Embedded(), 0
    form, size = b"", (0, 0)
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at >= end:
            break
        kind, length = data.at(at, 4, "a chunk"), int.from_bytes(data.at(at + 4, 4, "a chunk"), "little")
        if at + 8 + length > end:
            raise Broken(
                f"its chunk at byte {at} would end at byte {at + 8 + length}, after the image at {end}"
            )
        if kind in (b"VP8 ", b"VP8L", b"VP8X") and not form:
            form, size = kind, _size(kind, data.at(at + 8, min(length, 10), "the header"), at)
        if length <= _KEPT.get(kind, -1):
            _add(embedded, kind, data.at(at + 8, length, "a chunk"))
        frames += kind in (b"VP8 ", b"VP8L", b"ANMF")
        at += 8 + length + length % 2
    if not frames:
        raise Broken(f"it ends at byte {end} and has no chunk with pixels")
    if end != data.size:
        embedded.notes.append(f"{data.size - end} bytes follow the end of the image at byte {end}")
    described = embedded.described
    return Structure(
        media_type="image/webp",
        characteristics=Characteristics(
            width_px=size[0],
            height_px=size[1],
            bits_per_sample=8,
            colour_space="RGB" if form == b"VP8L" else "YCbCr" if form == b"VP8 " else None,
            icc_profile=embedded.icc_profile,
            resolution_ppi=described.resolution_ppi,
            pages=frames,
            compression={b"VP8 ": "WebP (lossy)", b"VP8L": "WebP (lossless)"}.get(form, "WebP"),
            captured_at=described.captured_at,
            camera=described.camera,
        ),
        notes=tuple(embedded.notes),
    )


def _size(form: bytes, body: bytes, at: int) -> tuple[int, int]:
    if form == b"VP8X" and len(body) == 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if form == b"VP8L" and len(body) >= 5 and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 " and len(body) == 10 and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        if width and height:
            return width, height
    raise Broken(f"the header of its pixels at byte {at} is damaged")


def _add(embedded: Embedded, kind: bytes, body: bytes) -> None:
    if kind == b"ICCP":
        embedded.add_icc(body)
    elif kind == b"EXIF":
        embedded.add_exif(body.removeprefix(b"Exif\0\0"))
    else:
        embedded.add_xmp(body)
