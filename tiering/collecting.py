"""What threads have finished, as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import TypeVar

Result = TypeVar("Result")


def at_hand(queue: SimpleQueue[Future[Result]], *, seconds: float | None) -> Iterator[Future[Result]]:
    """What is in `queue`; where it is empty the first to come, if that is within so many seconds."""
    with suppress(Empty):
        yield queue.get(timeout=seconds)
        while True:
            yield queue.get_nowait()
