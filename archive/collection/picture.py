"""An image that was opened: what its header says, and its pixels in bands. Nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from holdings.errors import BadInput

Rows = NDArray[Any]
"""ndarray = (y, x, channels): some rows of one page, full width."""
MAX_WHOLE_BYTES = 640 * 2**20
"""Of pixels in memory for an image that can only be decoded whole: a JPEG of 160 megapixels."""
MAX_SIDE_PX = 2**20
GREY, GREY_ALPHA, RGB, RGBA = ("Y",), ("Y", "A"), ("R", "G", "B"), ("R", "G", "B", "A")
CMYK = ("C", "M", "Y", "K")


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """What is known before a pixel is decoded."""

    height: int
    width: int
    pages: int
    channels: tuple[str, ...]
    dtype: str
    spacing_um: tuple[float, float] | None
    """Of a pixel along y and x; None where nobody said, or said what no scanner does."""
    icc: bytes | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    described: Mapping[str, Any] = field(default_factory=dict)
    """What a TIFF's own and EXIF tags say, by name; other files have them in `exif`, as a block of bytes."""
    notes: tuple[str, ...] = field(default=())
    """What was done to make pixels of it, and what was left out; for people."""


class Picture(Protocol):
    """An open image."""

    @property
    def header(self) -> Header: ...

    def bands(self, page: int, rows: int) -> Iterator[Rows]:
        """The pixels of a page from the top, `rows` at a time, the last band as high as is left.

        May be asked for again. Raises BadInput where something in the middle cannot be decoded.
        """
        ...


def refused(because: str, *, hint: str | None = None) -> BadInput:
    """What an image that cannot be in a collection raises; whoever knows its name puts it before."""
    return BadInput(because, hint=hint)


def check_sides(width: int, height: int) -> None:
    """BadInput where no picture has such sides."""
    if not (0 < width <= MAX_SIDE_PX and 0 < height <= MAX_SIDE_PX):
        raise refused(f"its header says {width} x {height} pixels")


def check_whole(width: int, height: int, sample_bytes: int) -> None:
    """BadInput where decoding the image in one piece would take too much memory.

    sample_bytes : of one pixel while it is decoded.
    """
    check_sides(width, height)
    if width * height * sample_bytes > MAX_WHOLE_BYTES:
        raise refused(
            f"its {width} x {height} pixels take more than {MAX_WHOLE_BYTES // 2**20} MB, "
            "and this kind of file can only be decoded in one piece",
            hint="A TIFF in strips or tiles may have any size.",
        )


_SCREEN_DPI = 96.0
"""Cameras and editors write 72 or 96 where they know nothing; no scanner of specimens works so coarsely."""
_MOST_DPI = 100_000.0
_UM_PER_INCH = 25_400.0


def spacing_of(dpi_y: float, dpi_x: float) -> tuple[float, float] | None:
    """Micrometres of a pixel along y and x; None where the resolution is none that was measured."""
    if not (_SCREEN_DPI < dpi_y <= _MOST_DPI and _SCREEN_DPI < dpi_x <= _MOST_DPI):
        return None
    return round(_UM_PER_INCH / dpi_y, 6), round(_UM_PER_INCH / dpi_x, 6)


def rebanded(parts: Iterable[Rows], rows: int) -> Iterator[Rows]:
    """The same rows, `rows` at a time."""
    waiting: list[Rows] = []
    have = 0
    for part in parts:
        waiting.append(part)
        have += len(part)
        while have >= rows:
            whole = waiting[0] if len(waiting) == 1 else np.concatenate(waiting)
            yield whole[:rows]
            waiting, have = ([whole[rows:]], have - rows) if have > rows else ([], 0)
    if have:
        yield np.concatenate(waiting)


def is_grey(picture: Picture, rows: int) -> bool:
    """Whether all three channels of an RGB image are the same everywhere; ends at the first that is not."""
    return all(
        np.array_equal(band[..., 0], band[..., 1]) and np.array_equal(band[..., 1], band[..., 2])
        for page in range(picture.header.pages)
        for band in picture.bands(page, rows)
    )
