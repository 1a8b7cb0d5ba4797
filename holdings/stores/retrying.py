"""A store that is asked again when it did not answer well.

Only Transient is tried again, and only where asking twice does once what was asked for:

* A put that failed may have arrived, its answer lost. If the second try meets an object, it
  is read back: the same bytes are our own put; others are somebody else's, AlreadyExists.
* A `put_stream` begins anew where its chunks can (`put_and_prove` gives such); an iterator is
  spent and is tried once. AlreadyExists at the second try may be our own first, which arrived:
  `put_and_prove` finds out by reading it back.
* `get` goes on at the byte it had reached, of the same version or not at all.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator

from holdings.errors import AlreadyExists, NotFound, Transient
from holdings.observing import Observer, Retried, nobody
from holdings.stores.interface import Buffer, ObjectInfo, Store, Written
from holdings.stores.wrapper import Answer, Wrapper


class RetryingStore(Wrapper):
    """Waits twice as long each time, and at random up to half less, so that many do not come back at once.

    attempts : tries in all, the first included; bytes or keys that came renew those of a reading.
    give_up_after_seconds : no further try after that much time without progress, so that a
        server that is down is told of soon, whatever its time-outs.
    """

    def __init__(
        self,
        inner: Store,
        *,
        attempts: int = 4,
        first_wait_seconds: float = 0.25,
        longest_wait_seconds: float = 8.0,
        give_up_after_seconds: float = 10.0,
        observer: Observer = nobody,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(inner)
        self._attempts = attempts
        self._first, self._longest = first_wait_seconds, longest_wait_seconds
        self._give_up_after = give_up_after_seconds
        self._observer, self._sleep, self._now, self._chance = observer, sleep, now, chance

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        patience = _Patience(self, verb)
        while True:
            try:
                return super()._ask(verb, key, call)
            except Transient as error:
                patience.wait(error)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        patience = _Patience(self, "list")
        told = b""
        while True:
            try:
                # The order of keys lets a second listing go on where the first broke.
                for info in self._inner.list(prefix):
                    if (key := info.key.encode()) > told:
                        told = key
                        yield info
                        patience.renew()
            except Transient as error:
                patience.wait(error)
            else:
                return

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        version = version or self.head(key).version
        patience = _Patience(self, "get")
        while True:
            try:
                for chunk in self._inner.get(key, start=start, version=version):
                    start += len(chunk)
                    yield chunk
                    patience.renew()
            except Transient as error:
                patience.wait(error)
            else:
                return

    def put(self, key: str, data: Buffer) -> Written:
        patience = _Patience(self, "put")
        doubtful = False
        while True:
            try:
                return self._inner.put(key, data)
            except Transient as error:
                patience.wait(error)
                doubtful = True
            except AlreadyExists:
                if doubtful and (info := self._ours(key, data)):
                    return info
                raise

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
        if isinstance(chunks, Iterator):
            return self._inner.put_stream(key, chunks, size_bytes=size_bytes)
        patience = _Patience(self, "put_stream")
        while True:
            try:
                return self._inner.put_stream(key, patience.during(chunks), size_bytes=size_bytes)
            except Transient as error:
                patience.wait(error)

    def delete(self, key: str, *, version: str) -> None:
        patience = _Patience(self, "delete")
        doubtful = False
        while True:
            try:
                return self._inner.delete(key, version=version)
            except Transient as error:
                patience.wait(error)
                doubtful = True
            except NotFound:
                if doubtful:
                    return None  # the first try arrived, its answer did not
                raise

    def _ours(self, key: str, data: Buffer) -> ObjectInfo | None:
        """What is known of `key` if its bytes are `data`."""
        info = self.head(key)
        if info.size_bytes != len(data):
            return None
        return info if b"".join(self.get(key, version=info.version)) == data else None

    def _again(self, verb: str, attempt: int, began: float, error: Transient) -> None:
        """Wait for the next try, or raise `error` where patience is at its end."""
        if attempt >= self._attempts or self._now() - began >= self._give_up_after:
            raise error
        self._observer(Retried(store=self.name, verb=verb, attempt=attempt, because=error.sentence))
        longest = min(self._longest, self._first * 2 ** (attempt - 1))
        self._sleep(longest * (0.5 + 0.5 * self._chance()))


class _Patience:
    """Counts the tries of one call."""

    def __init__(self, store: RetryingStore, verb: str) -> None:
        self._store, self._verb = store, verb
        self.renew()

    def renew(self) -> None:
        self._attempt, self._began = 1, self._store._now()  # the store's own

    def during(self, chunks: Iterable[Buffer]) -> Iterator[Buffer]:
        """Time counts from the last chunk that was taken; tries count on, or a put could begin for ever."""
        for chunk in chunks:
            self._began = self._store._now()
            yield chunk

    def wait(self, error: Transient) -> None:
        self._store._again(self._verb, self._attempt, self._began, error)
        self._attempt += 1
