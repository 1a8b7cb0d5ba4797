"""The seam: what every store promises, and nothing more.

Promises that the contract suite (`tests/holdings/stores/contract.py`) holds every store to:

* A put is all or nothing: half an object is never seen, by anyone, after any crash.
* A put never replaces: where the key exists it raises AlreadyExists, also in a race of
  many writers, of whom exactly one wins.
* An object that was put is readable at once, by every reader.
* A listing is complete and in the order of the keys' UTF-8 bytes, or it raises: a partial
  listing is never returned as if it were whole.
* Bytes are checked in transit where the store can: the put sends a checksum.
* NotFound means "it is known not to be there". Anything unknown is Unavailable.

```
deposit, tiering ──> wrappers (retrying, throttled, …) ──> memory | local | s3
```
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from holdings.errors import BadInput

Buffer = bytes | memoryview
MAX_KEY_BYTES = 1024
"""S3's limit; a key of 1,000 characters of two bytes does not fit any S3 server."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
"""Keys of which nothing more need be asked but their length."""
OURS = ".holdfast"
"""What begins so is the stores' own: no key, and in no listing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """What a store says of one object when it takes it."""

    key: str
    size_bytes: int
    version: str
    """Opaque; differs whenever the bytes under the key may differ."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObjectInfo(Written):
    """What a store says of one object when it is asked, without reading it."""

    modified_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldSum:
    """A store's own word on the bytes of an object: they were not read to say it."""

    key: str
    size_bytes: int
    version: str
    algorithm: str | None
    """`SHA256`, `CRC64NVME`; None where the store keeps none for it."""
    value: str
    """As the store writes it: base64, after which a sum of parts has their number (`…=-3`)."""
    of_all_bytes: bool
    """False where it sums up the sums of parts, or where the store does not say of what it is."""


class Named(Protocol):
    """Whatever can say which store it is."""

    @property
    def name(self) -> str:
        """The operator's name of the store, from the settings."""
        ...

    @property
    def url(self) -> str:
        """Where it is, for messages; never holds a secret."""
        ...


class Lists(Named, Protocol):
    """Whatever can be listed."""

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Every object whose key begins with `prefix`, by UTF-8 byte order of the keys.

        Raises BadInput where no key can begin so (`../`, `a//`).
        """
        ...


class Heads(Named, Protocol):
    """Whatever can be asked about one object."""

    def head(self, key: str) -> ObjectInfo:
        """What is known of `key`. Raises NotFound."""
        ...


class Reads(Named, Protocol):
    """Whatever can be read."""

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        """The bytes of `key` from `start` to its end, in chunks of bounded size.

        Nothing is opened, and nothing raised, before the first chunk is asked for. `start` may
        be the size of the object (no bytes are left) but not more (BadInput).

        version : refuse with Conflict if the object is no longer that version; None means any.

        Raises NotFound, NotOnline; Transient if the connection breaks in the middle (an
        iterator that ends without raising has given every byte).
        """
        ...

    def get_whole(self, key: str, *, at_most: int, version: str | None = None) -> tuple[ObjectInfo, Buffer]:
        """A small object and what is known of it, in one request.

        at_most : bytes that are taken into memory; BadInput where the object has more.

        Otherwise as `get`.
        """
        ...

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Exactly `length` bytes from `start`. Raises BadInput where the object is shorter."""
        ...


class Writes(Named, Protocol):
    """Whatever takes new objects."""

    def put(self, key: str, data: Buffer) -> Written:
        """Write a small object, whole. Raises AlreadyExists, StoreFull."""
        ...

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
        """Write an object of any size in bounded memory.

        size_bytes : what the chunks add up to. If they do not, nothing is written (BadInput).

        If `chunks` raises, nothing is written and the error passes through.
        """
        ...


class Copies(Named, Protocol):
    """Whatever copies within itself, without the bytes passing through us."""

    def copy(self, source_key: str, target_key: str, *, source: str | None = None) -> Written:
        """A new object with the bytes of `source_key`. Raises NotFound, AlreadyExists.

        source : the URL of the store that has it, one `beside` this (see `holdings.stores.beside`);
            None means this store.
        """
        ...


class Deletes(Named, Protocol):
    """Whatever can forget an object."""

    def delete(self, key: str, *, version: str) -> None:
        """Remove `key` if it is still `version` (from `head` or `list`).

        Raises Conflict if it is another version, NotFound if there is none. Only
        `tiering` and clean-up of our own unfinished work call it.
        """
        ...


class Warms(Named, Protocol):
    """Cold retrieval is part of a store, not bolted on."""

    def warm(self, key: str, *, days: int = 7) -> None:
        """Ask that `key` be readable for `days`; returns at once. Does nothing where it already is."""
        ...

    def is_online(self, key: str) -> bool:
        """Whether `key` can be read now. Raises NotFound."""
        ...


class Tells(Named, Protocol):
    """Whatever says what its objects sum up to, also of those that sleep."""

    def told_sum(self, key: str) -> ToldSum:
        """The checksum that the store keeps of `key`; nothing is read for it. Raises NotFound."""
        ...


class Store(Lists, Heads, Reads, Writes, Copies, Deletes, Warms, Tells, Protocol):
    """One place that keeps objects. Ask for the smaller protocols where they suffice."""

    def close(self) -> None:
        """Give back connections; the store is not used afterwards."""
        ...


def check_key(key: str) -> str:
    """`key` itself, or BadInput: keys come from outside, too.

    A key is 1 to 1,024 bytes of UTF-8 without control characters or `\\`, without an empty, `.`
    or `..` part, neither begins nor ends with `/`, and its first part is not `.holdfast`.
    """
    if len(key) <= MAX_KEY_BYTES and _PLAIN.fullmatch(key):
        return key  # as nearly all are; each request asks
    try:
        size = len(key.encode("utf-8"))
    except UnicodeEncodeError:
        raise BadInput(f"The key {key[:80]!r} is not valid Unicode.") from None
    if not 1 <= size <= MAX_KEY_BYTES:
        raise BadInput(f"The key {key[:80]!r} is {size} bytes long; a key takes 1 to {MAX_KEY_BYTES}.")
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise BadInput(f"The key {key[:80]!r} has an empty, '.' or '..' part.")
    if key.split("/", 1)[0] == OURS:
        raise BadInput(f"The key {key[:80]!r} begins with '{OURS}', which is the stores' own.")
    if _CONTROL.search(key):
        raise BadInput(f"The key {key[:80]!r} has a control character.")
    if "\\" in key:
        # SeaweedFS takes it for `/`: two keys would be one.
        raise BadInput(f"The key {key[:80]!r} has a backslash.")
    return key


def check_prefix(prefix: str) -> str:
    """`prefix` itself, or BadInput: up to its last `/` it must be what a key can begin with."""
    folder, slash, _ = prefix.rpartition("/")
    if slash:
        check_key(folder)
    return prefix


def check_range(key: str, start: int, length: int) -> None:
    """BadInput unless the range is one that an object can have."""
    if start < 0 or length < 0:
        raise BadInput(f"{length} bytes from byte {start} of {key} is not a range.")


def no_sum(info: ObjectInfo) -> ToldSum:
    """What a store tells that keeps no checksums."""
    return ToldSum(
        key=info.key,
        size_bytes=info.size_bytes,
        version=info.version,
        algorithm=None,
        value="",
        of_all_bytes=False,
    )


def nothing_beside(store: str, source: str) -> BadInput:
    """What a copy from another store raises where the store cannot reach any."""
    return BadInput(f"{store} cannot copy from {source} by itself.")


def too_short(key: str, size_bytes: int, *, end: int) -> BadInput:
    """What a read beyond the end of an object raises."""
    return BadInput(f"{key} has {size_bytes} bytes; byte {end - 1} was asked for.")


def too_long(key: str, size_bytes: int, *, at_most: int) -> BadInput:
    """What a reading of a small object raises that is not small."""
    return BadInput(f"{key} has {size_bytes} bytes; at most {at_most} were expected.")


def wrong_size(key: str, *, size_bytes: int, found: int) -> BadInput:
    """What a put_stream raises whose chunks do not add up to what was said."""
    return BadInput(f"{found} bytes came for {key}, {size_bytes} were announced; nothing was written.")
