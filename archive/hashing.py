"""Several hashes of the same bytes at once, a thread for each, in bounded memory.

hashlib lets go of the interpreter while it hashes, so SHA-512 of a file runs beside its
SHA-256 and beside whoever writes the bytes. A small file is hashed where it was read: six threads
of two bags that ask for the interpreter after every 20 kB cost more than they save.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from queue import Queue
from threading import Thread
from types import TracebackType
from typing import Self

SMALL_BYTES = 32 * 1024
"""A file up to this size is not worth handing over."""
BATCH_BYTES = 1024 * 1024
_WAITING = 16
"""Batches that may wait for a slow algorithm: with `BATCH_BYTES`, the memory that it may take."""

Batch = list[bytes]
"""Chunks of files, one after the other; an empty one ends a file."""
_FROM_THE_LANE = b""
"""Stands for the digest of a file that was handed over."""


class _Lane:
    """One algorithm at work on one file after the other."""

    def __init__(self, algorithm: str) -> None:
        # The direct constructor is twice as fast as hashlib.new: it matters on small files.
        self.new = getattr(hashlib, algorithm, None) or partial(hashlib.new, algorithm)
        self.queue: Queue[Batch | None] = Queue(_WAITING)
        """None ends the work."""
        self.digests: list[bytes] = []
        """Of the files that were handed over."""
        self.all_digests: list[bytes] = []
        """In the order of the files."""
        self.thread = Thread(target=self._run, name=f"hashing-{algorithm}", daemon=True)

    def _run(self) -> None:
        hasher = self.new()
        while (batch := self.queue.get()) is not None:
            for chunk in batch:
                if chunk:
                    hasher.update(chunk)
                else:
                    self.digests.append(hasher.digest())
                    hasher = self.new()

    def in_order(self) -> list[bytes]:
        """The digests of every file, once the thread has ended."""
        handed_over = iter(self.digests)
        return [digest or next(handed_over) for digest in self.all_digests]


class Lanes:
    """Hashes of a series of files, by algorithm. Use as a context; leave it to end the threads."""

    def __init__(self, algorithms: Sequence[str]) -> None:
        self._lanes = {algorithm: _Lane(algorithm) for algorithm in algorithms}
        self._batch: Batch = []
        self._batch_bytes = 0

    def __enter__(self) -> Self:
        for lane in self._lanes.values():
            lane.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def update(self, chunk: bytes) -> None:
        """The next bytes of the present file, not empty; waits where an algorithm is behind."""
        self._batch.append(chunk)
        self._batch_bytes += len(chunk)
        # To hand over each of a thousand small files by itself would cost more than to hash them.
        if self._batch_bytes >= BATCH_BYTES:
            self._hand_over()

    def end_file(self) -> None:
        """The present file is over."""
        self._batch.append(b"")
        for lane in self._lanes.values():
            lane.all_digests.append(_FROM_THE_LANE)

    def add_small(self, data: bytes) -> None:
        """A whole file of at most `SMALL_BYTES`."""
        for lane in self._lanes.values():
            lane.all_digests.append(lane.new(data).digest())

    def finish(self) -> dict[str, list[bytes]]:
        """The digests of every file, in order, by algorithm."""
        self._hand_over()
        self._stop()
        return {algorithm: lane.in_order() for algorithm, lane in self._lanes.items()}

    def _hand_over(self) -> None:
        for lane in self._lanes.values():
            lane.queue.put(self._batch)
        self._batch, self._batch_bytes = [], 0

    def _stop(self) -> None:
        for lane in self._lanes.values():
            if lane.thread.is_alive():
                lane.queue.put(None)
                lane.thread.join()
