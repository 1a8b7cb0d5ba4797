"""A deposit's work on a Dask cluster: workers survey, look into files and store bags.

They open the source and the stores for themselves (`workplace`).

Every task may run twice (a worker that died is replaced by another): to survey and to look into
files changes nothing, and to store a bag does once what it is asked for twice. Only the head
knows the journal and writes the catalogue.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar

from archive.bag import Intent
from archive.cluster import Workers, cluster_workers
from archive.crew import Hands, ReadBag
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.planned import PlannedBag
from archive.sources.folder import FolderSource
from archive.sources.interface import LeftOut, SourceFile
from archive.sources.opening import Place
from archive.storing import StoredBag
from archive.workplace import Workplace, hands_at, workplace_of
from holdings.house import House
from holdings.observing import Advanced, Finished, Started

Result = TypeVar("Result")

_FILES_AT_ONCE = 256
"""In one task of looking into files."""
_FOLDERS_AT_ONCE = 64


@contextmanager
def cluster_crew(
    scheduler: str, hands: Hands, house: House, place: Place, *, stopping: threading.Event
) -> Iterator[ClusterCrew]:
    """The workers of the Dask scheduler at an address such as `tcp://10.0.0.5:8786`.

    stopping : once it is set, nothing is waited for any more.

    Raises BadInput where that is no address, Unavailable where nobody answers.
    """
    with cluster_workers(scheduler) as workers:
        yield ClusterCrew(workers, workplace_of(house, place), hands, stopping)


class ClusterCrew:
    """Hands on other machines."""

    def __init__(
        self, workers: Workers, workplace: Workplace, hands: Hands, stopping: threading.Event
    ) -> None:
        self._workers = workers
        self._workplace = workplace
        self._hands = hands
        self._stopping = stopping

    @property
    def at_once(self) -> int:
        return self._workers.at_once

    @property
    def processes(self) -> int:
        return self._workers.count

    def expect(self, files: int, size_bytes: int) -> None:
        """They are there already."""

    def survey(self) -> Iterable[SourceFile | LeftOut]:
        # An archive and a store have one table of contents; a tree of folders has many.
        source = self._hands.source
        return self._walk(source) if isinstance(source, FolderSource) else source.entries()

    def _walk(self, source: FolderSource) -> Iterator[SourceFile | LeftOut]:
        waiting: deque[str] = deque()
        for found in source.look_into(""):
            if isinstance(found, str):
                waiting.append(found)
            else:
                yield found
        under_way: deque[Any] = deque()
        while waiting or under_way:
            while waiting and len(under_way) < self.at_once:
                batch = [waiting.popleft() for _ in range(min(_FOLDERS_AT_ONCE, len(waiting)))]
                under_way.append(self._submit(look_into, batch))
            for found in self._result(under_way.popleft()):
                if isinstance(found, str):
                    waiting.append(found)
                else:
                    yield found

    def identify(
        self, files: Iterable[SourceFile], *, check: Check
    ) -> Iterator[FoundImage | Sidecar | LeftOut]:
        waiting = iter(files)
        under_way: deque[Any] = deque()
        while True:
            while len(under_way) < self.at_once and (batch := list(islice(waiting, _FILES_AT_ONCE))):
                under_way.append(self._submit(identify, batch, check))
            if not under_way:
                return
            yield from self._result(under_way.popleft())

    def store(self, planned: PlannedBag, intent: Intent) -> StoredBag | None:
        stored: StoredBag | None = self._bag("storing", store, planned, intent)
        return stored

    def read(self, planned: PlannedBag) -> ReadBag:
        found: ReadBag = self._bag("reading", read, planned)
        return found

    def _bag(self, what: str, work: Callable[..., Result], planned: PlannedBag, *told: object) -> Any:
        size = sum(file.size_bytes for file in planned.source_files)
        job, observer = f"{what} bag {planned.number} of {planned.count}", self._hands.observer
        observer(Started(job=job, total_bytes=size))
        try:
            found = self._result(self._submit(work, planned, *told))
            observer(Advanced(job=job, size_bytes=size))
        finally:
            observer(Finished(job=job))
        return found

    def _submit(self, work: Callable[..., Result], *told: object) -> Any:
        return self._workers.submit(work, self._workplace, *told)

    def _result(self, future: Any) -> Any:
        return self._workers.result(future, may_go_on=self._heed_signals)

    def _heed_signals(self) -> None:
        if self._stopping.is_set():
            raise KeyboardInterrupt


def look_into(workplace: Workplace, folders: list[str]) -> list[SourceFile | LeftOut | str]:
    """On a worker: what lies in some folders of the source."""
    with hands_at(workplace) as hands:
        source = hands.source
        assert isinstance(source, FolderSource)  # nothing else is walked through
        return [found for folder in folders for found in source.look_into(folder)]


def identify(
    workplace: Workplace, files: list[SourceFile], check: Check
) -> list[FoundImage | Sidecar | LeftOut]:
    """On a worker: what some files are."""
    with hands_at(workplace) as hands:
        return list(hands.identify(files, check=check))


def store(workplace: Workplace, planned: PlannedBag, intent: Intent) -> StoredBag | None:
    """On a worker: a bag, streamed into the store and read back."""
    with hands_at(workplace) as hands:
        return hands.store(planned, intent)


def read(workplace: Workplace, planned: PlannedBag) -> ReadBag:
    """On a worker: the content of a bag."""
    with hands_at(workplace) as hands:
        return hands.read(planned)
