"""What a build will bring, before it starts: a JPEG of 3 MB is 60 MB of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive.collection.options import Options
from holdings.house import House
from holdings.records import EventType, Image

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
    """Of the same, decoded, with all the levels that are kept; three channels of 8 bits supposed."""
    size_bytes: int
    """Of the collection."""
    measured: bool
    """Whether that rests on collections in this catalogue, and not on other people's specimens."""

    @property
    def factor(self) -> float:
        """How many times the originals."""
        return self.size_bytes / self.source_bytes if self.source_bytes else 0.0


def expect(house: House, images: Sequence[Image], options: Options) -> Expected:
    """The sizes of a build with those choices."""
    pixels = sum((image.width_px or 0) * (image.height_px or 0) for image in images)
    kept = _ALL_LEVELS / 4**options.first_level
    per_pixel = _measured(house, options)
    usual = _USUAL[options.codec] * _CHANNELS * kept
    return Expected(
        images=len(images),
        source_bytes=sum(image.size_bytes for image in images),
        pixel_bytes=round(pixels * _CHANNELS * kept),
        size_bytes=round(pixels * (usual if per_pixel is None else per_pixel)),
        measured=per_pixel is not None,
    )


def _measured(house: House, options: Options) -> float | None:
    """Bytes per pixel of the original, over all collections built with those choices."""
    wanted = form_name(options.form, options.layout, options.first_level), options.codec
    events = house.catalogue.events(types=[EventType.PACKAGE_CREATION])
    found = [
        event.detail for event in events if (event.detail.get("form"), event.detail.get("codec")) == wanted
    ]
    pixels = sum(int(detail["pixels"] or 0) for detail in found)
    return sum(int(detail["size_bytes"] or 0) for detail in found) / pixels if pixels else None


def form_name(form: str, layout: str, first_level: int) -> str:
    """How sizes are told apart: `zarr ozx`, `zarr ozx from level 1`, `tiledb`."""
    name = f"{form} {layout}" if form == "zarr" else form
    return f"{name} from level {first_level}" if first_level else name
