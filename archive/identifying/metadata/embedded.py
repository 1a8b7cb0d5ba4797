"""Embedded metadata put together: what they tell, and a note where they cannot be understood."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from archive.identifying.metadata import exif, icc, xmp
from archive.identifying.metadata.exif import Described
from archive.identifying.structure import Broken

_T = TypeVar("_T")


@dataclass(kw_only=True, slots=True)
class Embedded:
    """What was found while a file was walked through."""

    exif: Described = field(default_factory=Described)
    xmp: Described = field(default_factory=Described)
    icc_profile: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def described(self) -> Described:
        """EXIF first: it is what the camera wrote; editors write XMP."""
        return self.exif.otherwise(self.xmp)

    def add_exif(self, data: bytes) -> None:
        self.exif = self._understood(exif.from_bytes, data) or self.exif

    def add_xmp(self, data: bytes) -> None:
        if len(data) > xmp.MOST_BYTES:
            self.notes.append(f"its XMP has {len(data)} bytes and was not looked into")
        else:
            self.xmp = self._understood(xmp.from_bytes, data) or self.xmp

    def add_icc(self, data: bytes) -> None:
        self.icc_profile = self._understood(icc.description, data)

    def _understood(self, read: Callable[[bytes], _T], data: bytes) -> _T | None:
        try:
            return read(data)
        except Broken as broken:
            self.notes.append(str(broken))
            return None


def unpacked(data: bytes, most_bytes: int) -> bytes | None:
    """Deflated metadata; None where they are damaged or would be more than `most_bytes`."""
    machine = zlib.decompressobj()
    try:
        whole = machine.decompress(data, most_bytes)
    except zlib.error:
        return None
    return whole if machine.eof else None
