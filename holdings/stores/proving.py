"""Writing an object so that it can be believed: put, read back, hash, compare.

Nothing counts as held before `put_and_prove` returned for it (DESIGN.md, 1). It may be
killed at any point and called again: it does once what it is asked for twice.

```
      exists?  no ──> put_stream, hashing what passes ──┐
         │                                              ├──> read back, hash ──> equal? ──> Proven
        yes ──> hash what would have been put ──────────┘                          │
                (unless its hash is known)                                         no ──> Conflict
```
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from holdings.errors import AlreadyExists, Conflict, Corrupt, NotFound, SourceCorrupt
from holdings.observing import Advanced, Finished, Observer, Started, nobody
from holdings.stores.interface import Buffer, Heads, Reads, Writes


class Proves(Heads, Reads, Writes, Protocol):
    """Whatever an object can be written to and read back from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Proven:
    """An object whose bytes were read back from the store and matched."""

    key: str
    size_bytes: int
    sha256: str
    version: str
    seconds: float
    """For writing and reading back together."""
    was_there: bool
    """The object had been written before, by a run that did not live to say so."""


class Hashing:
    """Passes chunks on and knows their SHA-256 and size at the end."""

    def __init__(self, chunks: Iterable[Buffer], *, job: str = "", observer: Observer = nobody) -> None:
        self._chunks = chunks
        self._sha256 = hashlib.sha256()
        self._job = job
        self._observer = observer
        self.size_bytes = 0

    def __iter__(self) -> Iterator[Buffer]:
        for chunk in self._chunks:
            self._sha256.update(chunk)
            self.size_bytes += len(chunk)
            if self._job:
                self._observer(Advanced(job=self._job, size_bytes=len(chunk)))
            yield chunk

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()


def drain(chunks: Iterable[Buffer]) -> None:
    """Read everything and keep nothing; whoever passes the chunks on may know something then."""
    for _ in chunks:
        pass


def read_and_hash(
    store: Reads, key: str, *, version: str | None = None, job: str = "", observer: Observer = nobody
) -> Hashing:
    """Read `key` whole from `store` and return its size and SHA-256."""
    read = Hashing(store.get(key, version=version), job=job, observer=observer)
    drain(read)
    return read


def put_and_prove(
    store: Proves,
    key: str,
    open_chunks: Callable[[], Iterable[Buffer]],
    *,
    size_bytes: int,
    sha256: str | None = None,
    observer: Observer = nobody,
) -> Proven:
    """Write `key`, read it back, and return only if what is there is what was meant.

    open_chunks : begins the bytes anew at each call, the same each time.
    sha256 : what the bytes must hash to, where it is known beforehand.

    Raises Conflict where other bytes lie under the key already (they are left alone);
    SourceCorrupt where the source gives other bytes than `sha256` (nothing is written then);
    Corrupt where the store gives back other bytes than it was given (they stay, unclaimed).
    """
    began = time.monotonic()
    meant = None if sha256 is None else (size_bytes, sha256)
    writing, reading = f"writing {key} to {store.name}", f"reading back {key} from {store.name}"
    was_there = _exists(store, key)
    observer(Started(job=writing, total_bytes=size_bytes))
    source = _Source(open_chunks, meant, key=key, job=writing, observer=observer)
    try:
        if not was_there:
            try:
                store.put_stream(key, source, size_bytes=size_bytes)
                meant = source.passed
            except AlreadyExists:
                # Somebody was faster, or our own earlier put arrived after its answer was lost.
                was_there = True
        if meant is None:
            # The store may have refused before it took every chunk: hash them from the beginning.
            drain(source)
            meant = source.passed
    finally:
        observer(Finished(job=writing))
    info = store.head(key)
    observer(Started(job=reading, total_bytes=info.size_bytes))
    try:
        found = read_and_hash(store, key, version=info.version, job=reading, observer=observer)
    finally:
        observer(Finished(job=reading))
    if (found.size_bytes, found.sha256) != meant:
        kind: type[Conflict] | type[Corrupt] = Conflict if was_there else Corrupt
        raise kind(
            f"{key} in {store.name} holds other bytes than were meant for it "
            f"({found.size_bytes} bytes, SHA-256 {found.sha256}; "
            f"meant were {meant[0]}, {meant[1]}).",
            hint="Holdfast replaces nothing: look what it is, move it away by hand, and run the same again.",
        )
    return Proven(
        key=key,
        size_bytes=found.size_bytes,
        sha256=found.sha256,
        version=info.version,
        seconds=time.monotonic() - began,
        was_there=was_there,
    )


class _Source:
    """The bytes of one object, from the beginning each time they are iterated: a store may try twice."""

    def __init__(
        self,
        open_chunks: Callable[[], Iterable[Buffer]],
        meant: tuple[int, str] | None,
        *,
        key: str,
        job: str,
        observer: Observer,
    ) -> None:
        self._open, self._meant, self._key = open_chunks, meant, key
        self._job, self._observer = job, observer
        self._passing: Hashing | None = None

    @property
    def passed(self) -> tuple[int, str]:
        """Size and SHA-256 of what the last pass gave."""
        assert self._passing is not None  # asked only after a pass
        return self._passing.size_bytes, self._passing.sha256

    def __iter__(self) -> Iterator[Buffer]:
        """The chunks, the last one only once all of them are known to be what is meant.

        So wrong bytes are never under the key, where they would be in the way of the right ones.
        """
        if self._passing is not None:
            self._observer(Advanced(job=self._job, size_bytes=-self._passing.size_bytes))
        source = self._passing = Hashing(self._open(), job=self._job, observer=self._observer)
        held: Buffer | None = None
        for chunk in source:
            if held is not None:
                yield held
            held = chunk
            if self._meant and source.size_bytes > self._meant[0]:
                break
        if self._meant and self.passed != self._meant:
            raise SourceCorrupt(
                f"The source of {self._key} gave {source.size_bytes} bytes with the SHA-256 {source.sha256}; "
                f"recorded are {self._meant[0]} with {self._meant[1]}.",
                hint="holdfast verify tells which copies are good.",
            )
        if held is not None:
            yield held


def _exists(store: Heads, key: str) -> bool:
    try:
        store.head(key)
    except NotFound:
        return False
    return True
