"""What every wrapper has in common: it is a store, and hands each verb to the one inside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from holdings.stores.interface import Buffer, ObjectInfo, Store, ToldSum, Written

Answer = TypeVar("Answer")


class Wrapper:
    """Passes everything on, unchanged; wrappers override what they are for.

    Every verb goes through `_ask`, so that what concerns all verbs is said once.
    """

    def __init__(self, inner: Store) -> None:
        self._inner = inner
        self.name = inner.name
        self.url = inner.url

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:  # noqa: ARG002  # for wrappers
        return call()

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        yield from self._ask("list", prefix, lambda: self._inner.list(prefix))

    def head(self, key: str) -> ObjectInfo:
        return self._ask("head", key, lambda: self._inner.head(key))

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        yield from self._ask("get", key, lambda: self._inner.get(key, start=start, version=version))

    def get_whole(self, key: str, *, at_most: int, version: str | None = None) -> tuple[ObjectInfo, Buffer]:
        return self._ask(
            "get_whole", key, lambda: self._inner.get_whole(key, at_most=at_most, version=version)
        )

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return self._ask("get_range", key, lambda: self._inner.get_range(key, start, length))

    def put(self, key: str, data: Buffer) -> Written:
        return self._ask("put", key, lambda: self._inner.put(key, data))

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
        return self._ask(
            "put_stream", key, lambda: self._inner.put_stream(key, chunks, size_bytes=size_bytes)
        )

    def copy(self, source_key: str, target_key: str, *, source: str | None = None) -> Written:
        return self._ask("copy", target_key, lambda: self._inner.copy(source_key, target_key, source=source))

    def delete(self, key: str, *, version: str) -> None:
        self._ask("delete", key, lambda: self._inner.delete(key, version=version))

    def warm(self, key: str, *, days: int = 7) -> None:
        self._ask("warm", key, lambda: self._inner.warm(key, days=days))

    def is_online(self, key: str) -> bool:
        return self._ask("is_online", key, lambda: self._inner.is_online(key))

    def told_sum(self, key: str) -> ToldSum:
        return self._ask("told_sum", key, lambda: self._inner.told_sum(key))

    def close(self) -> None:
        self._inner.close()
