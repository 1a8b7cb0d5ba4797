"""What was written is read back by an independent library and compared, every pixel of every level.

```
pixels ─> XXH3 ─> writer ─> read back ─> XXH3, the same? ─> and then this SHA-256 is theirs
```
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Protocol

import numpy as np
import xxhash
from numpy.typing import NDArray

from archive.collection.interface import ImageArrayWriter
from archive.collection.pyramid import Block, Write
from archive.collection.shapes import Form, Level, Zyx
from holdings.errors import Corrupt


class _Hasher(Protocol):
    def update(self, data: Any, /) -> None: ...

    def hexdigest(self) -> str: ...


By = Callable[[], _Hasher]
SHA256: By = hashlib.sha256
"""What is kept: it has to stand against anybody, for as long as the collection."""
XXH3: By = xxhash.xxh3_128
"""What tells equal from unequal within one build, against nobody: 128 bits, and a tenth of the time."""


class Digests:
    """A hash of each level's pixels, taken as they pass on their way to the writer.

    Over the samples in the order (z, y, x, channels), little-endian: the same whatever the tiles,
    the codec and the form.
    """

    def __init__(self, form: Form, write: Write, *, by: By) -> None:
        self._form, self._write = form, write
        self.by = by
        self._seen = {level.number: by() for level in form.stored}

    def write(self, level: Level, at: Zyx, block: Block) -> None:
        """Take note of a band and pass it on."""
        self._seen[level.number].update(_bytes(block))
        self._write(level, at, block)

    def of(self, level: Level) -> str:
        """Of everything that passed for that level."""
        return self._seen[level.number].hexdigest()

    def all(self) -> dict[int, str]:
        """Of every level, by its number."""
        return {level.number: self.of(level) for level in self._form.stored}


def compare_pixels(form: Form, writer: ImageArrayWriter, digests: Digests) -> dict[int, str]:
    """The SHA-256 of the pixels of every level, which came back as they were written.

    Raises Corrupt where a level did not.
    """
    found = {}
    for level in form.stored:
        seen, kept = digests.by(), SHA256()
        for block in _read_ahead(writer, form, level):
            seen.update(_bytes(block))
            kept.update(_bytes(block))
        if seen.hexdigest() != digests.of(level):
            raise Corrupt(
                f"Level {level.number} does not come back as it was written; the image is not kept.",
                hint="The codec's library or this machine's memory is at fault.",
            )
        found[level.number] = kept.hexdigest()
    return found


def _read_ahead(writer: ImageArrayWriter, form: Form, level: Level) -> Iterator[NDArray[Any]]:
    """A level band by band; the next one is decoded while the last one is hashed."""
    with ThreadPoolExecutor(1, thread_name_prefix="checking") as ahead:
        waiting: Future[NDArray[Any]] | None = None
        for at, size in bands(form, level):
            following = ahead.submit(writer.read, level, at, size)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()


def bands(form: Form, level: Level) -> list[tuple[Zyx, Zyx]]:
    """Boxes of whole tiles in the order of the pixels, each with its first pixel and its size."""
    deep, high, wide = level.size
    if form.is_volume:
        step = level.tile[0]
        return [((z, 0, 0), (min(step, deep - z), high, wide)) for z in range(0, deep, step)]
    step = level.tile[1]
    return [((z, y, 0), (1, min(step, high - y), wide)) for z in range(deep) for y in range(0, high, step)]


def _bytes(block: NDArray[Any]) -> memoryview:
    little = block.astype(block.dtype.newbyteorder("<"), copy=False)
    return np.ascontiguousarray(little).data.cast("B")
