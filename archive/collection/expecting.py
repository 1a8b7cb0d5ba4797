"""What a build will bring, before it starts: a JPEG of 3 MB is 60 MB of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive.collection.options import Options
from archive.collection.sizes import form_name, recorded_sizes
from holdings.house import House
from holdings.records import Image

_CHANNELS = 3
_ALL_LEVELS = 4 / 3
"""Each level is a quarter of the one above it."""
_USUAL = {"zstd": 0.28, "jpegxl": 0.16, "jpegxl-lossy": 0.02}
"""Encoded bytes per byte of pixels, on real specimen photographs; measured in archive/README.md."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What a build reads and writes, about."""

    images: int
    source_bytes: int
    """Of the originals in their bags."""
    pixel_bytes: int
    """Of the same, decoded, with all the levels that are kept."""
    size_bytes: int
    """Of the collection."""
    measured: bool
    """Whether that rests on what was built of this collection, and not on other people's specimens."""

    @property
    def factor(self) -> float:
        """How many times the originals."""
        return self.size_bytes / self.source_bytes if self.source_bytes else 0.0


def expect(house: House, collection: str, images: Sequence[Image], options: Options) -> Expected:
    """The sizes of a build of that collection with those choices."""
    pixels = sum(_pixels(image) for image in images)
    kept = _ALL_LEVELS / 4**options.first_level
    pixel_bytes = sum(_pixels(image) * _pixel_bytes(image) for image in images) * kept
    per_pixel = _measured(house, collection, options)
    size_bytes = pixel_bytes * _USUAL[options.codec] if per_pixel is None else pixels * per_pixel
    return Expected(
        images=len(images),
        source_bytes=sum(image.size_bytes for image in images),
        pixel_bytes=round(pixel_bytes),
        size_bytes=round(size_bytes),
        measured=per_pixel is not None,
    )


def _pixels(image: Image) -> int:
    return (image.width_px or 0) * (image.height_px or 0) * (image.pages or 1)


def _pixel_bytes(image: Image) -> int:
    """Of one pixel, decoded; of what the deposit did not learn, three channels of 8 bits are supposed."""
    channels = 1 if "grey" in (image.colour_space or "") else _CHANNELS
    return channels * -(-(image.bits_per_sample or 8) // 8)


def _measured(house: House, collection: str, options: Options) -> float | None:
    """Bytes per pixel of the original, over what was built of that collection with those choices.

    Of others it says little: drawers of insects took 1.8 times what herbarium sheets did.
    """
    wanted = form_name(options.form, options.layout, options.first_level), options.codec
    found = [size for size in recorded_sizes(house, collection) if (size.form, size.codec) == wanted]
    pixels = sum(size.pixels for size in found)
    return sum(size.size_bytes for size in found) / pixels if pixels else None
