"""A store that is asked no faster than its owner likes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

from holdings.stores.interface import Buffer, ObjectInfo, Store, Written
from holdings.stores.wrapper import Answer, Wrapper

_KEYS_PER_REQUEST = 1000
"""A page of a listing."""


class Rate:
    """A bucket that fills at `per_second` and holds one second's worth.

    What is taken may exceed what is in it: then the next to come waits until it is paid for.
    """

    def __init__(
        self,
        per_second: float | None,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._per_second = per_second
        self._now, self._sleep = now, sleep
        self._paid_until = float("-inf")
        self._lock = threading.Lock()

    def take(self, amount: float) -> None:
        """Wait until earlier takes are paid for, then take `amount`."""
        if self._per_second is None:
            return
        with self._lock:
            now = self._now()
            begins = max(self._paid_until, now - 1)
            self._paid_until = begins + amount / self._per_second
        if begins > now:
            self._sleep(begins - now)


class ThrottledStore(Wrapper):
    """Holds requests and bytes to a rate, over all threads that use it."""

    def __init__(
        self,
        inner: Store,
        *,
        requests_per_second: float | None = None,
        bytes_per_second: float | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(inner)
        self._requests = Rate(requests_per_second, now=now, sleep=sleep)
        self._bytes = Rate(bytes_per_second, now=now, sleep=sleep)

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        self._requests.take(1)
        return super()._ask(verb, key, call)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        for number, info in enumerate(super().list(prefix), 1):
            if number % _KEYS_PER_REQUEST == 0:
                self._requests.take(1)
            yield info

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        return self._paid(super().get(key, start=start, version=version))

    def get_whole(self, key: str, *, at_most: int, version: str | None = None) -> tuple[ObjectInfo, Buffer]:
        info, data = super().get_whole(key, at_most=at_most, version=version)
        self._bytes.take(len(data))  # known only now: whoever comes next waits for it
        return info, data

    def get_range(self, key: str, start: int, length: int) -> bytes:
        self._bytes.take(length)
        return super().get_range(key, start, length)

    def put(self, key: str, data: Buffer) -> Written:
        self._bytes.take(len(data))
        return super().put(key, data)

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
        return super().put_stream(key, self._paid(chunks), size_bytes=size_bytes)

    def _paid(self, chunks: Iterable[Buffer]) -> Iterator[Buffer]:
        for chunk in chunks:
            self._bytes.take(len(chunk))
            yield chunk
