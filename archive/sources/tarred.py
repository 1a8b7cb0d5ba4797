"""A tar as a source: listed in one pass over its headers, each file then read where it lies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.sources.archived import Stamp, confirm_stamp, exactly, folder_of, plain_name, refused, told
from archive.sources.interface import CHUNK_BYTES, LeftOut, SourceFile, unreadable
from archive.sources.ranged import ranged
from archive.validating.bytes_at import BytesAt, Window
from archive.validating.interface import Problem
from archive.validating.members import Lie, Member, members


class TarSource:
    """The files in an uncompressed tar."""

    def __init__(self, archive: BytesAt, *, stamp: Stamp) -> None:
        self.origin = archive.name
        self._archive = archive
        self._stamp_now = stamp
        self._stamp = stamp()

    def entries(self) -> Iterator[SourceFile | LeftOut]:
        try:
            for member in members(Window(self._archive)):
                if member.offset + member.size_bytes > self._archive.size_bytes:
                    raise Lie(
                        "archive-truncated", "it was cut short: a file claims more bytes than there are"
                    )
                found = self._entry(member)
                if found is not None:
                    yield found
        except Lie as lie:
            raise refused(self._archive, lie.sentence) from None
        except Problem as problem:
            raise refused(self._archive, f"it {told(problem)}") from None

    def _entry(self, member: Member) -> SourceFile | LeftOut | None:
        if member.kind is not None:
            return LeftOut(path=plain_name(member.name), because=f"{member.kind}, not a file")
        if member.is_folder:
            return folder_of(member.name)
        return SourceFile(
            path=plain_name(member.name),
            size_bytes=member.size_bytes,
            modified_ns=member.modified_s * 10**9,
            identity=f"{member.offset} {self._stamp}",
        )

    def open(self, file: SourceFile) -> BinaryIO:
        start = _offset(file)
        return ranged(
            lambda offset, length: self._archive.at(start + offset, length),
            size_bytes=file.size_bytes,
            buffer_bytes=self._archive.least_bytes,
        )

    def read(self, file: SourceFile) -> Iterator[bytes]:
        offset, left = _offset(file), file.size_bytes
        try:
            while left:
                chunk = exactly(self._archive, file.path, offset, min(CHUNK_BYTES, left))
                offset, left = offset + len(chunk), left - len(chunk)
                yield chunk
        except Problem as problem:
            raise unreadable(file.path, told(problem)) from None

    def confirm(self, file: SourceFile) -> None:
        confirm_stamp(self._stamp_now, file.identity.partition(" ")[2], file.path)

    def local_path(self, file: SourceFile) -> Path | None:  # noqa: ARG002  # it lies inside another file
        return None


def _offset(file: SourceFile) -> int:
    return int(file.identity.partition(" ")[0])
