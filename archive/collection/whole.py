"""Images that are decoded in one piece: JPEG, PNG, WebP and JPEG 2000."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import IO, Any

import imagecodecs
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, ImageOps, Jpeg2KImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

from archive.collection.picture import (
    CMYK,
    GREY,
    GREY_ALPHA,
    RGB,
    RGBA,
    Header,
    Rows,
    check_whole,
    refused,
    spacing_of,
)
from archive.collection.png import check_png

_PARSERS: Mapping[str, Callable[[IO[bytes]], Image.Image]] = {
    # Called themselves, not through Image.open: that one refuses honest sheets as bombs.
    "image/jpeg": JpegImagePlugin.JpegImageFile,
    "image/png": PngImagePlugin.PngImageFile,
    "image/webp": WebPImagePlugin.WebPImageFile,
    "image/jp2": Jpeg2KImagePlugin.Jpeg2KImageFile,
    "image/j2c": Jpeg2KImagePlugin.Jpeg2KImageFile,
}
MEDIA_TYPES = frozenset(_PARSERS)
_CHANNELS = {"L": GREY, "LA": GREY_ALPHA, "RGB": RGB, "RGBA": RGBA, "CMYK": CMYK, "I;16": GREY}
_BY_COUNT = {1: GREY, 2: GREY_ALPHA, 3: RGB, 4: RGBA}
_ORIENTATION = 0x0112
_TURNED = {
    2: "mirrored",
    3: "turned by 180 degrees",
    4: "flipped",
    5: "transposed",
    6: "turned by 90 degrees",
    7: "transposed the other way",
    8: "turned by 270 degrees",
}
"""What EXIF's orientation (JEITA CP-3451, tag 274) asks a viewer to do."""
_SWAPPING = (5, 6, 7, 8)
_TURNS: Mapping[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels.swapaxes(0, 1)[::-1, ::-1],
    8: np.rot90,
}
"""Views: nothing is copied but the rows that are asked for."""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """A decoded image."""

    header: Header
    _cut: Callable[[int, int], NDArray[Any]]
    """Rows from, up to; with or without an axis of channels."""

    def bands(self, page: int, rows: int) -> Iterator[Rows]:
        assert page == 0  # these formats have one
        height, width, channels = self.header.height, self.header.width, len(self.header.channels)
        for y in range(0, height, rows):
            below = min(y + rows, height)
            yield self._cut(y, below).reshape(below - y, width, channels)


def open_whole(file: IO[bytes], media_type: str) -> Whole:
    """Decode the image. Raises BadInput, or whatever its decoder raises."""
    parsed = _PARSERS[media_type](file)
    check_whole(*parsed.size, 4)
    if media_type == "image/png":
        check_png(file)
    if _is_deep(file, media_type):
        check_whole(*parsed.size, 8)
        return _deep(file, media_type, parsed)
    if media_type == "image/jpeg":
        return _jpeg(file, parsed)
    return _shallow(parsed)


_FILLED = ("Corrupt JPEG data", "Premature end")
"""In what libjpeg says when pixels are its own."""


def _jpeg(file: IO[bytes], parsed: Image.Image) -> Whole:
    """Strict: libjpeg fills what it misses with grey and only warns, and Pillow does not listen."""
    colours = {"L": "GRAY", "RGB": "RGB", "CMYK": "CMYK"}.get(parsed.mode)
    if colours is None:
        raise refused(f"its pixels are of the kind {parsed.mode}, which has no place among the channels")
    file.seek(0)
    data = file.read()
    notes = []
    try:
        pixels = simplejpeg.decode_jpeg(data, colorspace=colours, strict=True)
    except ValueError as error:
        if any(word in str(error) for word in _FILLED):
            raise
        notes.append(f"its decoder warned: {str(error)[:200]}")
        pixels = simplejpeg.decode_jpeg(data, colorspace=colours, strict=False)
    if colours == "CMYK":
        shown = _shallow(parsed)  # whether inks are stored the other way round is Pillow's to know
        return replace(shown, header=replace(shown.header, notes=(*shown.header.notes, *notes)))
    orientation = parsed.getexif().get(_ORIENTATION, 1)
    if orientation in _TURNED:
        notes.append(_turned(orientation))
        pixels = _TURNS[orientation](pixels)
    size = (pixels.shape[1], pixels.shape[0])
    header = _header(parsed, size, _CHANNELS[parsed.mode], "uint8", notes)
    return Whole(
        header=_swapped(header) if orientation in _SWAPPING else header,
        _cut=lambda y, below: pixels[y:below],
    )


def _turned(orientation: int) -> str:
    return f"{_TURNED[orientation]}, as its EXIF orientation {orientation} asks"


def _is_deep(file: IO[bytes], media_type: str) -> bool:
    """Whether Pillow would cut the samples down to 8 bits."""
    if media_type == "image/png":
        file.seek(24)  # PNG 11.2.2: the bit depth of IHDR, always the first chunk
        return file.read(1) == b"\x10"
    return media_type in ("image/jp2", "image/j2c")


def _shallow(parsed: Image.Image) -> Whole:
    notes = []
    parsed.load()
    picture, note = _plain(parsed)
    notes += [note] if note else []
    orientation = parsed.getexif().get(_ORIENTATION, 1)
    if orientation in _TURNED:
        picture = ImageOps.exif_transpose(picture)
        notes.append(_turned(orientation))
    header = _header(parsed, picture.size, _CHANNELS[picture.mode], "uint8", notes)
    return Whole(
        header=_swapped(header) if orientation in _SWAPPING else header,
        _cut=lambda y, below: np.asarray(picture.crop((0, y, picture.width, below))),
    )


def _plain(parsed: Image.Image) -> tuple[Image.Image, str | None]:
    """The image in a mode that is nothing but samples, and what was done for that."""
    if parsed.mode == "1":
        return parsed.convert("L"), "1 bit a pixel, kept as 0 and 255"
    if parsed.mode in ("P", "PA") or "transparency" in parsed.info:
        mode = "RGBA" if parsed.mode == "PA" or "transparency" in parsed.info else "RGB"
        said = "palette, kept as its colours" if parsed.mode.startswith("P") else "a transparent colour"
        return parsed.convert(mode), said if parsed.mode.startswith("P") else f"{said}, kept as alpha"
    if parsed.mode not in _CHANNELS:
        raise refused(f"its pixels are of the kind {parsed.mode}, which has no place among the channels")
    return parsed, "four inks (CMYK), kept as they are" if parsed.mode == "CMYK" else None


def _deep(file: IO[bytes], media_type: str, parsed: Image.Image) -> Whole:
    """By imagecodecs, which keeps 16 bits."""
    file.seek(0)
    decode = imagecodecs.png_decode if media_type == "image/png" else imagecodecs.jpeg2k_decode
    pixels = np.asarray(decode(file.read()))
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
    if pixels.shape[:2] != parsed.size[::-1] or channels not in _BY_COUNT or pixels.ndim > 3:
        raise refused(f"its header says {parsed.size[0]} x {parsed.size[1]}, its pixels are {pixels.shape}")
    if pixels.dtype.name not in ("uint8", "uint16"):
        raise refused(f"its samples are of the kind {pixels.dtype.name}")
    return Whole(
        header=_header(parsed, parsed.size, _BY_COUNT[channels], pixels.dtype.name, []),
        _cut=lambda y, below: pixels[y:below],
    )


def _header(
    parsed: Image.Image, size: tuple[int, int], channels: tuple[str, ...], dtype: str, notes: list[str]
) -> Header:
    info = parsed.info
    spacing = _spacing(info.get("dpi"))
    if spacing is None:
        notes = [*notes, "no resolution that was measured"]
    return Header(
        height=size[1],
        width=size[0],
        pages=1,
        channels=channels,
        dtype=dtype,
        spacing_um=spacing,
        icc=_some_bytes(info.get("icc_profile")),
        exif=_some_bytes(info.get("exif")),
        xmp=_some_bytes(info.get("xmp")),
        notes=tuple(notes),
    )


def _spacing(dpi: Any) -> tuple[float, float] | None:
    try:
        x, y = (float(value) for value in dpi)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return spacing_of(y, x)


def _swapped(header: Header) -> Header:
    spacing = header.spacing_um
    return replace(header, spacing_um=spacing and (spacing[1], spacing[0]))


def _some_bytes(value: object) -> bytes | None:
    return value if isinstance(value, bytes) and value else None
