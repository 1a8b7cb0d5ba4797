"""TIFF, by strips and tiles: memory hangs on a row of them, whatever the size of the image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from tifffile import PHOTOMETRIC, TiffFile, TiffPage

from archive.collection.picture import (
    CMYK,
    GREY,
    GREY_ALPHA,
    RGB,
    RGBA,
    Header,
    Rows,
    check_sides,
    rebanded,
    refused,
    spacing_of,
)

MEDIA_TYPES = frozenset({"image/tiff"})
MAX_SEGMENT_BYTES = 256 * 2**20
"""Decoded: of a strip or tile, and of a row of tiles."""
_PIECE_ROWS = 256
_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType: a smaller picture of another page; a mask for one."""
_PER_INCH = {2: 1.0, 3: 2.54}
"""ResolutionUnit: inch, centimetre."""
_CHANNELS: Mapping[tuple[int, int], tuple[str, ...]] = {
    (PHOTOMETRIC.MINISBLACK, 1): GREY,
    (PHOTOMETRIC.MINISWHITE, 1): GREY,
    (PHOTOMETRIC.MINISBLACK, 2): GREY_ALPHA,
    (PHOTOMETRIC.RGB, 3): RGB,
    (PHOTOMETRIC.RGB, 4): RGBA,
    (PHOTOMETRIC.PALETTE, 1): RGB,
    (PHOTOMETRIC.SEPARATED, 4): CMYK,
    # Only where its strips are JPEG, whose decoder makes RGB of it.
    (PHOTOMETRIC.YCBCR, 3): RGB,
}
_DESCRIBING = {270, 271, 272, 305, 306, 315, 316, 33432}
"""ImageDescription, Make, Model, Software, DateTime, Artist, HostComputer, Copyright."""
_EXIF = 34665
_MOST_TEXT, _MOST_NUMBERS = 4096, 16
_JPEG = {6, 7}
_NONE = 1


@dataclass(frozen=True, kw_only=True)
class Tiff:
    """An open TIFF: its pages of one size, as planes."""

    header: Header
    _pages: Sequence[TiffPage]
    _file: IO[bytes]

    def bands(self, page: int, rows: int) -> Iterator[Rows]:
        yield from rebanded(_parts(self._pages[page], self._file), rows)


def open_tiff(file: IO[bytes]) -> Tiff:
    """Read the directories. Raises BadInput, or whatever tifffile raises."""
    found = TiffFile(file, name="image.tif")  # the name of a temporary file is a number
    pages = [page for page in found.pages if isinstance(page, TiffPage) or page.keyframe]
    plain = [_as_page(page) for page in pages]
    main = [page for page in plain if not page.subfiletype & (_REDUCED | _MASK)]
    if not main:
        raise refused("it has no page but previews")
    first = main[0]
    planes = [page for page in main if _kind(page) == _kind(first)]
    for page in planes:
        _check(page, file)
    notes = [*_notes(first), *_left_out(len(plain), len(planes))]
    return Tiff(header=_header(first, len(planes), notes), _pages=planes, _file=file)


def _as_page(page: Any) -> TiffPage:
    return page if isinstance(page, TiffPage) else page.aspage()


def _kind(page: TiffPage) -> tuple[object, ...]:
    return page.shape, page.dtype, page.photometric


def _left_out(pages: int, planes: int) -> list[str]:
    left = pages - planes
    return [f"{left} further pages (previews, masks, other sizes) left out"] if left else []


def _header(page: TiffPage, planes: int, notes: list[str]) -> Header:
    key = (page.photometric, page.samplesperpixel)
    spacing = _spacing(page)
    if spacing is None:
        notes = [*notes, "no resolution that was measured"]
    return Header(
        height=page.imagelength,
        width=page.imagewidth,
        pages=planes,
        channels=_CHANNELS[key],
        dtype=_dtype(page).name,
        spacing_um=spacing,
        icc=_bytes_tag(page, 34675),
        xmp=_bytes_tag(page, 700),
        described=dict(_described(page)),
        notes=tuple(notes),
    )


def _described(page: TiffPage) -> Iterator[tuple[str, str | float | list[float]]]:
    """What its tags, and those of its EXIF directory, say of how it was made: by name, as in JSON."""
    own = {tag.name: tag.value for tag in page.tags if tag.code in _DESCRIBING}
    inner = page.tags.valueof(_EXIF)
    for name, value in {**own, **(inner if isinstance(inner, dict) else {})}.items():
        plain = _plain_value(value)
        if plain is not None:
            yield str(name), plain


def _plain_value(value: Any) -> str | float | list[float] | None:
    """None for what is no text and no few numbers: a maker's own block of bytes."""
    if isinstance(value, bytes):
        value = value.strip(b"\0").decode("ascii", errors="ignore")
    if isinstance(value, str):
        return value.strip("\0 ")[:_MOST_TEXT] or None
    if isinstance(value, int | float):
        return value if isfinite(value) else None
    if isinstance(value, tuple | list) and len(value) <= _MOST_NUMBERS:
        numbers = [each for each in value if isinstance(each, int | float) and isfinite(each)]
        return numbers if len(numbers) == len(value) else None
    return None


def _notes(page: TiffPage) -> list[str]:
    notes = []
    if page.photometric == PHOTOMETRIC.PALETTE:
        notes.append("palette, kept as its colours")
    if page.photometric == PHOTOMETRIC.SEPARATED:
        notes.append("four inks (CMYK), kept as they are")
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        notes.append("white is zero in it; kept with black as zero")
    if page.bitspersample == 1:
        notes.append("1 bit a pixel, kept as 0 and 255")
    return notes


def _check(page: TiffPage, file: IO[bytes]) -> None:
    """BadInput where a page is of a kind we do not know, or is not what it says."""
    check_sides(page.imagewidth, page.imagelength)
    key = (page.photometric, page.samplesperpixel)
    if key not in _CHANNELS or (page.photometric == PHOTOMETRIC.YCBCR and page.compression not in _JPEG):
        kind = getattr(page.photometric, "name", page.photometric)
        raise refused(f"its pixels are {kind} of {page.samplesperpixel} samples, which has no place here")
    _dtype(page)
    if (orientation := page.tags.valueof(274, default=1)) != 1:
        raise refused(
            f"its orientation is {orientation}: a TIFF that is read in strips cannot be turned",
            hint="Write it upright (orientation 1) and deposit that beside it.",
        )
    end = file.seek(0, 2)
    places = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    if len(places) != _segments(page):
        raise refused(f"its header promises {_segments(page)} strips or tiles, and it has {len(places)}")
    for number, (offset, size) in enumerate(places):
        if offset <= 0 or size <= 0 or offset + size > end:
            raise refused(f"strip or tile {number} of it is not in the file")
    if page.compression != _NONE or page.is_tiled:
        _check_memory(page)


def _dtype(page: TiffPage) -> np.dtype[Any]:
    """Of the samples as we keep them."""
    kinds = {(1, 1): "uint8", (1, 8): "uint8", (1, 16): "uint16", (3, 32): "float32"}
    bits = page.bitspersample if isinstance(page.bitspersample, int) else max(page.bitspersample)
    if page.photometric == PHOTOMETRIC.PALETTE and bits <= 8:
        return np.dtype(np.uint8)
    try:
        return np.dtype(kinds[int(page.sampleformat), bits])
    except KeyError:
        raise refused(f"its samples have {bits} bits of format {page.sampleformat}") from None


def _segment_rows(page: TiffPage) -> int:
    return int(page.tilelength if page.is_tiled else min(page.rowsperstrip, page.imagelength))


def _across(page: TiffPage) -> int:
    return ceil(page.imagewidth / page.tilewidth) if page.is_tiled else 1


def _planes(page: TiffPage) -> int:
    """Separate planes of samples: planar configuration 2."""
    return int(page.samplesperpixel) if page.planarconfig == 2 else 1


def _segments(page: TiffPage) -> int:
    return _planes(page) * _across(page) * ceil(page.imagelength / _segment_rows(page))


def _check_memory(page: TiffPage) -> None:
    width = page.tilewidth * _across(page) if page.is_tiled else page.imagewidth
    size = width * _segment_rows(page) * page.samplesperpixel * _dtype(page).itemsize
    if size > MAX_SEGMENT_BYTES:
        raise refused(
            f"one row of its strips or tiles is {size // 2**20} MB of pixels; "
            f"{MAX_SEGMENT_BYTES // 2**20} MB are taken at once",
            hint="Write it again with smaller strips or tiles, and deposit that beside it.",
        )


def _parts(page: TiffPage, file: IO[bytes]) -> Iterator[Rows]:
    """The rows of a page from the top, as they come."""
    if (
        page.compression == _NONE
        and not page.is_tiled
        and _planes(page) == 1
        and page.bitspersample in (8, 16, 32)
    ):
        parts = _plain_rows(page, file)
    else:
        parts = _decoded_rows(page, file)
    yield from (_as_samples(page, part) for part in parts)


def _plain_rows(page: TiffPage, file: IO[bytes]) -> Iterator[Rows]:
    """Uncompressed strips may be as large as the image: some rows of them at a time."""
    dtype = np.dtype(page.dtype).newbyteorder(page.parent.byteorder)
    row_bytes = page.imagewidth * page.samplesperpixel * dtype.itemsize
    left = page.imagelength
    for offset, size in zip(page.dataoffsets, page.databytecounts, strict=True):
        high = min(_segment_rows(page), left)
        left -= high
        if size < high * row_bytes:
            raise refused(f"a strip has {size} bytes where {high} rows take {high * row_bytes}")
        for y in range(0, high, _PIECE_ROWS):
            count = min(_PIECE_ROWS, high - y)
            file.seek(offset + y * row_bytes)
            rows = np.frombuffer(file.read(count * row_bytes), dtype)
            yield rows.reshape(count, page.imagewidth, page.samplesperpixel).astype(
                dtype.newbyteorder("="), copy=False
            )


def _decoded_rows(page: TiffPage, file: IO[bytes]) -> Iterator[Rows]:
    high, across, planes = _segment_rows(page), _across(page), _planes(page)
    down = ceil(page.imagelength / high)
    for row in range(down):
        rows = min(high, page.imagelength - row * high)
        band = np.empty((rows, page.imagewidth, page.samplesperpixel), page.dtype)
        for plane in range(planes):
            for column in range(across):
                number = (plane * down + row) * across + column
                _place(band, _segment(page, file, number), plane, column, planes)
        yield band


def _place(band: Rows, segment: NDArray[Any], plane: int, column: int, planes: int) -> None:
    """A decoded strip or tile, cut to the image, where it belongs."""
    x = column * segment.shape[1]
    part = segment[: len(band), : band.shape[1] - x]
    if part.shape[:2] != (len(band), min(segment.shape[1], band.shape[1] - x)):
        raise refused("a strip or tile is smaller than the header says")
    samples = slice(plane, plane + 1) if planes > 1 else slice(None)
    band[:, x : x + part.shape[1], samples] = part


def _segment(page: TiffPage, file: IO[bytes], number: int) -> NDArray[Any]:
    """A strip or tile as (y, x, samples)."""
    file.seek(page.dataoffsets[number])
    data = file.read(page.databytecounts[number])
    try:
        decoded, _, _ = page.decode(data, number, jpegtables=page.jpegtables, _fullsize=page.is_tiled)
    except Exception as error:  # a decoder may raise anything at all on broken bytes
        raise refused(f"strip or tile {number} of it cannot be decoded ({str(error)[:200]})") from None
    if decoded is None:
        raise refused(f"strip or tile {number} of it is empty")
    segment: Rows = np.asarray(decoded)[0]
    return segment


def _as_samples(page: TiffPage, rows: Rows) -> Rows:
    """The samples as they are kept: palettes looked up, bits spread out, black as zero."""
    if page.photometric == PHOTOMETRIC.PALETTE:
        colours = np.asarray(page.colormap)
        found: Rows = (colours[:, rows[..., 0]] >> 8).astype(np.uint8).transpose(1, 2, 0)
        return np.ascontiguousarray(found)
    if page.bitspersample == 1:
        rows = rows.astype(np.uint8) * 255
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        rows = np.subtract(np.iinfo(rows.dtype).max, rows, dtype=rows.dtype)
    return np.asarray(rows)


def _spacing(page: TiffPage) -> tuple[float, float] | None:
    per_inch = _PER_INCH.get(int(page.tags.valueof(296, default=2)))
    dpi = [_ratio(page.tags.valueof(tag)) for tag in (283, 282)]
    if per_inch is None or None in dpi:
        return None
    y, x = (float(value or 0) * per_inch for value in dpi)
    return spacing_of(y, x)


def _ratio(value: Any) -> float | None:
    try:
        return float(value[0]) / float(value[1])
    except (TypeError, IndexError, ZeroDivisionError, ValueError):
        return None


def _bytes_tag(page: TiffPage, tag: int) -> bytes | None:
    value = page.tags.valueof(tag)
    return value if isinstance(value, bytes) and value else None
