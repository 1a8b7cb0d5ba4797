"""Levels by 2, made a band at a time: memory hangs on the width of an image, never on its height.

```
rows of level 0 ──> band of tiles ──> write(0, …)
                          └─ mean of 2 x 2 ──> band of level 1 ──> write(1, …) ──> …
```
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
        self._room: Block | None = None
        """The band that is being filled; a new one each time, since who takes a band may keep it."""
        self._filled = 0
        self._done = 0

    def push(self, block: Block) -> None:
        begin, count = 0, block.shape[self._axis]
        while begin < count:
            taken = min(self._band - self._filled, count - begin)
            part = self._part(block, begin, taken)
            if taken == self._band:
                self._emit(part)  # whole as it came: nothing is copied
            else:
                self._place_for(taken, like=block)[...] = part
                self._emit_if_full()
            begin += taken

    def push_half_of(self, band: Block) -> None:
        """The next rows, from a band of the level above: tiles are even, so half of one always fits here."""
        place = self._place_for(-(-band.shape[self._axis] // 2), like=band)
        halve(band, into=place, depth=self._axis == 0)
        self._emit_if_full()

    def finish(self) -> None:
        if self._room is not None:
            self._emit(self._part(self._room, 0, self._filled))
        if self._below is not None:
            self._below.finish()

    def _place_for(self, count: int, *, like: Block) -> Block:
        if self._room is None:
            _, high, wide = self._level.size
            deep, high = (self._band, high) if self._axis == 0 else (1, self._band)
            self._room = np.empty((deep, high, wide, like.shape[3]), like.dtype)
        self._filled += count
        return self._part(self._room, self._filled - count, count)

    def _part(self, block: Block, begin: int, count: int) -> Block:
        part = slice(begin, begin + count)
        return block[part] if self._axis == 0 else block[:, part]

    def _emit_if_full(self) -> None:
        if self._room is not None and self._filled == self._band:
            self._emit(self._room)

    def _emit(self, band: Block) -> None:
        self._room, self._filled = None, 0
        at = (self._done, 0, 0) if self._axis == 0 else (self._page, self._done, 0)
        self._done += band.shape[self._axis]
        self._write(self._level, at, band)
        if self._below is not None:
            self._below.push_half_of(band)


_WIDER = {"uint8": np.uint16, "uint16": np.uint32, "float32": np.float64}
"""In which eight samples can be added."""
_STRIP_BYTES = 2**19
"""Of sums at once: they stay in the processor's cache, which is a third of the time."""


def halved(block: Block, *, depth: bool) -> Block:
    """The mean of 2 x 2 pixels (x 2 with `depth`), rounded half up; at an odd edge, of those there are."""
    deep, high, wide, channels = block.shape
    shape = (-(-deep // 2) if depth else deep, -(-high // 2), -(-wide // 2), channels)
    halves = np.empty(shape, block.dtype)
    halve(block, into=halves, depth=depth)
    return halves


def halve(block: Block, *, into: Block, depth: bool) -> None:
    """The same, written where it belongs."""
    for z, half in enumerate(into):
        # Where the number is odd the last one counts twice: the mean is then of what there is.
        _halve([block[2 * z], block[min(2 * z + 1, len(block) - 1)]] if depth else [block[z]], half)


def _halve(slices: Sequence[Block], into: Block) -> None:
    """The mean over slices (one, or two) and 2 x 2 pixels, strip by strip."""
    high, wide, channels = into.shape
    even = 2 * wide * channels
    wider = _WIDER[into.dtype.name]
    rows = max(1, _STRIP_BYTES // (even * np.dtype(wider).itemsize))
    sums, pairs = np.zeros((2, rows, even), wider)
    means = np.empty((rows, wide, 2, channels), into.dtype)
    for y in range(0, high, rows):
        strip = sums[: min(rows, high - y)]
        for number, block in enumerate(slices):
            _add_pairs_of_rows(block[2 * y : 2 * (y + rows)], strip, is_first=number == 0)
        if block.shape[1] % 2:
            strip[:, -channels:] = strip[:, -2 * channels : -channels]
        total = pairs[: len(strip)]
        np.add(strip[:, :-channels], strip[:, channels:], out=total[:, :-channels])
        picked = means[: len(strip)]
        picked.reshape(len(strip), -1)[...] = _divided(total, 4 * len(slices))
        # Channel by channel: a loop over samples is half of what one over pixels of several takes.
        for channel in range(channels):
            into[y : y + len(strip), :, channel] = picked[:, :, 0, channel]


def _add_pairs_of_rows(rows: Block, sums: Block, *, is_first: bool) -> None:
    flat = rows.reshape(len(rows), -1)
    upper, lower = flat[0::2], flat[1::2]
    if len(lower) < len(upper):
        lower = np.concatenate([lower, upper[-1:]])
    part = sums[:, : flat.shape[1]]
    np.add(upper if is_first else part, lower if is_first else upper, out=part, dtype=part.dtype)
    if not is_first:
        part += lower


def _divided(total: Block, by: int) -> Block:
    if total.dtype.kind == "f":
        return total / by
    total += by // 2
    total >>= by.bit_length() - 1
    return total
