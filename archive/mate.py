"""The program of a process beside a deposit (`mates`): told of one bag at a time, it stores or reads it.

It ends when nobody asks any more: whoever began it closed the line, or was killed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from enum import IntEnum
from functools import partial
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

PATIENCE_SECONDS = 5.0
"""For a piece of work to end at its next word, and leave nothing behind."""


class Kind(IntEnum):
    """What is said on the line, with a value each."""

    HAPPENED = 1
    DONE = 2
    FAILED = 3


def main() -> None:
    """Answer until nobody asks any more."""
    # Whoever stops a command stops all of its processes: it is the head that decides how.
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, signal.SIG_IGN)
    line = Connection(int(sys.argv[1]))
    stopping = threading.Event()
    questions: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(line, questions, stopping), daemon=True).start()
    with suppress(KeyboardInterrupt, BrokenPipeError):
        _work(line, questions, stopping)


def _listen(line: Connection, questions: SimpleQueue[Any], stopping: threading.Event) -> None:
    try:
        while True:
            questions.put(line.recv())
    except (EOFError, OSError):
        stopping.set()
        questions.put(None)
        time.sleep(PATIENCE_SECONDS)
    finally:
        os._exit(1)


def _work(line: Connection, questions: SimpleQueue[Any], stopping: threading.Event) -> None:
    from archive.crew import until  # noqa: PLC0415  # a fifth of a second, and the line is heard already
    from archive.workplace import hands_at  # noqa: PLC0415

    speaking = threading.Lock()

    def say(kind: Kind, what: object) -> None:
        with speaking:
            line.send((kind, what))

    observer = until(stopping, partial(say, Kind.HAPPENED))
    if (workplace := questions.get()) is None:
        return
    with hands_at(workplace, observer) as hands:
        while (question := questions.get()) is not None:
            work, told = question
            try:
                answer: tuple[Kind, object] = (Kind.DONE, getattr(hands, work)(*told))
            except Exception as error:  # whatever it is, the head knows what to do about it
                error.add_note(traceback.format_exc())
                answer = Kind.FAILED, error
            say(*answer)
