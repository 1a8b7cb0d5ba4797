"""PNG (W3C, third edition): every chunk with its checksum, to IEND.

A cut anywhere is found, and so is any byte that was changed after it was written. What
structure cannot tell: compressed data that never were right.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from archive.identifying.interface import Characteristics
from archive.identifying.metadata import icc, xmp
from archive.identifying.metadata.embedded import Embedded, unpacked
from archive.identifying.metadata.exif import rounded
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure

_COLOURS = {
    0: ("grey", 1, (1, 2, 4, 8, 16)),
    2: ("RGB", 3, (8, 16)),
    3: ("palette", 1, (1, 2, 4, 8)),
    4: ("grey", 2, (8, 16)),
    6: ("RGB", 4, (8, 16)),
}
"""By colour type: colour space, samples per pixel, bit depths that may be."""
_MOST_CHUNKS = 2**18
_MOST_TELLING_BYTES = 8 * 1024
_MOST_DEFLATE = 1032
"""Deflate cannot make more bytes than that of one."""
_KEPT = {b"iCCP": 2**22, b"eXIf": 2**20, b"iTXt": 2**21, b"pHYs": 9, b"acTL": 8}
"""Chunks that are looked into, and their greatest size in bytes."""
_XMP = b"XML:com.adobe.xmp\0"
_METRES_PER_INCH = 0.0254


@dataclass(kw_only=True, slots=True)
class _Walked:
    header: bytes = b""
    coded_at: int = 0
    """Offset of the first chunk of image data."""
    coded_bytes: int = 0
    kept: dict[bytes, bytes] = field(default_factory=dict)
    palette: bool = False
    end: int = 0


def look(data: Bytes) -> Structure:
    """Raises Broken."""
    walked = _walk(data)
    characteristics = _declared(walked)
    embedded = _embedded(walked.kept)
    if walked.end != data.size:
        embedded.notes.append(
            f"{data.size - walked.end} bytes follow the end of the image at byte {walked.end}"
        )
    described = embedded.described
    return Structure(
        media_type="image/png",
        characteristics=Characteristics(
            **characteristics,  # type: ignore[arg-type]  # names and types as _declared gives them
            icc_profile=embedded.icc_profile,
            resolution_ppi=_resolution(walked.kept.get(b"pHYs")) or described.resolution_ppi,
            pages=max(1, int.from_bytes(walked.kept.get(b"acTL", b"")[:4], "big")),
            compression="deflate",
            captured_at=described.captured_at,
            camera=described.camera,
        ),
        notes=tuple(embedded.notes),
        telling=((0, min(walked.coded_at + 8, _MOST_TELLING_BYTES)), (walked.end - 12, 12)),
    )


def _walk(data: Bytes) -> _Walked:
    walked, at = _Walked(), 8
    for _ in range(_MOST_CHUNKS):
        length = data.number(at, 4, f"the chunk at byte {at}")
        kind = data.at(at + 4, 4, f"the chunk at byte {at}")
        if not kind.isalpha() or length >= 2**31:
            raise Broken(f"at byte {at} stands no chunk")
        data.check_inside(at, length + 12, f"the chunk {kind.decode()} at byte {at}")
        if not walked.header and kind != b"IHDR":
            raise Broken(f"its first chunk is {kind.decode()} and not IHDR")
        _check_sum(data, kind, at, length)
        _take(data, walked, kind, at, length)
        at += length + 12
        if kind == b"IEND":
            walked.end = at
            return walked
    raise Broken(f"it has more than {_MOST_CHUNKS} chunks")


def _check_sum(data: Bytes, kind: bytes, at: int, length: int) -> None:
    name = f"the chunk {kind.decode()} at byte {at}"
    computed = zlib.crc32(kind)
    for piece in data.stream(at + 8, length, name) if length else ():
        computed = zlib.crc32(piece, computed)
    if data.number(at + 8 + length, 4, name) != computed:
        raise Broken(f"{name} does not have its checksum: bytes of it were changed")


def _take(data: Bytes, walked: _Walked, kind: bytes, at: int, length: int) -> None:
    if kind == b"IHDR":
        if walked.header or length != 13:
            raise Broken(f"the chunk IHDR at byte {at} is not as it must be")
        walked.header = data.at(at + 8, 13, "the chunk IHDR")
    elif kind == b"IDAT":
        walked.coded_at = walked.coded_at or at
        walked.coded_bytes += length
    elif kind == b"PLTE":
        walked.palette = True
    elif length <= _KEPT.get(kind, -1):
        body = data.at(at + 8, length, "a chunk")
        if kind != b"iTXt" or body.startswith(_XMP):
            walked.kept.setdefault(kind, body)


def _declared(walked: _Walked) -> dict[str, int | str]:
    width, height = (int.from_bytes(walked.header[i : i + 4], "big") for i in (0, 4))
    bits, colour, compression, filtering, interlace = walked.header[8:13]
    name, samples, depths = _COLOURS.get(colour, ("", 0, ()))
    if not (width and height and bits in depths) or compression or filtering or interlace > 1:
        raise Broken("its header (the chunk IHDR at byte 8) declares what PNG does not know")
    if colour == 3 and not walked.palette:
        raise Broken("it has colours by palette and no palette (the chunk PLTE)")
    if width * height * bits * samples // 8 > walked.coded_bytes * _MOST_DEFLATE:
        raise Broken(
            f"its {walked.coded_bytes} bytes of image data (IDAT) cannot hold the {width} x {height} pixels "
            "that its header declares"
        )
    grey = name == "grey" and bits == 1
    return {
        "width_px": width,
        "height_px": height,
        "bits_per_sample": bits,
        "samples_per_pixel": samples,
        "colour_space": "bilevel" if grey else name,
    }


def _embedded(kept: dict[bytes, bytes]) -> Embedded:
    embedded = Embedded()
    if b"eXIf" in kept:
        embedded.add_exif(kept[b"eXIf"])
    if b"iTXt" in kept and (packet := _xmp(kept[b"iTXt"])) is not None:
        embedded.add_xmp(packet)
    if b"iCCP" in kept:
        profile = unpacked(kept[b"iCCP"].partition(b"\0")[2][1:], icc.MOST_BYTES)
        if profile is None:
            embedded.notes.append("its ICC profile cannot be unpacked")
        else:
            embedded.add_icc(profile)
    return embedded


def _xmp(body: bytes) -> bytes | None:
    """Of an iTXt chunk: keyword, compressed or not, method, language, keyword in it, text."""
    packed, rest = body[len(_XMP) : len(_XMP) + 1], body[len(_XMP) + 2 :]
    text = rest.partition(b"\0")[2].partition(b"\0")[2]
    return unpacked(text, xmp.MOST_BYTES) if packed == b"\1" else text


def _resolution(physical: bytes | None) -> float | None:
    if physical is None or len(physical) != 9 or physical[8] != 1:
        return None
    return rounded(int.from_bytes(physical[:4], "big") * _METRES_PER_INCH)
