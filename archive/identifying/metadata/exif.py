"""EXIF: when, with what and how fine an image was taken (EXIF 2.32, CIPA DC-008)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from archive.identifying.metadata.ifd import Ifd, Ifds
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken

MAKE, MODEL, X_RESOLUTION, RESOLUTION_UNIT, EXIF_IFD = 271, 272, 282, 296, 34665
_TAKEN = ((36867, 36881, 37521), (36868, 36882, 37522))
"""Tags of DateTimeOriginal, then DateTimeDigitized: the time, its offset from UTC, its fraction."""
_TIME = re.compile(r"(\d{4}):(\d\d):(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET = re.compile(r"[+-]\d\d:\d\d")
_CM_PER_INCH = 2.54


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """What embedded metadata tell; None where they do not."""

    captured_at: str | None = None
    camera: str | None = None
    resolution_ppi: float | None = None

    def otherwise(self, other: Described) -> Described:
        """This, and what `other` tells where this says nothing."""
        return Described(
            captured_at=self.captured_at or other.captured_at,
            camera=self.camera or other.camera,
            resolution_ppi=self.resolution_ppi or other.resolution_ppi,
        )


def from_bytes(data: bytes) -> Described:
    """EXIF as it is embedded in JPEG, PNG, WebP and JP2: a TIFF without pixels. Raises Broken."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(data[:4])
    if order is None:
        raise Broken("its EXIF does not begin as a TIFF")
    ifds = Ifds(Bytes.of(data), order=order, strict=False)
    first = int.from_bytes(data[4:8], "little" if order == "<" else "big")
    return from_ifds(ifds, ifds.read(first))


def from_ifds(ifds: Ifds, first: Ifd) -> Described:
    """What the first directory and the EXIF directory that it names tell. Raises Broken."""
    pointer = ifds.number(first, EXIF_IFD)
    return Described(
        captured_at=_captured_at(ifds, ifds.read(pointer)) if pointer else None,
        camera=camera(ifds.text(first, MAKE), ifds.text(first, MODEL)),
        resolution_ppi=resolution(ifds, first),
    )


def resolution(ifds: Ifds, ifd: Ifd) -> float | None:
    """Pixels per inch; None where the unit is not a length."""
    value = ifds.ratio(ifd, X_RESOLUTION)
    unit = ifds.number(ifd, RESOLUTION_UNIT, default=2)
    if not value or unit not in (2, 3):
        return None
    return rounded(value * _CM_PER_INCH if unit == 3 else value)


def rounded(ppi: float) -> float | None:
    """As it was meant: 299.9994 per inch come from 11811 per metre. None for what no camera has."""
    whole = round(ppi)
    ppi = float(whole) if abs(ppi - whole) < 0.02 else round(ppi, 2)
    return ppi if 0 < ppi < 1e6 else None


def camera(make: str | None, model: str | None) -> str | None:
    """Make and model in one, without the make twice."""
    if make and model and model.lower().startswith(make.split()[0].lower()):
        return model
    return " ".join(part for part in (make, model) if part) or None


def _captured_at(ifds: Ifds, exif: Ifd) -> str | None:
    for time, offset, fraction in _TAKEN:
        moment = _moment(ifds.text(exif, time))
        if moment:
            part = ifds.text(exif, fraction)
            zone = ifds.text(exif, offset) or ""
            digits = f".{part}" if part and part.isascii() and part.isdigit() else ""
            return moment + digits[:10] + (zone if _OFFSET.fullmatch(zone) else "")
    return None


def _moment(text: str | None) -> str | None:
    found = _TIME.fullmatch(text or "")
    if not found or not 1 <= int(found[2]) <= 12 or not 1 <= int(found[3]) <= 31:
        return None  # cameras without a clock write zeros or blanks
    return f"{found[1]}-{found[2]}-{found[3]}T{found[4]}:{found[5]}:{found[6]}"
