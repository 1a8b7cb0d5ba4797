"""Large arrays on disk, of which memory holds the part that is looked at."""

from __future__ import annotations

import math
import mmap
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakSet

import numpy as np
from numpy.typing import NDArray

from holdings.errors import BadInput

Numbers = NDArray[np.floating]
_MAPPED: WeakSet[mmap.mmap] = WeakSet()
"""The files of arrays on disk."""


def room(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Zeros whose memory the system has back as soon as they are dropped; an allocator would keep it."""
    return np.ndarray(shape, dtype=np.float64, buffer=mmap.mmap(-1, 8 * max(1, math.prod(shape))))


def on_disk(shape: tuple[int, ...], kind: np.dtype[np.floating], *, folder: Path | None) -> Numbers:
    """An array in a file without a name, which is gone with the array, even where the process is killed.

    folder : where the file takes its room; None is the system's folder for such files.
    """
    size = math.prod(shape) * kind.itemsize
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            if hasattr(os, "posix_fallocate"):
                # All of its room at once: a disk that fills up later would end the process without a word.
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
            mapped = mmap.mmap(file.fileno(), size)
    except OSError as error:
        raise BadInput(
            f"The draws cannot be laid down in {folder or tempfile.gettempdir()}: {error.strerror}.",
            hint="Name a folder with room for them in TMPDIR, or with -o.",
        ) from None
    _MAPPED.add(mapped)
    return np.ndarray(shape, dtype=kind, buffer=mapped)


def let_go(values: NDArray[Any]) -> None:
    """Give back the memory of an array on disk; what it holds is read again when it is asked for."""
    base: object = values
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap.mmap) and base in _MAPPED and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


def rows(values: Numbers) -> Iterator[Numbers]:
    """Along the first axis; of an array on disk, memory holds one row at a time."""
    for row in values:
        yield row
        let_go(values)
