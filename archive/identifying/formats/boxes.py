"""Boxes: how JP2 (ISO/IEC 15444-1, annex I) and CR3 (ISO/IEC 14496-12) are put together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken

_MOST_BOXES = 10_000


class Box(NamedTuple):
    """One box: its type, where it stands, where its contents begin and where it ends."""

    kind: bytes
    at: int
    start: int
    end: int

    @property
    def name(self) -> str:
        """For sentences."""
        return f"the box {self.kind.decode('latin-1')!r} at byte {self.at}"


def boxes(data: Bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes one after the other from `start` to `end`; they are not looked into.

    Raises Broken where one of them does not end before `end`.
    """
    at = start
    for _ in range(_MOST_BOXES):
        if at == end:
            return
        box = _box(data, at, end)
        if box.end > end:
            raise Broken(f"{_ends(data, end)}, and {box.name} would end at byte {box.end}")
        yield box
        at = box.end
    raise Broken(f"it has more than {_MOST_BOXES} boxes")


def _box(data: Bytes, at: int, end: int) -> Box:
    if at + 8 > end:
        raise Broken(f"{_ends(data, end)}, inside the head of a box at byte {at}")
    length, kind = data.number(at, 4, "a box"), data.at(at + 4, 4, "a box")
    header = 8
    if length == 1:
        length, header = data.number(at + 8, 8, "a box"), 16
    elif length == 0:
        length = end - at  # to the end of what it is in
    if length < header:
        raise Broken(f"the box at byte {at} says that it is {length} bytes long")
    return Box(kind, at, at + header, at + length)


def _ends(data: Bytes, end: int) -> str:
    return f"it ends at byte {end}" if end == data.size else f"the box around ends at byte {end}"
