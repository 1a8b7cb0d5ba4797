"""Small files, looked into and bagged in processes beside this one.

To open, hash and close a file of 20 kB is a dozen calls that let go of the interpreter and ask for it
again: two threads that do so hinder each other, and two processes do not. What a mate is asked for
is done once however often it is asked, so that a mate may die: who is free next does it then.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from queue import SimpleQueue
from subprocess import TimeoutExpired
from types import TracebackType
from typing import Any, Self, TypeVar

from archive.bag import Intent
from archive.beside import begin_beside
from archive.crew import Hands, ReadBag
from archive.hashing import SMALL_BYTES
from archive.identifying.asking import end as end_pronom
from archive.identifying.identify import identify_files
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.identifying.looking import Looked
from archive.mate import PATIENCE_SECONDS, Kind
from archive.planned import PlannedBag
from archive.sources.interface import LeftOut, SourceFile
from archive.storing import StoredBag
from archive.workplace import Workplace
from holdings.observing import Observer

Result = TypeVar("Result")

_WORTH_IT_FILES = 5000
"""They take a second to bag; a process takes a third of one to begin."""
_MOST = 4
"""Whatever the settings allow: each takes memory of its own."""
_LOOK_SECONDS = 1.0


class Gone(Exception):  # never leaves this module
    """A mate that died, or could not begin."""


class Mate:
    """A process that holds bags as `Hands` does."""

    def __init__(self, workplace: Workplace, observer: Observer, stopping: threading.Event) -> None:
        self._process, channel = begin_beside("archive.mate")
        self._line = Connection(channel.detach())
        self._observer = observer
        self._stopping = stopping
        self.is_gone = False
        self._tell(workplace)

    @property
    def pid(self) -> int:
        """Of the process."""
        return self._process.pid

    def look(self, files: Sequence[SourceFile]) -> list[Looked | LeftOut]:
        """As `Hands.look`. Raises Gone."""
        seen: list[Looked | LeftOut] = self._ask("look", files)
        return seen

    def store(self, planned: PlannedBag, intent: Intent) -> StoredBag | None:
        """As `Hands.store`. Raises Gone."""
        stored: StoredBag | None = self._ask("store", planned, intent)
        return stored

    def read(self, planned: PlannedBag) -> ReadBag:
        """As `Hands.read`. Raises Gone."""
        found: ReadBag = self._ask("read", planned)
        return found

    def end(self) -> None:
        """End the process: at its next word, and where it says none at once."""
        self.is_gone = True
        self._line.close()
        try:
            self._process.wait(PATIENCE_SECONDS)
        except TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _ask(self, work: str, *told: object) -> Any:
        try:
            self._tell((work, told))
            while (answer := self._heard())[0] is Kind.HAPPENED:
                self._observer(answer[1])
        except BaseException:
            # What it would answer by now belongs to no question any more.
            self.end()
            raise
        kind, value = answer
        if kind is Kind.FAILED:
            raise value
        return value

    def _tell(self, what: object) -> None:
        with suppress(ConnectionError):  # it is missed when its answer is
            self._line.send(what)

    def _heard(self) -> Any:
        try:
            while not self._line.poll(_LOOK_SECONDS):
                if self._stopping.is_set():
                    raise KeyboardInterrupt
            return self._line.recv()
        except (EOFError, OSError):
            raise Gone from None


class Mates:
    """This process and, where many small files are coming, others beside it. Use as a context.

    workplace : asked for when the first of them begins.
    stopping : once it is set, nothing is waited for any more.
    """

    def __init__(
        self, hands: Hands, workplace: Callable[[], Workplace], *, stopping: threading.Event
    ) -> None:
        self._hands = hands
        self._workplace = workplace
        self._stopping = stopping
        self.mates: list[Mate] = []
        self._free: SimpleQueue[Hands | Mate] = SimpleQueue()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for mate in self.mates:
            mate.end()

    @property
    def at_once(self) -> int:
        return self.processes if self.mates else self._hands.at_once

    @property
    def processes(self) -> int:
        return 1 + len(self.mates)

    def expect(self, files: int, size_bytes: int) -> None:
        if files < _WORTH_IT_FILES or size_bytes > files * SMALL_BYTES:
            return
        self._free.put(self._hands)
        workplace = self._workplace()
        with suppress(OSError):  # no room for another process: the deposit takes longer
            for _ in range(min(self._hands.threads, _MOST) - 1):
                mate = Mate(workplace, self._hands.observer, self._stopping)
                self.mates.append(mate)
                self._free.put(mate)

    def survey(self) -> Iterable[SourceFile | LeftOut]:
        return self._hands.survey()

    def identify(
        self, files: Iterable[SourceFile], *, check: Check
    ) -> Iterator[FoundImage | Sidecar | LeftOut]:
        try:
            yield from self._identified(files, check)
        finally:
            end_pronom()  # its memory is for the bags now

    def _identified(
        self, files: Iterable[SourceFile], check: Check
    ) -> Iterator[FoundImage | Sidecar | LeftOut]:
        if not self.mates:
            return self._hands.identify(files, check=check)
        return identify_files(
            self._hands.source,
            files,
            check=check,
            # Two threads of one process look into small files more slowly than one.
            threads=self._hands.threads if check is Check.DECODE else self.processes,
            look=lambda some: self._by_one(lambda one: one.look(some)),
        )

    def store(self, planned: PlannedBag, intent: Intent) -> StoredBag | None:
        return self._by_one(lambda one: one.store(planned, intent))

    def read(self, planned: PlannedBag) -> ReadBag:
        return self._by_one(lambda one: one.read(planned))

    def _by_one(self, work: Callable[[Hands | Mate], Result]) -> Result:
        if not self.mates:
            return work(self._hands)
        while True:
            one = self._free.get()
            try:
                return work(one)
            except Gone:
                continue
            finally:
                # This process is always one of them, so that nobody waits for ever.
                if isinstance(one, Hands) or not one.is_gone:
                    self._free.put(one)
