"""Who does the work on the source: this process, processes beside it (`mates`), or a cluster (`batch`).

Whoever does it reads the source and writes the stores itself; the catalogue and the journal
are the head's alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from archive.bag import Intent
from archive.identifying.identify import identify_files, look_into_all
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.identifying.looking import Looked
from archive.looking_again import LookingAgain
from archive.naming import fingerprint
from archive.planned import PlannedBag
from archive.sources.interface import LeftOut, Source, SourceFile
from archive.storing import StoredBag, sidecar_checksums, store_bag
from archive.stream import hash_source
from holdings.observing import Happening, Observer
from holdings.stores.interface import Store


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadBag:
    """The content of a bag that somebody may hold already."""

    fingerprint: str
    sidecars: Mapping[str, Mapping[str, str]]
    """Checksums of the files that are no images, by path and algorithm."""


class Crew(Protocol):
    """Whoever surveys, looks into files and stores bags."""

    @property
    def at_once(self) -> int:
        """How many bags it works on at a time."""
        ...

    @property
    def processes(self) -> int:
        """How many processes share these bags between them, each with its own memory."""
        ...

    def expect(self, files: int, size_bytes: int) -> None:
        """So much is coming: whoever takes a while to be ready begins now."""
        ...

    def survey(self) -> Iterable[SourceFile | LeftOut]:
        """What the source holds. Raises BadInput."""
        ...

    def identify(
        self, files: Iterable[SourceFile], *, check: Check
    ) -> Iterator[FoundImage | Sidecar | LeftOut]:
        """What files are, in any order."""
        ...

    def store(self, planned: PlannedBag, intent: Intent) -> StoredBag | None:
        """See `archive.storing.store_bag`."""
        ...

    def read(self, planned: PlannedBag) -> ReadBag:
        """The content of a bag, read and hashed by SHA-256 but not stored."""
        ...


@dataclass(frozen=True, kw_only=True)
class Hands:
    """Everything that work on a source needs, in one process."""

    source: Source
    target: Store
    """Where new bags go."""
    threads: int
    observer: Observer

    @property
    def at_once(self) -> int:
        # One bag keeps two cores busy while it is written (a thread for each algorithm) and one
        # while it is read back: with two, the reading back of one hides behind the other.
        return min(2, self.threads)

    @property
    def processes(self) -> int:
        return 1

    def expect(self, files: int, size_bytes: int) -> None:
        """Ready as it is."""

    def survey(self) -> Iterable[SourceFile | LeftOut]:
        return self.source.entries()

    def identify(
        self, files: Iterable[SourceFile], *, check: Check
    ) -> Iterator[FoundImage | Sidecar | LeftOut]:
        return identify_files(self.source, files, check=check, threads=self.threads)

    def look(self, files: Sequence[SourceFile]) -> list[Looked | LeftOut]:
        """What is seen of each file, for `identify_files`."""
        return look_into_all(self.source, files)

    def store(self, planned: PlannedBag, intent: Intent) -> StoredBag | None:
        return store_bag(self.target, self.source, planned, intent, observer=self.observer)

    def read(self, planned: PlannedBag) -> ReadBag:
        files = planned.source_files
        job = "reading the source" + (f", bag {planned.number}" if planned.count > 1 else "")
        looking = LookingAgain(self.source, planned.files, check=Check.STRUCTURE)
        digests = hash_source(looking, files, ("sha256",), job=job, observer=self.observer)
        return ReadBag(
            fingerprint=fingerprint(files, digests["sha256"]),
            sidecars=sidecar_checksums(planned.files, digests),
        )


def until(stopping: threading.Event, observer: Observer) -> Observer:
    """Work in other threads ends at its next word once the command was told to stop."""

    def observe(happening: Happening) -> None:
        if stopping.is_set():
            raise KeyboardInterrupt
        observer(happening)

    return observe
