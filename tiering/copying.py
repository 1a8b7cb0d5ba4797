"""One package, one target: its objects, then its manifest, each read back before the next step.

The manifest is last, so that half a package in a store is no package. No copy is recorded
as `writing` beforehand: what is under way is known to nobody until it is proven, and a crash
leaves objects that the next run meets and believes only after reading them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from holdings.catalogue.manifest import MANIFEST_MAX_BYTES, read_manifest
from holdings.errors import BadInput, Corrupt, HoldfastError, NotFound, SourceCorrupt, Unavailable
from holdings.observing import Advanced, Happening, Observer, nobody
from holdings.records import MANIFEST_NAME, Package, sha256_hex
from holdings.stores.interface import Buffer, Store
from holdings.stores.proving import put_and_prove


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
    """Reads objects of one package from one store and remembers what went wrong there, not at the target."""

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

    def small(self, key: str) -> bytes:
        """A whole object of bounded size."""
        data = b""
        for chunk in self.chunks(key):
            data += chunk
            if len(data) > MANIFEST_MAX_BYTES:
                raise SourceCorrupt(f"{key} in {self.store.name} has more than {MANIFEST_MAX_BYTES} bytes.")
        return data


def copy_package(
    package: Package,
    source: Store,
    target: Store,
    *,
    may_go_on: Callable[[], None] = lambda: None,
    observer: Observer = nobody,
) -> bool:
    """Make `target` hold `package`, proven, with its bytes from `source`. May be killed and run again.

    Returns whether all of it was written now, and nothing found from an earlier run.

    may_go_on : called at each chunk; raises to stop.
    observer : told how many bytes were read back.

    Raises SourceLost and SourceAway for what is wrong with the source; any HoldfastError for
    what is wrong with the target. Nothing is ever replaced or removed.
    """
    reading = _Source(store=source, may_go_on=may_go_on)
    try:
        return _copy(package, reading, target, _read_back_only(observer))
    except HoldfastError as error:
        raise _blame(reading, error) or error from None


def _copy(package: Package, source: _Source, target: Store, observer: Observer) -> bool:
    proven = []
    for item in package.objects:
        key = package.prefix + item.key
        proven.append(
            put_and_prove(
                target,
                key,
                partial(source.chunks, key),
                size_bytes=item.size_bytes,
                sha256=item.sha256,
                observer=observer,
            )
        )
    key = package.prefix + MANIFEST_NAME
    manifest = _manifest(package, source, key)
    proven.append(
        put_and_prove(
            target,
            key,
            lambda: (manifest,),
            size_bytes=len(manifest),
            sha256=sha256_hex(manifest),
            observer=observer,
        )
    )
    return not any(each.was_there for each in proven)


def _manifest(package: Package, source: _Source, key: str) -> bytes:
    """The very bytes of the source's manifest, once they say what the catalogue says."""
    data = source.small(key)
    try:
        told = read_manifest(data, origin=f"{key} in {source.store.name}")
    except BadInput as error:
        raise SourceCorrupt(error.sentence) from None
    if told != package:
        raise SourceCorrupt(f"{key} in {source.store.name} tells of another package than the catalogue.")
    return data


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
