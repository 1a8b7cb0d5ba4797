"""How much memory and time the decoding of an image may take, from what its header declares."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from threading import Condition
from typing import Self

from archive.identifying.interface import FoundImage

_BASE_BYTES = 128 * 1024 * 1024
_LEAST_TIFF_BYTES = 512 * 1024 * 1024
"""Pages of a TIFF may be larger than the one that is described."""
_BYTES_PER_PIXEL = {"image/jpeg": 4, "image/png": 8, "image/webp": 16, "image/gif": 12, "image/bmp": 8}
"""What decoders need, rounded up; Pillow keeps RGB in four bytes."""
_BYTES_PER_SAMPLE_OF_JPEG_2000 = 8
_BYTES_PER_COEFFICIENT = 2
"""Of a progressive JPEG: all of them are kept until the last scan."""
_BASE_SECONDS = 20.0
_SECONDS_PER_MEGAPIXEL = 2.0
"""Six times what JPEG 2000, the slowest, takes."""
_WAITING = 5.0
"""How much longer than its CPU time a decoding may last on a busy machine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one decoding may take."""

    memory_bytes: int
    cpu_seconds: float
    seconds: float
    """By the clock: for one that waits and computes nothing."""


def limits_for(image: FoundImage) -> Limits:
    """Enough for an honest image of the declared size, and not for more."""
    is_ = image.characteristics
    pixels = (is_.width_px or 0) * (is_.height_px or 0)
    samples, bits = is_.samples_per_pixel or 4, is_.bits_per_sample or 8
    media_type = image.format.media_type
    compression = is_.compression or ""
    raw = samples * -(-bits // 8)
    if media_type in ("image/jp2", "image/j2c"):
        per_pixel = _BYTES_PER_SAMPLE_OF_JPEG_2000 * samples + 4
    elif media_type in _BYTES_PER_PIXEL:
        per_pixel = max(_BYTES_PER_PIXEL[media_type], 2 * raw if bits > 8 else 0)
    else:
        per_pixel = 4 * raw
    if "progressive" in compression:
        per_pixel += _BYTES_PER_COEFFICIENT * samples
    memory = _BASE_BYTES + pixels * per_pixel + min(image.file.size_bytes, 2**31)
    is_tiff = media_type in ("image/tiff", "image/x-adobe-dng")
    megapixels = pixels / 1e6 * max(1, is_.pages or 1)
    cpu_seconds = math.ceil(_BASE_SECONDS + _SECONDS_PER_MEGAPIXEL * megapixels)
    return Limits(
        memory_bytes=max(memory, _LEAST_TIFF_BYTES) if is_tiff else memory,
        cpu_seconds=cpu_seconds,
        seconds=_WAITING * cpu_seconds,
    )


class Budget:
    """Memory that all decoders together may take: a large image waits until there is room for it."""

    def __init__(self, most_bytes: int | None = None) -> None:
        self.most_bytes = most_bytes or _half_of_this_machine()
        self._left = self.most_bytes
        self._changed = Condition()

    def taking(self, size: int) -> _Taken:
        """A context in which `size` bytes are taken, which must not be more than there are at all."""
        return _Taken(self, size)

    def take(self, size: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._left >= size)
            self._left -= size

    def give_back(self, size: int) -> None:
        with self._changed:
            self._left += size
            self._changed.notify_all()


class _Taken:
    def __init__(self, budget: Budget, size: int) -> None:
        self._budget, self._size = budget, size

    def __enter__(self) -> Self:
        self._budget.take(self._size)
        return self

    def __exit__(self, *_: object) -> None:
        self._budget.give_back(self._size)


def _half_of_this_machine() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
