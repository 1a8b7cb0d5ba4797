"""Who copies: so many objects at a time, over all packages, with reading back behind the next copy.

```
copying       a  b  c  d           so many at a time
reading back     a  b  c  d        as many again, behind them
```
A small object keeps neither line nor disk busy, only waiting: four of them take the place of one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from types import TracebackType
from typing import Self, TypeVar

_AHEAD = 256
"""Objects of one package that are handed out ahead."""
_SMALL_BYTES, _LARGE_BYTES = 1 << 20, 8 << 20
SMALL_AT_ONCE = 4
"""Of two servers and the copying itself on 2 cores each object took a quarter less time than one by one."""
Answer = TypeVar("Answer")


class Places:
    """Room for so many objects at a time, for four times as many small ones, or for three large ones of four.

    Four of 16 MB are no quicker than three, and took a little more than 300 MB.
    """

    def __init__(self, objects: int) -> None:
        self._places = objects * SMALL_AT_ONCE
        self._free = threading.BoundedSemaphore(self._places)
        self._turn = threading.Lock()

    @contextmanager
    def taken(self, size_bytes: int) -> Iterator[None]:
        """Inside, the room for an object of that size is taken."""
        wanted = 1 if size_bytes <= _SMALL_BYTES else SMALL_AT_ONCE
        if size_bytes > _LARGE_BYTES:
            wanted = min(wanted + 1, self._places)
        with self._turn:  # or small ones would slip past a large one that waits, for ever
            for _ in range(wanted):
                self._free.acquire()
        try:
            yield
        finally:
            self._free.release(wanted)


class Hands:
    """Threads that copy objects, and as many again that read back meanwhile; shared by all packages.

    Copying keeps both servers writing and reading; reading back asks little of the network to
    the source. So twice as many threads are at work as may copy at a time.
    """

    def __init__(self, at_a_time: int) -> None:
        self.copying = Places(at_a_time)
        self.reading_back = Places(at_a_time)
        self.threads = 2 * at_a_time * SMALL_AT_ONCE
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="object")

    def each(self, calls: Iterable[Callable[[], Answer]]) -> Iterator[Answer]:
        """What each of `calls` answers, in order; some of them ahead. After an error no more is begun."""
        waiting = iter(calls)
        ahead: list[Future[Answer]] = []
        try:
            while True:
                ahead += [self._pool.submit(call) for call in islice(waiting, _AHEAD - len(ahead))]
                if not ahead:
                    return
                yield ahead.pop(0).result()
        finally:
            for future in ahead:
                future.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)
