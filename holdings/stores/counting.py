"""A store that counts what is asked of it: for tests, prices and the tables of a report."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from holdings.stores.interface import Buffer, ObjectInfo, Store, Written
from holdings.stores.wrapper import Answer, Wrapper


class CountingStore(Wrapper):
    """Counts verbs and bytes, over all threads that use it.

    requests : calls by verb; a listing is one, however long.
    bytes_moved : bytes by verb, for get, get_whole, get_range, put and put_stream; those that passed,
        also of a call that failed later.
    """

    def __init__(self, inner: Store) -> None:
        super().__init__(inner)
        self.requests: Counter[str] = Counter()
        self.bytes_moved: Counter[str] = Counter()
        self._lock = threading.Lock()

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        with self._lock:
            self.requests[verb] += 1
        return super()._ask(verb, key, call)

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        return self._counted("get", super().get(key, start=start, version=version))

    def get_whole(self, key: str, *, at_most: int, version: str | None = None) -> tuple[ObjectInfo, Buffer]:
        info, data = super().get_whole(key, at_most=at_most, version=version)
        self._count("get_whole", len(data))
        return info, data

    def get_range(self, key: str, start: int, length: int) -> bytes:
        data = super().get_range(key, start, length)
        self._count("get_range", len(data))
        return data

    def put(self, key: str, data: Buffer) -> Written:
        self._count("put", len(data))
        return super().put(key, data)

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
        return super().put_stream(key, self._counted("put_stream", chunks), size_bytes=size_bytes)

    def _counted(self, verb: str, chunks: Iterable[Buffer]) -> Iterator[Buffer]:
        for chunk in chunks:
            self._count(verb, len(chunk))
            yield chunk

    def _count(self, verb: str, size_bytes: int) -> None:
        with self._lock:
            self.bytes_moved[verb] += size_bytes
