"""A stretch of something that can be read anywhere, as a file that can be sought in."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, cast

from holdings.errors import HoldfastError


class _Ranged(io.RawIOBase):
    def __init__(self, at: Callable[[int, int], bytes], size_bytes: int) -> None:
        self._at = at
        self._size = size_bytes
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        position = offset + (0, self._position, self._size)[whence]
        if position < 0:
            raise OSError("there is nothing before the beginning")
        self._position = position
        return position

    def tell(self) -> int:
        return self._position

    def readinto(self, target: memoryview, /) -> int:  # type: ignore[override]  # io calls it so
        length = max(0, min(len(target), self._size - self._position))
        if not length:
            return 0
        try:
            data = self._at(self._position, length)
        except HoldfastError as error:
            raise OSError(error.sentence) from error
        target[: len(data)] = data
        self._position += len(data)
        return len(data)


def ranged(at: Callable[[int, int], bytes], *, size_bytes: int, buffer_bytes: int) -> BinaryIO:
    """A seekable file of `size_bytes`.

    at : offset and length to bytes, fewer only at the end; whatever it raises becomes OSError.
    buffer_bytes : what is fetched at once.
    """
    return cast("BinaryIO", io.BufferedReader(_Ranged(at, size_bytes), buffer_bytes))
