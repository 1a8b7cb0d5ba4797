"""Ctrl-C and SIGTERM stop a command in the same way: cleanly, and knowing that they did."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Self

_HEEDED = (signal.SIGINT, signal.SIGTERM)


class Signals:
    """Turns the first Ctrl-C or SIGTERM into KeyboardInterrupt and remembers it.

    A signal that the process was started to ignore (`nohup`, `&` in a script) stays ignored.
    """

    def __init__(self) -> None:
        self.came = False
        self._before = {number: signal.getsignal(number) for number in _HEEDED}

    def __enter__(self) -> Self:
        for number, before in self._before.items():
            if before is not signal.SIG_IGN:
                signal.signal(number, self._arrive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _arrive(self, _: int, __: FrameType | None) -> None:
        self.came = True
        raise KeyboardInterrupt


def disregard_signals() -> None:
    """For the end of the process: the outcome was told, and taking Python down must not change it."""
    for number in _HEEDED:
        signal.signal(number, signal.SIG_IGN)
