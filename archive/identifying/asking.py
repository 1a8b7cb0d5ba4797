"""One process that knows PRONOM's signatures (`asked`), for whoever asks in this one.

It is begun when it is first needed, and again after it died, hung or was idle.
"""

from __future__ import annotations

import atexit
import json
import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from archive.beside import begin_beside

Matches: TypeAlias = list[dict[str, Any]]
"""What PRONOM says of one file."""
_MOST_SECONDS = 120.0
"""For one question, even on a busy machine: an excerpt takes a thousandth of a second."""
_WORKERS = 2
_IDLE_SECONDS = 3.0
"""One that is not asked for so long ends; whoever asks again begins another."""


class _Process:
    """A running one, and the way to it."""

    def __init__(self) -> None:
        self._process, ours = begin_beside("archive.identifying.asked", str(_WORKERS), str(_IDLE_SECONDS))
        self.owner = os.getpid()
        self._channel = ours
        self._lines = ours.makefile("rwb")
        ours.settimeout(_MOST_SECONDS)

    def ask(self, paths: Sequence[str]) -> dict[str, Matches]:
        """Raises OSError where it does not answer."""
        self._lines.write(json.dumps(paths).encode() + b"\n")
        self._lines.flush()
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError
        answer: dict[str, Matches] = json.loads(line)
        return answer

    def end(self) -> None:
        with suppress(OSError):
            self._lines.close()
        self._channel.close()
        self._process.kill()
        self._process.wait()


_lock = threading.Lock()
_running: list[_Process] = []
"""None or one."""


@atexit.register
def end() -> None:
    """End it now, if it runs, as every process that ends does."""
    with _lock:
        while _running:
            _running.pop().end()


def begin() -> None:
    """Have it read its signatures while others look into the first files."""
    with _lock:
        _process()


def matches_of(paths: Sequence[str]) -> dict[str, Matches]:
    """What PRONOM says of each file; nothing of a file over which two processes died."""
    with _lock:
        # The first may have been ending, being idle, and the second may die of a single one of many.
        answer = _try(paths) or _try(paths)
        if answer is not None:
            return answer
        return {path: alone[path] for path in paths if (alone := _try([path])) is not None}


def _try(paths: Sequence[str]) -> dict[str, Matches] | None:
    process = _process()
    try:
        return process.ask(paths)
    except (OSError, ValueError):
        _running.remove(process)
        process.end()
        return None


def _process() -> _Process:
    # A child of ours by fork has another owner: it must not talk over its parent's line.
    if not _running or _running[0].owner != os.getpid():
        _running[:] = [_Process()]
    return _running[0]
