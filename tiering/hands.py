"""Who copies: so many objects at a time, over all packages, with reading back behind the next copy.

```
copying       a  b  c  d           so many at a time
reading back     a  b  c  d        as many again, behind them
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from threading import BoundedSemaphore
from types import TracebackType
from typing import Self, TypeVar

_AHEAD = 256
"""Objects of one package that are handed out ahead."""
Answer = TypeVar("Answer")


class Hands:
    """Threads that copy objects, and as many again that read back meanwhile; shared by all packages.

    Copying keeps both servers writing and reading; reading back asks little of the network to
    the source. So twice as many threads are at work as may copy at a time.
    """

    def __init__(self, at_a_time: int) -> None:
        self.copying = BoundedSemaphore(at_a_time)
        self.threads = 2 * at_a_time
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
