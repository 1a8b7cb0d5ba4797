"""What the library tells, as bars and words on stderr.

Bars are drawn only where stderr is a terminal. Words that matter to whoever waits (another
command holds the catalogue, a store is asked again) are said either way.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from holdings.observing import Advanced, Finished, Happening, Observer, Retried, Started, Waiting

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Says(Protocol):
    """Whatever takes a line of words."""

    def __call__(self, line: str, /) -> None: ...


@contextmanager
def watching() -> Iterator[Observer]:
    """An observer for as long as one command works."""
    if not sys.stderr.isatty():
        yield Words(_to_stderr)
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
