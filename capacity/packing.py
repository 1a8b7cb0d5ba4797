"""Objects into bags, one after the other: the next bag is begun when an object does not fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from capacity.laws import Floats


@dataclass(frozen=True, kw_only=True, slots=True)
class Bags:
    """Bags in the order in which they were made: ndarrays = (n_bags,)."""

    made: NDArray[np.int64]
    """The month of each."""
    size_bytes: Floats
    images: NDArray[np.int64]


class Packer:
    """Packs lot after lot; an object that is larger than a bag has one of its own."""

    def __init__(self, bag_bytes: float) -> None:
        self._most = bag_bytes
        self._open_bytes, self._open_images = 0.0, 0
        self._sizes: list[float] = []
        self._images: list[int] = []
        self._made: list[int] = []

    def add(self, sizes: Floats, images: NDArray[np.int64]) -> None:
        """Objects with their bytes and images, in order."""
        if not len(sizes):
            return
        ends, counts = np.cumsum(sizes), np.cumsum(images)
        begin, begin_count, first = -self._open_bytes, -self._open_images, 0
        while True:
            after = int(np.searchsorted(ends, begin + self._most, side="right"))
            if after >= len(ends):
                break
            if after == first and begin == (ends[first - 1] if first else 0.0):
                after += 1  # it fits into no bag
            size = float(ends[after - 1] - begin) if after else self._open_bytes
            number = int(counts[after - 1] - begin_count) if after else self._open_images
            self._shut(size, number)
            begin, begin_count = (ends[after - 1], counts[after - 1]) if after else (0.0, 0)
            first = after
            if first >= len(ends):
                break
        self._open_bytes = float(ends[-1] - begin)
        self._open_images = int(counts[-1] - begin_count)

    def close(self, month: int) -> None:
        """The month is over: the last bag is closed, and all new ones are of this month."""
        if self._open_images:
            self._shut(self._open_bytes, self._open_images)
        self._open_bytes, self._open_images = 0.0, 0
        self._made += [month] * (len(self._sizes) - len(self._made))

    def bags(self) -> Bags:
        """Those of the months that are closed."""
        return Bags(
            made=np.array(self._made, dtype=np.int64),
            size_bytes=np.array(self._sizes),
            images=np.array(self._images, dtype=np.int64),
        )

    def _shut(self, size_bytes: float, images: int) -> None:
        self._sizes.append(size_bytes)
        self._images.append(images)
