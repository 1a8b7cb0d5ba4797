"""Writing an object so that it can be believed: put, read back, hash, compare.

Nothing counts as held before `put_and_prove` returned for it (DESIGN.md, 1). It may be
killed at any point and called again: it does once what it is asked for twice.

```
      exists?  no ──> put_stream, hashing what passes ──┐
         │                                              ├──> read back, hash ──> equal? ──> Proven
        yes ──> hash what would have been put ──────────┘                          │
                (unless its hash is known)                                         no ──> Conflict
```

Where nothing is known of the bytes beforehand, a quick hash tells whether what came back is what passed,
and the SHA-256 that is kept is taken of what came back (docs/decisions/0011).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import Protocol

from holdings.errors import AlreadyExists, Conflict, Corrupt, NotFound, SourceCorrupt
from holdings.observing import Advanced, Finished, Observer, Started, nobody
from holdings.stores.interface import Buffer, Heads, Writes
from holdings.stores.reading import SHA256, XXH3, Examines, Hash, Hashing, drain, read_as_meant

_NO_GATE = nullcontext()


class Proves(Examines, Writes, Protocol):
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


def put_and_prove(
    store: Proves,
    key: str,
    open_chunks: Callable[[], Iterable[Buffer]],
    *,
    size_bytes: int,
    sha256: str | None = None,
    observer: Observer = nobody,
    copying: AbstractContextManager[object] = _NO_GATE,
    reading_back: AbstractContextManager[object] = _NO_GATE,
) -> Proven:
    """Write `key`, read it back, and return only if what is there is what was meant.

    open_chunks : begins the bytes anew at each call, the same each time.
    sha256 : what the bytes must hash to, where it is known beforehand.
    copying : held while bytes are written, and not while they are read back.
    reading_back : held while they are read back.

    Raises Conflict where other bytes lie under the key already (they are left alone);
    SourceCorrupt where the source gives other bytes than `sha256` (nothing is written then);
    Corrupt where the store gives back other bytes than it was given (they stay, unclaimed).
    """
    began = time.monotonic()
    meant, by = (None, XXH3) if sha256 is None else ((size_bytes, sha256), SHA256)
    writing = f"writing {key} to {store.name}"
    version: str | None = None
    with copying:
        was_there = _exists(store, key)
        observer(Started(job=writing, total_bytes=size_bytes))
        source = _Source(open_chunks, meant, key=key, job=writing, observer=observer)
        try:
            if not was_there:
                try:
                    version = store.put_stream(key, source, size_bytes=size_bytes).version
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
    with reading_back:
        return prove(store, key, meant, by=by, version=version, began=began, observer=observer)


def put_small_and_prove(
    store: Proves,
    key: str,
    read: Callable[[], Buffer],
    *,
    sha256: str,
    observer: Observer = nobody,
    copying: AbstractContextManager[object] = _NO_GATE,
    reading_back: AbstractContextManager[object] = _NO_GATE,
) -> Proven:
    """As `put_and_prove` for an object that fits into memory, with as few requests as can be.

    read : gives the bytes; called once. It has made sure that they hash to `sha256`.
    """
    began = time.monotonic()
    version: str | None = None
    with copying:
        data = read()
        with suppress(AlreadyExists):
            version = store.put(key, data).version
        size_bytes = len(data)
        del data  # or it would be in memory until it was read back
    with reading_back:
        return prove(store, key, (size_bytes, sha256), version=version, began=began, observer=observer)


def prove(
    store: Examines,
    key: str,
    meant: tuple[int, str],
    *,
    by: Hash = SHA256,
    version: str | None,
    began: float,
    observer: Observer = nobody,
) -> Proven:
    """Read `key` back. Raises Conflict or Corrupt where it is not what was meant.

    meant : size and hash.
    by : which hash that is.
    version : that was written now; None for an object that had been there.
    began : by the monotonic clock, when the writing began.
    """
    reading = f"reading back {key} from {store.name}"
    observer(Started(job=reading, total_bytes=meant[0]))
    try:
        found = read_as_meant(store, key, meant, by=by, version=version, job=reading, observer=observer)
    finally:
        observer(Finished(job=reading))
    if found.found != meant:
        kind: type[Conflict] | type[Corrupt] = Conflict if version is None else Corrupt
        raise kind(
            f"{key} in {store.name} holds other bytes than were meant for it "
            f"({found.size_bytes} bytes, {by.name} {found.told}; meant were {meant[0]}, {meant[1]}).",
            hint="Holdfast replaces nothing: look what it is, move it away by hand, and run the same again.",
        )
    return Proven(
        key=key,
        size_bytes=found.size_bytes,
        sha256=found.sha256,
        version=found.version,
        seconds=time.monotonic() - began,
        was_there=version is None,
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
        """Size and hash of what the last pass gave: the quick one where nothing was known beforehand."""
        assert self._passing is not None  # asked only after a pass
        return self._passing.size_bytes, self._passing.digest

    def __iter__(self) -> Iterator[Buffer]:
        """The chunks, the last one only once all of them are known to be what is meant.

        So wrong bytes are never under the key, where they would be in the way of the right ones.
        """
        if self._passing is not None:
            self._observer(Advanced(job=self._job, size_bytes=-self._passing.size_bytes))
        by = SHA256 if self._meant else XXH3
        source = self._passing = Hashing(self._open(), by=by, job=self._job, observer=self._observer)
        held: Buffer | None = None
        for chunk in source:
            if held is not None:
                yield held
            held = chunk
            if self._meant and source.size_bytes > self._meant[0]:
                break
        if self._meant and self.passed != self._meant:
            raise SourceCorrupt(
                f"The source of {self._key} gave {source.size_bytes} bytes with the SHA-256 {source.digest}; "
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
