"""The segments of a JPEG before its first scan (ITU-T T.81, annex B)."""

from __future__ import annotations

from dataclasses import dataclass, field

from archive.identifying.formats.jpeg_scans import Component, Frame
from archive.identifying.metadata.ifd import Ifds
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken

_PROCESSES = {
    0xC0: "baseline",
    0xC1: "extended",
    0xC2: "progressive",
    0xC3: "lossless",
    0xC9: "extended, arithmetic",
    0xCA: "progressive, arithmetic",
    0xCB: "lossless, arithmetic",
}
"""By start-of-frame marker. Hierarchical files (C5 to C7, CD to CF) are written by nobody."""
_HIERARCHICAL = frozenset((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF, 0xDE))
_MOST_SEGMENTS = 10_000
_MOST_FILL_BYTES = 1024
_MOST_ICC_BYTES = 16 * 1024 * 1024
_SOI, _EOI, _SOS, _DQT = 0xD8, 0xD9, 0xDA, 0xDB
_TABLES = frozenset((0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xFE))
"""DHT, DAC, DQT, DNL, DRI, COM."""


@dataclass(kw_only=True, slots=True)
class Segments:
    """What stands before the first scan."""

    frame: Frame
    scan_at: int = 0
    """Offset of the first start-of-scan marker."""
    density: tuple[int, int] | None = None
    """JFIF's unit and horizontal density."""
    adobe_transform: int | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    icc: list[tuple[int, bytes]] = field(default_factory=list)
    """Numbered pieces."""
    pictures: list[tuple[int, int]] = field(default_factory=list)
    """Offset and size of each, where there are several (MPF)."""


def read_segments(data: Bytes) -> Segments:
    """Everything up to the first scan. Raises Broken."""
    segments = Segments(frame=Frame(process="", width=0, height=0, precision=0, components=()))
    at, has_steps = 2, False
    for _ in range(_MOST_SEGMENTS):
        at, marker = next_marker(data, at)
        if marker in (_SOI, _EOI) or 0xD0 <= marker <= 0xD7 or marker == 0x01:
            raise Broken(f"marker FF{marker:02X} stands at byte {at} before any scan")
        size = segment_size(data, at)
        if marker == _SOS:
            if not segments.frame.components:
                raise Broken(f"its scan at byte {at} has no frame header before it")
            if not has_steps and "lossless" not in segments.frame.process:
                raise Broken(f"its scan at byte {at} has no quantisation table (DQT) before it")
            segments.scan_at = at
            return segments
        has_steps = has_steps or marker == _DQT
        _take(data, segments, marker, at, size)
        at += 2 + size
    raise Broken(f"it has more than {_MOST_SEGMENTS} segments before its first scan")


def next_marker(data: Bytes, at: int) -> tuple[int, int]:
    """Offset and second byte of the marker that must stand at `at`, fill bytes skipped."""
    marker = data.at(at, 2, "a marker")
    if marker == b"\xff\xff":
        block = data.at(at, min(_MOST_FILL_BYTES, data.size - at), "a marker")
        filled = len(block) - len(block.lstrip(b"\xff")) - 1
        at, marker = at + filled, block[filled : filled + 2]
    if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (0x00, 0xFF):
        raise Broken(f"at byte {at} stands {marker.hex().upper()} and no marker")
    return at, marker[1]


def segment_size(data: Bytes, at: int) -> int:
    """Bytes of the segment whose marker stands at `at`, without the marker."""
    size = data.number(at + 2, 2, "the length of a segment")
    if size < 2:
        raise Broken(f"the segment at byte {at} says that it is {size} bytes long")
    data.check_inside(at + 2, size, f"the segment at byte {at}")
    return size


def _take(data: Bytes, segments: Segments, marker: int, at: int, size: int) -> None:
    if marker in _PROCESSES:
        if segments.frame.components:
            raise Broken(f"it has a second frame header at byte {at}")
        segments.frame = _frame(data, marker, at, size)
    elif marker in _HIERARCHICAL:
        raise Broken(
            f"it is a hierarchical JPEG (marker FF{marker:02X} at byte {at}), which cannot be checked"
        )
    elif marker in (0xE0, 0xE1, 0xE2, 0xEE):
        _application(segments, marker, data.at(at + 4, size - 2, f"the segment at byte {at}"), at + 4)
    elif marker not in _TABLES and not 0xE0 <= marker <= 0xEF:
        raise Broken(f"marker FF{marker:02X} at byte {at} has no business there")


def _frame(data: Bytes, marker: int, at: int, size: int) -> Frame:
    raw = data.at(at + 4, size - 2, "the frame header")
    if size < 8 or size != 8 + 3 * raw[5] or not raw[5]:
        raise Broken(f"the frame header at byte {at} has a wrong length")
    components = tuple(
        Component(number=raw[i], horizontal=raw[i + 1] >> 4, vertical=raw[i + 1] & 15)
        for i in range(6, 6 + 3 * raw[5], 3)
    )
    height, width = int.from_bytes(raw[1:3], "big"), int.from_bytes(raw[3:5], "big")
    if not width or not height:
        raise Broken(f"the frame header at byte {at} says {width} x {height} pixels")
    if any(not (1 <= part.horizontal <= 4 and 1 <= part.vertical <= 4) for part in components):
        raise Broken(f"the frame header at byte {at} has a sampling factor that JPEG does not know")
    return Frame(
        process=_PROCESSES[marker], width=width, height=height, precision=raw[0], components=components
    )


def _application(segments: Segments, marker: int, body: bytes, at: int) -> None:
    if marker == 0xE0 and body[:5] == b"JFIF\0" and len(body) >= 10:
        segments.density = body[7], int.from_bytes(body[8:10], "big")
    elif marker == 0xEE and body[:5] == b"Adobe" and len(body) >= 12:
        segments.adobe_transform = body[11]
    elif marker == 0xE1 and body[:6] == b"Exif\0\0":
        segments.exif = segments.exif or body[6:]
    elif marker == 0xE1 and body[:29] == b"http://ns.adobe.com/xap/1.0/\0":
        segments.xmp = segments.xmp or body[29:]
    elif marker == 0xE2 and body[:12] == b"ICC_PROFILE\0" and len(segments.icc) < _MOST_ICC_BYTES >> 16:
        segments.icc.append((body[12] if len(body) > 12 else 0, body[14:]))
    elif marker == 0xE2 and body[:4] == b"MPF\0":
        segments.pictures = _pictures(body[4:], at + 4)


def _pictures(index: bytes, base: int) -> list[tuple[int, int]]:
    """CIPA DC-007, 5.2.3: entries of 16 bytes; offsets count from the index, the first picture's is 0."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(index[:4])
    if order is None:
        raise Broken(f"its index of pictures (MPF) at byte {base} is damaged")
    little = "little" if order == "<" else "big"
    ifds = Ifds(Bytes.of(index), order=order, strict=False)
    raw = ifds.raw(ifds.read(int.from_bytes(index[4:8], little)), 0xB002, 64 * 1024) or b""  # type: ignore[arg-type]  # one of two words
    found = []
    for at in range(0, len(raw) - 15, 16):
        size, offset = (int.from_bytes(raw[at + i : at + i + 4], little) for i in (4, 8))  # type: ignore[arg-type]  # as above
        found.append((base + offset if offset else 0, size))
    return found
