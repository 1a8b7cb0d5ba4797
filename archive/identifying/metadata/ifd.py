"""Image file directories: the tables of TIFF 6.0, BigTIFF and EXIF.

Sources: TIFF revision 6.0 (1992), section 2; BigTIFF (libtiff's specification); EXIF 2.32.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import NamedTuple

from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken

_TYPE_SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_MOST_ENTRIES = 2**19
"""In all tables of a file together: ten thousand pages have half of that."""
_CHARGED_BYTES = 16
"""For each number of a list, however short it is stored: to look at them takes as long."""
_MOST_TEXT_BYTES = 4096


class Tag(NamedTuple):
    """One entry of a directory; its value lies at `offset` and is `size` bytes long."""

    kind: int
    values: int
    offset: int
    size: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Ifd:
    """One directory."""

    offset: int
    size: int
    tags: dict[int, Tag]
    next: int
    """Offset of the next one; 0 ends the chain."""


class Ifds:
    """The directories of one file, read one by one, and never more than an honest file has.

    strict : whether a value that lies outside the file breaks the file. In EXIF, where camera
        makers' pointers are often wrong, such an entry is skipped.
    """

    def __init__(self, data: Bytes, *, order: str, big: bool = False, strict: bool = True) -> None:
        self.data = data
        self.order = order
        self._strict = strict
        self._big = big
        self._entry = struct.Struct(f"{order}HHQ8s" if big else f"{order}HHI4s")
        self._pointer = 8 if big else 4
        self._entries_left = _MOST_ENTRIES

    def lenient(self) -> Ifds:
        """The same file for tables that do not decide whether it is whole."""
        return Ifds(self.data, order=self.order, big=self._big, strict=False)

    def read(self, offset: int) -> Ifd:
        """The directory at `offset`. Raises Broken."""
        what = f"the image directory at byte {offset}"
        counting = 8 if self._big else 2
        count = self._whole(self.data.at(offset, counting, what))
        self._entries_left -= count
        if not count or self._entries_left < 0:
            raise Broken(f"{what} has {'no entries' if not count else 'more entries than an image has'}")
        size = count * self._entry.size
        raw = self.data.at(offset + counting, size + self._pointer, what)
        tags: dict[int, Tag] = {}
        at = offset + counting + (12 if self._big else 8)
        for number, kind, values, inline in self._entry.iter_unpack(raw[:size]):
            tag = self._tag(number, kind, values, inline, at)
            at += self._entry.size
            if tag is not None:
                tags.setdefault(number, tag)
        following = self._whole(raw[size:])
        return Ifd(offset=offset, size=counting + size + self._pointer, tags=tags, next=following)

    def _tag(self, number: int, kind: int, count: int, inline: bytes, at: int) -> Tag | None:
        unit = _TYPE_SIZES.get(kind)
        if unit is None or not count:
            return None  # TIFF 6.0, section 2: readers skip types they do not know
        size = unit * count
        if size <= self._pointer:
            return Tag(kind, count, at, size)
        offset = self._whole(inline)
        if offset + size > self.data.size:
            if self._strict:
                self.data.check_inside(offset, size, f"the value of tag {number}")
            return None
        return Tag(kind, count, offset, size)

    def _whole(self, data: bytes) -> int:
        return int.from_bytes(data, "little" if self.order == "<" else "big")

    def numbers(self, ifd: Ifd, number: int) -> tuple[int, ...]:
        """The whole numbers of a tag; empty where it has none."""
        tag = ifd.tags.get(number)
        if tag is None or tag.kind not in _INTEGERS:
            return ()
        self.data.charge(_CHARGED_BYTES * tag.values)
        raw = self.data.at(tag.offset, tag.size, f"the value of tag {number}")
        return struct.unpack(f"{self.order}{tag.values}{_INTEGERS[tag.kind]}", raw)

    def number(self, ifd: Ifd, number: int, default: int = 0) -> int:
        """The first whole number of a tag."""
        tag = ifd.tags.get(number)
        if tag is None or tag.kind not in _INTEGERS:
            return default
        raw = self.data.at(tag.offset, _TYPE_SIZES[tag.kind], f"the value of tag {number}")
        return int(struct.unpack(f"{self.order}{_INTEGERS[tag.kind]}", raw)[0])

    def ratio(self, ifd: Ifd, number: int) -> float | None:
        """The first unsigned rational of a tag; None where it has none or divides by nothing."""
        tag = ifd.tags.get(number)
        if tag is None or tag.kind != 5:
            return None
        raw = self.data.at(tag.offset, 8, f"the value of tag {number}")
        over, under = struct.unpack(f"{self.order}II", raw)
        return over / under if under else None

    def text(self, ifd: Ifd, number: int) -> str | None:
        """The ASCII text of a tag to its first NUL, without spaces around; None where there is none."""
        tag = ifd.tags.get(number)
        if tag is None or tag.kind not in (2, 7):
            return None
        raw = self.data.at(tag.offset, min(tag.size, _MOST_TEXT_BYTES), f"the value of tag {number}")
        text = raw.partition(b"\0")[0].decode("utf-8", "replace").strip()
        return "".join(letter for letter in text if letter.isprintable()) or None

    def raw(self, ifd: Ifd, number: int, most_bytes: int) -> bytes | None:
        """The bytes of a tag; None where there are none or more than `most_bytes`."""
        tag = ifd.tags.get(number)
        if tag is None or tag.size > most_bytes:
            return None
        return self.data.at(tag.offset, tag.size, f"the value of tag {number}")
