"""A Zarr store whose keys are ranges of bytes: how zarr-python reads what lies inside other objects."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass

from zarr.abc.store import (
    ByteRequest,
    OffsetByteRequest,
    RangeByteRequest,
    Store,
    SuffixByteRequest,
)
from zarr.core.buffer import Buffer, BufferPrototype


@dataclass(frozen=True, slots=True)
class Extent:
    """Where the bytes of a key are."""

    size_bytes: int
    read: Callable[[int, int], bytes]
    """Takes a first byte and a length, both within the extent."""
    is_at_hand: bool = False
    """Whether that takes no time worth a thread: bytes in memory, or in a file that was written just now."""


class MemberStore(Store):
    """Read-only; each key that is asked for is one call of its extent's `read`."""

    supports_writes = False
    supports_deletes = False
    supports_partial_writes = False
    supports_listing = True

    def __init__(self, extents: Mapping[str, Extent]) -> None:
        super().__init__(read_only=True)
        self._extents = extents

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MemberStore) and other._extents is self._extents

    __hash__ = object.__hash__

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        extent = self._extents.get(key)
        if extent is None:
            return None
        start, end = _bounds(extent.size_bytes, byte_range)
        if extent.is_at_hand:
            data = extent.read(start, end - start)
        else:
            data = await asyncio.to_thread(extent.read, start, end - start)
        return prototype.buffer.from_bytes(data)

    async def get_partial_values(
        self, prototype: BufferPrototype, key_ranges: Iterable[tuple[str, ByteRequest | None]]
    ) -> list[Buffer | None]:
        return list(await asyncio.gather(*(self.get(key, prototype, part) for key, part in key_ranges)))

    async def exists(self, key: str) -> bool:
        return key in self._extents

    async def set(self, key: str, value: Buffer) -> None:
        raise NotImplementedError("what is held is not written to")

    async def delete(self, key: str) -> None:
        raise NotImplementedError("what is held is not written to")

    async def list(self) -> AsyncIterator[str]:
        for key in self._extents:
            yield key

    async def list_prefix(self, prefix: str) -> AsyncIterator[str]:
        for key in self._extents:
            if key.startswith(prefix):
                yield key

    async def list_dir(self, prefix: str) -> AsyncIterator[str]:
        folder = f"{prefix.rstrip('/')}/".lstrip("/")
        for name in {key[len(folder) :].partition("/")[0] for key in self._extents if key.startswith(folder)}:
            yield name


def _bounds(size: int, asked: ByteRequest | None) -> tuple[int, int]:
    if isinstance(asked, RangeByteRequest):
        return asked.start, min(asked.end, size)
    if isinstance(asked, OffsetByteRequest):
        return asked.offset, size
    if isinstance(asked, SuffixByteRequest):
        return max(size - asked.suffix, 0), size
    return 0, size
