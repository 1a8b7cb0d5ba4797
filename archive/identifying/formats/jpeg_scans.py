"""The scans of a JPEG: whether its coded data end where the image ends (ITU-T T.81, annexes B and F)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken

_EOI = b"\xff\xd9"
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""In coded data; FF00 is a byte FF, FF before FF fills, and restart markers (D0 to D7) belong to the data."""
_MOST_SCANS = 1000
"""An honest progressive image has about ten; each scan costs whoever decodes it a pass over all pixels."""
_MOST_MARKERS = 10 * _MOST_SCANS


@dataclass(frozen=True, kw_only=True, slots=True)
class Component:
    """One colour plane of a frame and how finely it is sampled."""

    number: int
    horizontal: int
    vertical: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What the frame header declares."""

    process: str
    width: int
    height: int
    precision: int
    components: tuple[Component, ...]

    @property
    def blocks(self) -> int:
        """Blocks of 8 x 8 samples, of all components."""
        if len(self.components) == 1:
            return _over(self.width, 8) * _over(self.height, 8)
        widest = max(part.horizontal for part in self.components)
        highest = max(part.vertical for part in self.components)
        units = _over(self.width, 8 * widest) * _over(self.height, 8 * highest)
        return units * sum(part.horizontal * part.vertical for part in self.components)

    @property
    def fewest_bytes(self) -> int:
        """Fewer bytes of Huffman codes than these cannot hold the image; no code is shorter than a bit."""
        if self.process in ("baseline", "extended"):
            return self.blocks * 2 // 8  # a difference and an end of block
        return self.blocks // 8 if self.process == "progressive" else 0


def _over(value: int, by: int) -> int:
    return -(-value // by)


def end_of_image(data: Bytes, frame: Frame, scan_at: int) -> int:
    """The offset just after the end-of-image marker. Raises Broken."""
    header = _scan_header(data, scan_at)
    coded = scan_at + 2 + len(header)
    if header[2] == len(frame.components) and not frame.process.startswith("progressive"):
        end = _end_of_one_scan(data, coded)
    else:
        end = _end_of_scans(data, coded)
    if end - 2 - coded < frame.fewest_bytes:
        raise Broken(
            f"its {end - 2 - coded} bytes of coded data from byte {coded} cannot hold the "
            f"{frame.width} x {frame.height} pixels that its header declares"
        )
    return end


def _scan_header(data: Bytes, at: int) -> bytes:
    size = data.number(at + 2, 2, "the scan header")
    header = data.at(at + 2, size, f"the scan header at byte {at}")
    if size < 6 or size != 6 + 2 * header[2] or not 1 <= header[2] <= 4:
        raise Broken(f"the scan header at byte {at} has a wrong length")
    return header


def _end_of_one_scan(data: Bytes, coded: int) -> int:
    if data.size >= coded + 2 and data.at(data.size - 2, 2, "the end-of-image marker") == _EOI:
        return data.size
    at, kept = coded, b""
    for chunk in data.stream(coded, data.size - coded, "the coded data"):
        found = (kept + chunk).find(_EOI)
        if found >= 0:
            return at - len(kept) + found + 2
        at += len(chunk)
        kept = chunk[-1:]
    raise _no_end(data)


def _end_of_scans(data: Bytes, at: int) -> int:
    scans = 1
    for _ in range(_MOST_MARKERS):
        at, marker = _marker_after(data, at)
        if marker == _EOI[1]:
            return at + 2
        if marker == 0xDA:
            scans += 1
            at += 2 + len(_scan_header(data, at))
        elif marker in (0xC4, 0xCC, 0xDB, 0xDC, 0xDD) or 0xE0 <= marker <= 0xEF or marker == 0xFE:
            size = data.number(at + 2, 2, "the length of a segment")
            data.check_inside(at + 2, size, f"the segment at byte {at}")
            at += 2 + size
        else:
            raise Broken(f"marker FF{marker:02X} at byte {at} has no business between scans")
        if scans > _MOST_SCANS:
            raise Broken(f"it has more than {_MOST_SCANS} scans")
    raise Broken(f"it has more than {_MOST_MARKERS} segments between its scans")


def _marker_after(data: Bytes, at: int) -> tuple[int, int]:
    """The next marker from `at` on that is no part of coded data: its offset and second byte."""
    kept = b""
    for chunk in data.stream(at, data.size - at, "the coded data"):
        searched = kept + chunk
        found = _MARKER.search(searched)
        if found:
            return at - len(kept) + found.end() - 2, searched[found.end() - 1]
        at += len(chunk)
        kept = b"\xff" if searched.endswith(b"\xff") else b""
    raise _no_end(data)


def _no_end(data: Bytes) -> Broken:
    return Broken(f"it ends at byte {data.size} without the end-of-image marker: its end is missing")
