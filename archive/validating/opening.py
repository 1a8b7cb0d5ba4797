"""From a path or a key to the source of a bag, by what is there and not by what it is called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from archive.validating.bytes_at import BytesAt, HeadsAndReads, LocalBytes, StoredBytes
from archive.validating.folder import FolderSource
from archive.validating.interface import BagSource, Problem
from archive.validating.members import BLOCK
from archive.validating.stored import ListsAndReads, PrefixSource
from archive.validating.tarred import TarSource
from archive.validating.unpacking import UnpackedTarSource
from archive.validating.zipped import ZipSource
from holdings.errors import BadInput, NotFound
from holdings.stores.interface import check_key

_KINDS_HINT = "Give a folder, a tar, a gzipped tar or a zip that holds a bag."


class StoreForBags(ListsAndReads, HeadsAndReads, Protocol):
    """What a store must offer so that a bag in it can be validated."""


@contextmanager
def open_path(path: Path) -> Iterator[BagSource]:
    """The bag at `path`. Raises BadInput where there is nothing that could be one."""
    if path.is_dir():
        yield FolderSource(path)
        return
    if not path.is_file():
        if not path.exists():
            hint = f"{_KINDS_HINT} With --store NAME it is a key there."
            raise BadInput(f"{path} is not there.", hint=hint)
        raise BadInput(f"{path} is neither a folder nor a file.", hint=_KINDS_HINT)
    try:
        opened = LocalBytes(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be opened: {error.strerror}.") from None
    with opened:
        yield open_archive(opened)


def open_stored(store: StoreForBags, key: str) -> BagSource:
    """The bag under `key`: an archive if there is such an object, loose files under that prefix if not.

    Raises BadInput where there is neither.
    """
    if not key.endswith("/"):
        try:
            return open_archive(StoredBytes(store, check_key(key)))
        except NotFound:
            pass
    if next(store.list(key.rstrip("/") + "/"), None) is None:
        raise BadInput(
            f"{store.name} holds neither an object {key} nor anything below it.",
            hint="A key is written as the store spells it: packages/nhmuk-pinned-0f3a52c1d9e4/bag.tar",
        )
    return PrefixSource(store, key)


def open_archive(archive: BytesAt) -> BagSource:
    """The bag in an archive, by its first bytes. Raises BadInput where they are of no kind known."""
    try:
        start = archive.at(0, BLOCK)
    except Problem as problem:
        raise BadInput(f"{archive.name} {problem.sentence}.") from None
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return ZipSource(archive)
    if start.startswith(b"\x1f\x8b"):
        return UnpackedTarSource(archive)
    if len(start) == BLOCK and (start[257:262] == b"ustar" or sums_up(start)):
        return TarSource(archive)
    raise BadInput(f"{archive.name} is no tar, gzipped tar or zip.", hint=_KINDS_HINT)


def sums_up(header: bytes) -> bool:
    """Whether this is a header of a tar from before 1988, which has no mark but its checksum."""
    told = header[148:156].rstrip(b"\0 ").lstrip(b" ")
    total = sum(header) - sum(header[148:156]) + 8 * 32
    return told in (b"%o" % total, b"%06o" % total)
