"""One package, one target: its objects, then its manifest, each read back before the next step.

The manifest is last, so that half a package in a store is no package. No copy is recorded
as `writing` beforehand: what is under way is known to nobody until it is proven, and a crash
leaves objects that the next run meets and believes only after reading them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from holdings.catalogue.manifest import manifest_bytes
from holdings.errors import (
    AlreadyExists,
    BadInput,
    Corrupt,
    HoldfastError,
    NotFound,
    SourceCorrupt,
    Unavailable,
)
from holdings.observing import Advanced, Happening, Observer, nobody
from holdings.records import MANIFEST_NAME, Package, StoredObject, sha256_hex
from holdings.stores.interface import Buffer, Store
from holdings.stores.proving import Proven, prove, put_and_prove, put_small_and_prove
from holdings.stores.reading import SMALL_BYTES, WHOLE_BYTES
from tiering.hands import Hands


class SourceLost(Exception):
    """The source is not what the catalogue says: its bytes are wrong, or an object is not there."""

    def __init__(self, store: str, cause: HoldfastError) -> None:
        super().__init__(cause.sentence)
        self.store = store
        self.cause = cause

    @property
    def missing(self) -> bool:
        """Whether an object is not there; else its bytes are wrong."""
        return isinstance(self.cause, NotFound)


class SourceAway(Exception):
    """The source could not be read now. Nothing is known of it, and nothing is claimed."""

    def __init__(self, store: str, cause: Unavailable) -> None:
        super().__init__(cause.sentence)
        self.store = store
        self.cause = cause


@dataclass(kw_only=True)
class _Source:
    """Reads one object from one store and remembers what went wrong there, not at the target."""

    store: Store
    may_go_on: Callable[[], None]
    trouble: list[HoldfastError] = field(default_factory=list)

    def chunks(self, key: str) -> Iterator[Buffer]:
        try:
            for chunk in self.store.get(key):
                self.may_go_on()
                yield chunk
        except HoldfastError as error:
            self.trouble.append(error)
            raise

    def whole(self, key: str, item: StoredObject) -> Buffer:
        """The bytes of an object that memory has room for, once they hash to what is recorded."""
        self.may_go_on()
        try:
            _, data = self.store.get_whole(key, at_most=item.size_bytes)
        except BadInput as error:
            raise SourceCorrupt(error.sentence) from None
        except HoldfastError as error:
            self.trouble.append(error)
            raise
        if (found := sha256_hex(data)) != item.sha256:
            raise SourceCorrupt(
                f"{key} in {self.store.name} gave {len(data)} bytes with the SHA-256 {found}; "
                f"recorded are {item.size_bytes} with {item.sha256}."
            )
        return data


@dataclass(frozen=True, kw_only=True)
class _Copying:
    """One package on its way."""

    package: Package
    source: Store
    target: Store
    beside: str | None
    hands: Hands
    may_go_on: Callable[[], None]
    observer: Observer

    def object(self, item: StoredObject) -> Proven:
        """Copy one object and read it back.

        A source that gave wrong bytes is asked once more: they may have been hurt on the way.
        """
        try:
            return self._object(item)
        except SourceLost as lost:
            if lost.missing:
                raise
            return self._object(item)

    def _object(self, item: StoredObject) -> Proven:
        source = _Source(store=self.source, may_go_on=self.may_go_on)
        try:
            return self._put(source, self.package.prefix + item.key, item)
        except HoldfastError as error:
            raise _blame(source, error) or error from None

    def _put(self, source: _Source, key: str, item: StoredObject) -> Proven:
        if item.size_bytes > SMALL_BYTES and (copied := self._within_server(key, item)):
            return copied
        if item.size_bytes <= WHOLE_BYTES:
            return put_small_and_prove(
                self.target,
                key,
                partial(source.whole, key, item),
                sha256=item.sha256,
                observer=self.observer,
                copying=self.hands.copying.taken(item.size_bytes),
                reading_back=self.hands.reading_back.taken(item.size_bytes),
            )
        return put_and_prove(
            self.target,
            key,
            partial(source.chunks, key),
            size_bytes=item.size_bytes,
            sha256=item.sha256,
            observer=self.observer,
            copying=self.hands.copying.taken(item.size_bytes),
            reading_back=self.hands.reading_back.taken(item.size_bytes),
        )

    def _within_server(self, key: str, item: StoredObject) -> Proven | None:
        """Have the server copy it, and read it back all the same; None where the bytes must go through us.

        What was wrong with it is not asked: whoever reads the source finds out.
        """
        if self.beside is None:
            return None
        began, version = time.monotonic(), None
        try:
            with self.hands.copying.taken(item.size_bytes):
                self.may_go_on()
                with suppress(AlreadyExists):
                    version = self.target.copy(key, key, source=self.beside).version
            meant = (item.size_bytes, item.sha256)
            with self.hands.reading_back.taken(item.size_bytes):
                return prove(self.target, key, meant, version=version, began=began, observer=self.observer)
        except Corrupt:
            # A server copies wrong bytes as they are. They are our own, and nobody counts them yet.
            if version is not None:
                self.target.delete(key, version=version)
        except HoldfastError:
            if version is None:
                return None
            raise
        return None

    def manifest(self) -> Proven:
        """A package has one manifest, byte for byte, in every store: it need not be read to be known."""
        self.may_go_on()
        data = manifest_bytes(self.package)
        return put_small_and_prove(
            self.target,
            self.package.prefix + MANIFEST_NAME,
            lambda: data,
            sha256=sha256_hex(data),
            observer=self.observer,
            copying=self.hands.copying.taken(len(data)),
            reading_back=self.hands.reading_back.taken(len(data)),
        )


def copy_package(
    package: Package,
    source: Store,
    target: Store,
    *,
    beside: str | None = None,
    hands: Hands | None = None,
    may_go_on: Callable[[], None] = lambda: None,
    observer: Observer = nobody,
) -> bool:
    """Make `target` hold `package`, proven, with its bytes from `source`. May be killed and run again.

    Returns whether all of it was written now, and nothing found from an earlier run.

    beside : the URL of the source, where the target's server can copy from there by itself.
    hands : who copies; None takes one object after the other.
    may_go_on : called at each chunk; raises to stop.
    observer : told how many bytes were read back.

    Raises SourceLost and SourceAway for what is wrong with the source; any HoldfastError for
    what is wrong with the target. Nothing is ever replaced or removed.
    """
    if hands is None:
        with Hands(1) as own:
            return copy_package(
                package, source, target, beside=beside, hands=own, may_go_on=may_go_on, observer=observer
            )
    copying = _Copying(
        package=package,
        source=source,
        target=target,
        beside=beside,
        hands=hands,
        may_go_on=may_go_on,
        observer=_read_back_only(observer),
    )
    calls = [partial(copying.object, item) for item in package.objects]
    # One object is no work for many hands: it is copied where we are.
    proven = [calls[0]()] if len(calls) == 1 else list(hands.each(calls))
    return not any(each.was_there for each in (*proven, copying.manifest()))


def _blame(source: _Source, error: HoldfastError) -> Exception | None:
    """What `error` says of the source; None where it is the target's."""
    if isinstance(error, SourceCorrupt):
        return SourceLost(source.store.name, error)
    if not source.trouble:
        return None
    cause = source.trouble[-1]
    if isinstance(cause, NotFound | Corrupt):
        return SourceLost(source.store.name, cause)
    return SourceAway(source.store.name, cause) if isinstance(cause, Unavailable) else None


def _read_back_only(observer: Observer) -> Observer:
    """Every byte is read back exactly once, whether it was written now or by a run before."""

    def tell(happening: Happening) -> None:
        if isinstance(happening, Advanced) and happening.job.startswith("reading back"):
            observer(happening)

    return tell
