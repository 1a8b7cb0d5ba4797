"""The model: a store in memory that keeps every promise of the seam in the plainest way.

What another store does differently is a fault of the other store. Everything is lost when
the process ends, so no settings file should name one for anything that matters.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from holdings.clock import Clock, SystemClock
from holdings.errors import AlreadyExists, Conflict, NotFound
from holdings.stores.interface import (
    Buffer,
    ObjectInfo,
    ToldSum,
    check_key,
    check_prefix,
    check_range,
    no_sum,
    nothing_beside,
    too_long,
    too_short,
    wrong_size,
)

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Kept:
    info: ObjectInfo
    data: bytes


class MemoryStore:
    """Objects in a dictionary, behind a lock."""

    def __init__(self, name: str, *, clock: Clock | None = None) -> None:
        self.name = name
        self.url = "memory:"
        self._clock = clock or SystemClock()
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()
        self._versions = count(1)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        check_prefix(prefix)
        with self._lock:
            found = [kept.info for key, kept in self._kept.items() if key.startswith(prefix)]
        yield from sorted(found, key=lambda info: info.key.encode())

    def head(self, key: str) -> ObjectInfo:
        return self._find(key).info

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        check_range(key, start, 0)
        kept = self._find(key)
        if version not in (None, kept.info.version):
            raise Conflict(f"{key} in {self.name} is no longer version {version}.")
        if start > len(kept.data):
            raise too_short(key, len(kept.data), end=start)
        view = memoryview(kept.data)
        for begin in range(start, len(view), CHUNK_BYTES):
            yield view[begin : begin + CHUNK_BYTES]

    def get_whole(self, key: str, *, at_most: int, version: str | None = None) -> tuple[ObjectInfo, Buffer]:
        kept = self._find(key)
        if kept.info.size_bytes > at_most:
            raise too_long(key, kept.info.size_bytes, at_most=at_most)
        return kept.info, b"".join(self.get(key, version=version or kept.info.version))

    def get_range(self, key: str, start: int, length: int) -> bytes:
        check_range(key, start, length)
        data = self._find(key).data
        if start + length > len(data):
            raise too_short(key, len(data), end=start + length)
        return data[start : start + length]

    def put(self, key: str, data: Buffer) -> ObjectInfo:
        info = ObjectInfo(
            key=check_key(key),
            size_bytes=len(data),
            version=str(next(self._versions)),
            modified_at=self._clock.now(),
        )
        with self._lock:
            self._refuse_if_there(key)
            self._kept[key] = _Kept(info, bytes(data))
        return info

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> ObjectInfo:
        self._refuse_if_there(check_key(key))
        data = bytearray()
        for chunk in chunks:
            data += chunk
            if len(data) > size_bytes:
                break
        if len(data) != size_bytes:
            raise wrong_size(key, size_bytes=size_bytes, found=len(data))
        return self.put(key, bytes(data))

    def copy(self, source_key: str, target_key: str, *, source: str | None = None) -> ObjectInfo:
        if source is not None:
            raise nothing_beside(self.name, source)
        return self.put(target_key, self._find(source_key).data)

    def delete(self, key: str, *, version: str) -> None:
        with self._lock:
            if self._find(key).info.version != version:
                raise Conflict(f"{key} in {self.name} is no longer version {version}; it was left alone.")
            del self._kept[key]

    def warm(self, key: str, *, days: int = 7) -> None:  # noqa: ARG002  # memory never sleeps
        self._find(key)

    def is_online(self, key: str) -> bool:
        return bool(self._find(key))

    def told_sum(self, key: str) -> ToldSum:
        return no_sum(self.head(key))

    def close(self) -> None:
        """Nothing to give back; what was put stays while somebody holds the store."""

    def _find(self, key: str) -> _Kept:
        try:
            return self._kept[check_key(key)]
        except KeyError:
            raise NotFound(f"{key} is not in {self.name}.") from None

    def _refuse_if_there(self, key: str) -> None:
        if key in self._kept:
            raise AlreadyExists(f"{key} is already in {self.name}.")
