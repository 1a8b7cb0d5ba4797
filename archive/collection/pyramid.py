"""Levels by 2, made a band at a time: memory hangs on the width of an image, never on its height.

```
rows of level 0 ──> band of tiles ──> write(0, …)
                          └─ mean of 2 x 2 ──> band of level 1 ──> write(1, …) ──> …
```
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archive.collection.shapes import Form, Level, Zyx

Block = NDArray[Any]
"""ndarray = (z, y, x, channels): the full width of an image, some rows (or slices) of it."""
Write = Callable[[Level, Zyx, Block], None]
"""Takes a band of whole tiles and where its first pixel is."""


class Pyramid:
    """Takes level 0 in order, from the top, and writes every level in bands of whole tiles.

    An image grows along y, a page at a time; a volume grows along z.
    """

    def __init__(self, form: Form, write: Write) -> None:
        self._form, self._write = form, write
        self._page = 0
        self._stages = self._chain()

    def push(self, block: Block) -> None:
        """The next rows of the page, or the next slices of the volume."""
        self._stages.push(block)

    def end_page(self) -> None:
        """The page is complete (a volume has one)."""
        self._stages.finish()
        self._page += 1
        self._stages = self._chain()

    def _chain(self) -> _Stage:
        stage: _Stage | None = None
        for level in reversed(self._form.levels):
            stage = _Stage(level, self._form.is_volume, self._page, self._write, stage)
        assert stage is not None  # level 0 is always there
        return stage


class _Stage:
    """One level: collects rows until they fill a band."""

    def __init__(self, level: Level, is_volume: bool, page: int, write: Write, below: _Stage | None) -> None:
        self._level, self._page, self._write, self._below = level, page, write, below
        self._axis = 0 if is_volume else 1
        self._band = level.tile[self._axis]
        self._waiting: list[Block] = []
        self._done = 0

    def push(self, block: Block) -> None:
        self._waiting.append(block)
        while sum(part.shape[self._axis] for part in self._waiting) >= self._band:
            whole = self._joined()
            head, rest = np.split(whole, [self._band], axis=self._axis)
            self._waiting = [rest] if rest.shape[self._axis] else []
            self._emit(head)

    def finish(self) -> None:
        if self._waiting:
            rest = self._joined()
            self._waiting = []
            self._emit(rest)
        if self._below is not None:
            self._below.finish()

    def _joined(self) -> Block:
        return self._waiting[0] if len(self._waiting) == 1 else np.concatenate(self._waiting, self._axis)

    def _emit(self, band: Block) -> None:
        at = (self._done, 0, 0) if self._axis == 0 else (self._page, self._done, 0)
        self._done += band.shape[self._axis]
        self._write(self._level, at, band)
        if self._below is not None:
            self._below.push(halved(band, depth=self._axis == 0))


_WIDER = {"uint8": np.uint16, "uint16": np.uint32, "float32": np.float64}
"""In which eight samples can be added."""


def halved(block: Block, *, depth: bool) -> Block:
    """The mean of 2 x 2 pixels (x 2 with `depth`), rounded half up; at an odd edge, of those there are."""
    block = _even(block, depth=depth)
    sums = block[:, 0::2].astype(_WIDER[block.dtype.name])
    sums += block[:, 1::2]
    if depth:
        sums = sums[0::2] + sums[1::2]
    halves = np.empty((*sums.shape[:2], sums.shape[2] // 2, sums.shape[3]), block.dtype)
    for channel in range(block.shape[3]):
        # A channel at a time: numpy's inner loop over three interleaved samples takes twice as long.
        halves[..., channel] = _divided(
            sums[:, :, 0::2, channel] + sums[:, :, 1::2, channel], 8 if depth else 4
        )
    return halves


def _divided(total: Block, by: int) -> Block:
    return total / by if total.dtype.kind == "f" else (total + by // 2) >> (by.bit_length() - 1)


def _even(block: Block, *, depth: bool) -> Block:
    """The last row, column (and slice) twice where their number is odd: the mean is then of what there is."""
    odd = [block.shape[0] % 2 if depth else 0, block.shape[1] % 2, block.shape[2] % 2, 0]
    return np.pad(block, [(0, more) for more in odd], mode="edge") if any(odd) else block
