"""Which of the formats that are built as a TIFF one is: plain, DNG, or a camera maker's raw."""

from __future__ import annotations

from dataclasses import dataclass

from archive.identifying.metadata.exif import MAKE
from archive.identifying.metadata.ifd import Ifd, Ifds

DNG_VERSION = 50706


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """A format that is built as a TIFF."""

    media_type: str
    raw: bool = True
    """Sensor data with previews around them, not pages."""
    exact: bool = False
    """Whether its uncompressed strips are as long as TIFF 6.0 says."""


TIFF = Kind(media_type="image/tiff", raw=False, exact=True)
DNG = Kind(media_type="image/x-adobe-dng", exact=True)
CR2 = Kind(media_type="image/x-canon-cr2")
_BY_HEAD = (
    (b"IIRO", Kind(media_type="image/x-olympus-orf")),
    (b"IIRS", Kind(media_type="image/x-olympus-orf")),
    (b"MMOR", Kind(media_type="image/x-olympus-orf")),
    (b"IIU\0", Kind(media_type="image/x-panasonic-rw2")),
)
_BY_MAKE = (
    ("nikon", Kind(media_type="image/x-nikon-nef")),
    ("sony", Kind(media_type="image/x-sony-arw")),
    ("pentax", Kind(media_type="image/x-pentax-pef")),
    ("ricoh", Kind(media_type="image/x-pentax-pef")),
    ("samsung", Kind(media_type="image/x-samsung-srw")),
    ("hasselblad", Kind(media_type="image/x-hasselblad-3fr")),
)
_SENSOR = frozenset((32803, 34892))
"""PhotometricInterpretation: colour filter array, linear raw."""
_PHOTOMETRIC, _SUB_IFDS = 262, 330


def kind_of(ifds: Ifds, first: Ifd, below: list[Ifd], head: bytes) -> Kind:
    """What the first 16 bytes and the directories tell."""
    for signature, kind in _BY_HEAD:
        if head.startswith(signature):
            return kind
    if head[8:10] == b"CR":
        return CR2
    if DNG_VERSION in first.tags:
        return DNG
    if any(ifds.number(ifd, _PHOTOMETRIC) in _SENSOR for ifd in (first, *below)):
        make = (ifds.text(first, MAKE) or "").lower()
        return next((kind for name, kind in _BY_MAKE if make.startswith(name)), TIFF)
    return TIFF
