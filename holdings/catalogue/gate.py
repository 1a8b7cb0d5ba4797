"""Who may use the catalogue's file now: many readers, or one writer, over all processes and threads.

DuckDB has its own lock, but it says no at once, to readers too, and says nothing while a file
is swapped for a rebuilt one. The gate is a lock on a file beside it that waits its turn.
"""

from __future__ import annotations

import fcntl
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from holdings.errors import CatalogueBusy, Unavailable
from holdings.observing import Observer, Waiting, nobody

_FIRST_PAUSE_SECONDS = 0.002
_LONGEST_PAUSE_SECONDS = 0.05
_SILENT_SECONDS = 0.5
"""Shorter waits are not worth a word."""


@dataclass(kw_only=True)
class Waiter:
    """How long one command waits for others, and whom it tells."""

    shown: str
    """The catalogue, as it is named in sentences."""
    seconds: float
    observer: Observer = nobody
    _began: float = field(default_factory=time.monotonic)
    _told: float = -1.0
    _pause: float = _FIRST_PAUSE_SECONDS

    def wait(self) -> None:
        """Let a little time pass. Raises CatalogueBusy when there is none left."""
        waited = time.monotonic() - self._began
        if waited >= self.seconds:
            raise CatalogueBusy(
                f"Another command has been using {self.shown} for more than {self.seconds:g} seconds.",
                hint="Run this again later, or raise wait under [catalogue] in the settings.",
            )
        if waited >= _SILENT_SECONDS and waited - self._told >= 1.0:
            self._told = waited
            self.observer(
                Waiting(
                    what=f"another command that is using {Path(self.shown).name}",
                    seconds_left=self.seconds - waited,
                )
            )
        # Jitter, so that many who wait do not all come back at the same moment.
        time.sleep(min(self._pause * random.uniform(0.5, 1.0), self.seconds - waited))  # noqa: S311
        self._pause = min(self._pause * 2, _LONGEST_PAUSE_SECONDS)


@dataclass(kw_only=True)
class Patience(Waiter):
    """The same, for a catalogue in a file."""

    shown: str = field(init=False)
    path: Path

    def __post_init__(self) -> None:
        self.shown = str(self.path)


@contextmanager
def gate(patience: Patience, *, exclusive: bool) -> Iterator[None]:
    """Hold the gate of the catalogue at `patience.path`; it opens by itself if we are killed."""
    lock = _open(patience.path.with_name(f"{patience.path.name}.lock"))
    try:
        while not _taken(lock, exclusive=exclusive):
            patience.wait()
        yield
    finally:
        os.close(lock)


def _open(path: Path) -> int:
    try:
        # Never deleted: two who lock different files of one name would both be let in.
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError as error:
        raise Unavailable(
            f"The catalogue's folder {path.parent} cannot be used: {error.strerror}.",
            detail=str(error),
        ) from None


def _taken(lock: int, *, exclusive: bool) -> bool:
    try:
        fcntl.flock(lock, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
