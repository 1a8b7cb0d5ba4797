"""From what a depositor names to the source it is: a folder, an archive, or a place in a store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from archive.sources.archived import Stamp, refused
from archive.sources.folder import FolderSource
from archive.sources.interface import Source
from archive.sources.spooling import spooled
from archive.sources.stored import StoredSource
from archive.sources.tarred import TarSource
from archive.sources.zipped import ZipSource
from archive.validating.bytes_at import BytesAt, LocalBytes, StoredBytes
from archive.validating.opening import sums_up
from holdings.errors import BadInput, NotFound
from holdings.records import JOURNAL_PREFIX, PACKAGES_PREFIX
from holdings.settings import Settings
from holdings.stores.interface import OURS, Store

_KINDS_HINT = "Give a folder, a tar, a gzipped tar, a zip, or a place in a store as NAME:PREFIX."
_OTHERS = (
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"(\xb5/\xfd", "zstd"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a source is, so that it can be opened again, on another machine, too."""

    where: str
    """An absolute path, or a key or prefix in `store`."""
    store: str | None = None
    """None means this machine's file system."""

    @property
    def told(self) -> str:
        """As it is named in sentences."""
        return self.where if self.store is None else f"{self.store}:{self.where}"


def find_place(named: str, settings: Settings) -> Place:
    """What `named` means: a path that is there, `s3://bucket/prefix` of a store of the settings, or
    `store:prefix`. A path goes first. Raises BadInput where it is nothing of these.
    """
    path = Path(named)
    if named and "\0" not in named and os.path.lexists(path):
        return Place(where=str(path.absolute()))
    if "://" in named:
        return _by_url(named, settings)
    store, colon, prefix = named.partition(":")
    if colon and store in settings.stores:
        return _checked(Place(where=prefix, store=store))
    raise BadInput(f"The source {named[:500]} cannot be opened: No such file or directory.", hint=_KINDS_HINT)


def _by_url(named: str, settings: Settings) -> Place:
    for name, spec in settings.stores.items():
        if named == spec.url or named.startswith(spec.url.rstrip("/") + "/"):
            return _checked(Place(where=named[len(spec.url.rstrip("/")) + 1 :], store=name))
    raise BadInput(
        f"The source {named[:500]} lies in no store of the settings.",
        hint=f"The settings name: {', '.join(settings.stores)}. "
        "Add a [stores.NAME] for it, with read_only = true.",
    )


def _checked(place: Place) -> Place:
    """Refuse what Holdfast itself keeps there: a deposit of deposits would never end."""
    for ours in (PACKAGES_PREFIX, JOURNAL_PREFIX, OURS):
        if place.where.startswith(ours) or ours.startswith(place.where):
            raise BadInput(
                f"The source {place.told} holds what Holdfast itself keeps in that store ({ours}).",
                hint="Name a prefix that has nothing to do with it: hot:incoming/2026-11/",
            )
    return place


@contextmanager
def open_source(
    place: Place, stores: Mapping[str, Store], *, scratch: Path
) -> Iterator[tuple[Source, Place]]:
    """The source at `place`, for as long as the context lasts, and where it can be opened again.

    scratch : a folder for the unpacked form of a gzipped tar, which can be read in one order only.
    """
    if place.store is not None:
        yield _in_store(stores[place.store], place), place
        return
    path = Path(place.where)
    if path.is_dir() or not path.is_file():
        yield FolderSource(path), place
        return
    with _opened(path) as archive:
        head = archive.at(0, 512)
        if not head.startswith(b"\x1f\x8b"):
            yield _archive(archive, head, partial(_stamp, path)), place
            return
        name = hashlib.sha256(f"{path}\0{_stamp(path)}".encode()).hexdigest()[:16]
        unpacked = spooled(archive, scratch / f"{name}.tar")
    with _opened(unpacked) as tar:
        tar.name = place.told
        yield TarSource(tar, stamp=partial(_stamp, unpacked)), Place(where=str(unpacked))


def _in_store(store: Store, place: Place) -> Source:
    """An archive, if there is such an object, or else what lies below the prefix."""
    if place.where and not place.where.endswith("/"):
        try:
            archive = StoredBytes(store, place.where)
        except NotFound:
            return StoredSource(store, place.where + "/")
        return _archive(archive, archive.at(0, 512), lambda: store.head(place.where).version)
    return StoredSource(store, place.where)


@contextmanager
def _opened(path: Path) -> Iterator[LocalBytes]:
    try:
        archive = LocalBytes(path)
    except OSError as error:
        raise BadInput(f"The source {path} cannot be opened: {error.strerror}.") from None
    with archive:
        yield archive


def _archive(archive: BytesAt, head: bytes, stamp: Stamp) -> Source:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZipSource(archive, stamp=stamp)
    if len(head) == 512 and (head[257:262] == b"ustar" or sums_up(head)):
        return TarSource(archive, stamp=stamp)
    for signature, what in _OTHERS:
        if head.startswith(signature):
            raise refused(archive, f"it is packed with {what}, which is not read")
    raise BadInput(f"The source {archive.name} is not a folder, and no tar or zip.", hint=_KINDS_HINT)


def _stamp(path: Path) -> str:
    status = path.stat()
    return f"{status.st_mtime_ns}.{status.st_ctime_ns}.{status.st_ino}.{status.st_size}"
