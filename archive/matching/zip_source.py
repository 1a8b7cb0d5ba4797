"""A zip as a folder of sources: looked at before it is trusted, and never unpacked to disk."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from archive.matching.bounds import (
    MAX_MEMBERS,
    MAX_TABLE_BYTES,
    MAX_ZIP_DIRECTORY_BYTES,
    MAX_ZIP_RATIO,
    ZIP_RATIO_FROM_BYTES,
)
from archive.matching.findings import shown
from archive.matching.sources import Source
from holdings.errors import BadInput

_TAIL_BYTES = 22 + 65_535 + 20
"""The end record, the longest comment, and the locator of a 64-bit directory before it."""
_HOW_OUT = "Unpack it, look at it, and give the folder."
_ENCRYPTED = 0x1
_READABLE = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def zip_sources(path: Path) -> dict[str, Source]:
    """The files in a zip by their names. BadInput: broken, unsafe, or more than it should be."""
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as opened:
            members = opened.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise BadInput(f"{path.name} is not a zip that can be read: {error}.", hint=_HOW_OUT) from None
    if len(members) > MAX_MEMBERS:
        raise BadInput(
            f"{path.name} holds {len(members):,} files; an archive of metadata may hold {MAX_MEMBERS:,}.",
            hint=_HOW_OUT,
        )
    sources: dict[str, Source] = {}
    for member in members:
        _check_member(path.name, member)
        if member.filename in sources:
            raise BadInput(f"{path.name} holds {shown(member.filename)} twice.", hint=_HOW_OUT)
        if not member.is_dir():
            sources[member.filename] = _member_source(path, member)
    _check_total(path.name, members)
    return sources


def _check_directory(path: Path) -> None:
    """Before zipfile reads the directory whole: it may be said to be gigabytes."""
    with path.open("rb") as opened:
        opened.seek(max(0, opened.seek(0, 2) - _TAIL_BYTES))
        tail = opened.read(_TAIL_BYTES)
    at = tail.rfind(b"PK\x05\x06")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if at >= 0 and (size > MAX_ZIP_DIRECTORY_BYTES or tail[max(0, at - 20) : at].startswith(b"PK\x06\x07")):
        raise BadInput(
            f"{path.name} has a table of contents for many thousands of files or for more than 4 GB.",
            hint=_HOW_OUT,
        )


def _check_member(archive: str, member: zipfile.ZipInfo) -> None:
    name = member.filename
    kind = stat.S_IFMT(member.external_attr >> 16)
    rules = (
        (not is_safe_name(member.orig_filename), "its path is absolute or leads out of the archive"),
        (kind not in (0, stat.S_IFREG, stat.S_IFDIR), "it is a link or a device, not a file"),
        (bool(member.flag_bits & _ENCRYPTED), "it is encrypted"),
        (member.compress_type not in _READABLE, "it is packed in a way that zips of metadata are not"),
        (
            _is_bomb(member),
            f"it would unpack to {member.file_size:,} bytes, more than {MAX_ZIP_RATIO} times its size",
        ),
        (member.file_size > MAX_TABLE_BYTES, f"it would unpack to {member.file_size:,} bytes"),
    )
    for broken, because in rules:
        if broken:
            raise BadInput(f"{archive} is refused: of its member {shown(name)}, {because}.", hint=_HOW_OUT)


def is_safe_name(name: str) -> bool:
    """Whether a path stays inside its folder on every system."""
    plain = name.removesuffix("/")
    return (
        bool(plain)
        and not any(sign in plain for sign in "\\\0:")
        and all(part not in ("", ".", "..") for part in plain.split("/"))
    )


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    return member.file_size > ZIP_RATIO_FROM_BYTES and member.file_size > MAX_ZIP_RATIO * max(
        1, member.compress_size
    )


def _check_total(archive: str, members: list[zipfile.ZipInfo]) -> None:
    total = sum(member.file_size for member in members)
    if total > 2 * MAX_TABLE_BYTES:
        raise BadInput(
            f"{archive} would unpack to {total:,} bytes; {2 * MAX_TABLE_BYTES:,} are allowed.", hint=_HOW_OUT
        )


def _member_source(path: Path, member: zipfile.ZipInfo) -> Source:
    # zipfile gives no byte beyond the size that was checked above, whatever the packed bytes hold.
    def opens() -> IO[bytes]:
        opened = zipfile.ZipFile(path)
        try:
            return cast("IO[bytes]", _Member(opened, member))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            opened.close()
            raise BadInput(f"{path.name}: {shown(member.filename)} cannot be read: {error}.") from None

    return Source(name=f"{path.name}: {member.filename}", size_bytes=member.file_size, opens=opens)


class _Member:
    """A member that takes its zip along when it is closed, and whose damage is bad input."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._name = f"{Path(archive.filename or '').name}: {member.filename}"
        self._opened = cast("zipfile.ZipExtFile", archive.open(member))
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        with self._damage_named():
            return self._opened.read(size)

    def read1(self, size: int = -1) -> bytes:
        with self._damage_named():
            return self._opened.read1(size)

    @contextmanager
    def _damage_named(self) -> Iterator[None]:
        try:
            yield
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise BadInput(f"{self._name} is damaged: {error}.") from None

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def flush(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        self._opened.close()
        self._archive.close()
        self.closed = True

    def __enter__(self) -> _Member:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
