"""JPEG copies to look at: 2048 and 400 px, as DiSSCo keeps them. Lossy, and marked so in the file itself."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image

from archive.collection.interface import Part
from archive.collection.pyramid import Block
from archive.collection.shapes import Form, Level, Zyx

SIDES_PX = (2048, 400)
"""The longer side of each copy."""
_QUALITY = 85
_COMMENT = b"Lossy access copy; the original is in its bag."
_MODES = {("Y",): "L", ("Y", "A"): "L", ("R", "G", "B"): "RGB", ("R", "G", "B", "A"): "RGB"}
_CMYK = ("C", "M", "Y", "K")


class AccessCopies:
    """Keeps the smallest level that is still large enough, as it passes, and makes the copies of it."""

    def __init__(self, form: Form) -> None:
        self._form = form
        large_enough = [level for level in form.levels if max(level.size[1:]) >= SIDES_PX[0]]
        self._level = large_enough[-1] if large_enough else form.levels[0]
        self._bands: list[Block] = []

    def take(self, level: Level, at: Zyx, block: Block) -> None:
        """Keep what is needed of a band; of several pages, the first."""
        if level.number == self._level.number and at[0] == 0 and not self._form.is_volume:
            self._bands.append(block[0])

    def parts(self, icc: bytes | None) -> Iterator[Part]:
        """The copies, largest first."""
        if not self._bands:
            return
        picture = viewable(np.concatenate(self._bands), self._form.channels)
        for side in SIDES_PX:
            small = picture.copy()
            small.thumbnail((side, side), Image.Resampling.LANCZOS)
            data = _jpeg(small, icc)
            yield Part(key=f".{side}.jpg", size_bytes=len(data), open=lambda data=data: [data])  # type: ignore[misc]  # bound here


def viewable(pixels: Block, channels: tuple[str, ...]) -> Image.Image:
    """Pixels (y, x, channels) of any kind as 8 bits that every viewer shows; not exact, but to look at."""
    if pixels.dtype != np.uint8:
        pixels = (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else _eight_bits(pixels)
    if channels == _CMYK:
        return Image.fromarray(pixels, "CMYK").convert("RGB")
    mode = _MODES[channels]
    plain = pixels[..., 0] if mode == "L" else pixels[..., :3]
    return Image.fromarray(np.ascontiguousarray(plain))


def _eight_bits(pixels: Block) -> Block:
    low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
    return (np.nan_to_num((pixels - low) / ((high - low) or 1.0)) * 255).astype(np.uint8)


def _jpeg(picture: Image.Image, icc: bytes | None) -> bytes:
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=_QUALITY, comment=_COMMENT, **({"icc_profile": icc} if icc else {}))
    return sink.getvalue()
