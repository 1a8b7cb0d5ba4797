"""Reading whole objects, and knowing what was read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import xxhash

from holdings.errors import BadInput
from holdings.observing import Advanced, Observer, nobody
from holdings.stores.interface import Buffer, Heads, Reads

SMALL_BYTES = 4 << 20
"""Up to so many bytes an object is taken into memory and read in one request."""
WHOLE_BYTES = 16 << 20
"""Up to so many bytes an object is taken into memory to be copied, where few are copied at a time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hash:
    """A way to tell bytes from others."""

    name: str
    new: Callable[..., Any]
    """What hashlib has: `update` and `hexdigest`."""


SHA256 = Hash(name="SHA-256", new=hashlib.sha256)
XXH3 = Hash(name="XXH3", new=xxhash.xxh3_128)
"""Tells accidents of the next seconds, for a thirtieth of the cost; it is not kept (docs/decisions/0011)."""


class Examines(Heads, Reads, Protocol):
    """Whatever an object can be found and read in."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """One object as it was read, whole and in one version."""

    version: str
    size_bytes: int
    sha256: str
    told: str
    """By the hash that was asked for, in hexadecimal; mostly this is the SHA-256 again."""

    @property
    def found(self) -> tuple[int, str]:
        """Size and hash, to be compared with what was meant."""
        return self.size_bytes, self.told


class Hashing:
    """Passes chunks on and knows their hash and size at the end."""

    def __init__(
        self, chunks: Iterable[Buffer], *, by: Hash = SHA256, job: str = "", observer: Observer = nobody
    ) -> None:
        self._chunks = chunks
        self._hash = by.new()
        self._job = job
        self._observer = observer
        self.size_bytes = 0

    def __iter__(self) -> Iterator[Buffer]:
        for chunk in self._chunks:
            self._hash.update(chunk)
            self.size_bytes += len(chunk)
            if self._job:
                self._observer(Advanced(job=self._job, size_bytes=len(chunk)))
            yield chunk

    @property
    def digest(self) -> str:
        """Of what has passed, in hexadecimal."""
        return str(self._hash.hexdigest())


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


def read_as_meant(
    store: Examines,
    key: str,
    meant: tuple[int, str],
    *,
    by: Hash = SHA256,
    version: str | None = None,
    may_go_on: Callable[[], None] = lambda: None,
    job: str = "",
    observer: Observer = nobody,
) -> Read:
    """Read `key` whole; a second time where its size and hash are not those `meant`.

    A bit that flips on the way is no damage of what is kept, and must not be taken for it. So
    whoever accuses a copy has read it twice.

    by : the hash that `meant` tells.
    version : refuse with Conflict if the object is another; None takes the one that is there.
    """
    reading = _Reading(store=store, key=key, by=by, may_go_on=may_go_on, job=job, observer=observer)
    read = reading.once(version, meant[0])
    if read.found == meant:
        return read
    observer(Advanced(job=job, size_bytes=-read.size_bytes))
    return reading.once(version, meant[0])


@dataclass(frozen=True, kw_only=True)
class _Reading:
    store: Examines
    key: str
    by: Hash
    may_go_on: Callable[[], None]
    job: str
    observer: Observer

    def once(self, version: str | None, size_bytes: int) -> Read:
        """The object as it is; in one request where it is small, as it should be."""
        if size_bytes <= SMALL_BYTES and (read := self._small(version, size_bytes)):
            return read
        version = version or self.store.head(self.key).version
        kept = Hashing(self.store.get(self.key, version=version), job=self.job, observer=self.observer)
        told = kept if self.by is SHA256 else Hashing(kept, by=self.by)
        for _ in told:
            self.may_go_on()
        return Read(version=version, size_bytes=kept.size_bytes, sha256=kept.digest, told=told.digest)

    def _small(self, version: str | None, size_bytes: int) -> Read | None:
        try:
            info, data = self.store.get_whole(self.key, at_most=size_bytes, version=version)
        except BadInput:
            return None  # longer than it should be: read as it is, so that it can be told what it is
        self.may_go_on()
        self.observer(Advanced(job=self.job, size_bytes=len(data)))
        sha256 = hashlib.sha256(data).hexdigest()
        told = sha256 if self.by is SHA256 else self.by.new(data).hexdigest()
        return Read(version=info.version, size_bytes=len(data), sha256=sha256, told=told)
