"""What the library tells, as bars and words on stderr.

Bars are drawn only where stderr is a terminal. Words that matter to whoever waits (another
command holds the catalogue, a store is asked again) are said either way; and where there are no
bars, long work says now and then how far it is and how long it will take, for whoever reads the
log of a night.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from holdings.observing import Advanced, Finished, Happening, Observer, Retried, Started, Waiting
from service.wording import size

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Says(Protocol):
    """Whatever takes a line of words."""

    def __call__(self, line: str, /) -> None: ...


@contextmanager
def watching() -> Iterator[Observer]:
    """An observer for as long as one command works."""
    if not sys.stderr.isatty():
        yield Log(Words(_to_stderr), _to_stderr)
        return
    with _bars() as progress:
        words = Words(progress.console.print)
        yield Bars(progress, words)


def _to_stderr(line: str, /) -> None:
    print(line, file=sys.stderr, flush=True)


class Words:
    """Says what somebody who waits should know, each thing once."""

    def __init__(self, say: Says) -> None:
        self._say = say
        self._waited_for: set[str] = set()

    def __call__(self, happening: Happening) -> None:
        match happening:
            case Waiting(what=what, seconds_left=seconds_left) if what not in self._waited_for:
                self._waited_for.add(what)
                self._say(f"Waiting for {what} (at most {seconds_left:.0f} s more).")
            case Retried(store=store, verb=verb, attempt=attempt, because=because):
                self._say(f"Asking {store} again to {verb} (attempt {attempt}): {because}")


class Log:
    """A line now and then for each long job: how much of how much, and until when."""

    def __init__(
        self, words: Words, say: Says, *, now: Callable[[], float] = time.monotonic, every_seconds: float = 60
    ) -> None:
        self._words, self._say = words, say
        self._now, self._every = now, every_seconds
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()

    def __call__(self, happening: Happening) -> None:
        match happening:
            case Started(job=job, total_bytes=int(total_bytes)):
                with self._lock:
                    self._jobs[job] = _Job(total_bytes=total_bytes, began=self._now(), told=self._now())
            case Advanced(job=job, size_bytes=size_bytes) if job in self._jobs:
                self._advance(job, size_bytes)
            case Finished(job=job):
                with self._lock:
                    self._jobs.pop(job, None)
            case _:
                self._words(happening)

    def _advance(self, job: str, size_bytes: int) -> None:
        with self._lock:
            if (at := self._jobs.get(job)) is None:
                return
            at.done += size_bytes
            if self._now() - at.told < self._every:
                return
            at.told = self._now()
            line = at.told_as(job, now=at.told)
        self._say(line)


@dataclass(kw_only=True)
class _Job:
    total_bytes: int
    began: float
    told: float
    done: int = 0

    def told_as(self, job: str, *, now: float) -> str:
        rate = self.done / max(now - self.began, 1e-9)
        left = (self.total_bytes - self.done) / rate if rate > 0 else 0.0
        return (
            f"{job}: {size(self.done)} of {size(self.total_bytes)}, {size(rate)} a second, "
            f"about {timedelta(seconds=round(max(left, 0.0)))} left."
        )


class Bars:
    """A bar for each job under way: bytes, rate, time left."""

    def __init__(self, progress: Progress, words: Words) -> None:
        self._progress = progress
        self._words = words
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, happening: Happening) -> None:
        match happening:
            case Started(job=job, total_bytes=total_bytes):
                self._tasks[job] = self._progress.add_task(job, total=total_bytes)
            case Advanced(job=job, size_bytes=size_bytes) if job in self._tasks:
                self._progress.advance(self._tasks[job], size_bytes)
            case Finished(job=job) if job in self._tasks:
                self._progress.remove_task(self._tasks.pop(job))
            case _:
                self._words(happening)


def _bars() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
    from rich.progress import TransferSpeedColumn as RateColumn

    return Progress(
        # Job names hold keys and paths from outside; they are shown as they are, never as markup.
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        DownloadColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, markup=False, highlight=False),
        transient=True,
        redirect_stdout=False,  # an answer goes to stdout, which may lead into a file or a pipe
    )
