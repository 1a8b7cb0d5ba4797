"""A zip as a source: its table of contents is read once, each file is then unpacked as it is read."""

from __future__ import annotations

import tempfile
import zlib
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from archive.sources.archived import Stamp, confirm_stamp, exactly, folder_of, plain_name, refused, told
from archive.sources.interface import CHUNK_BYTES, LeftOut, SourceFile, unreadable
from archive.sources.ranged import ranged
from archive.sources.zip_directory import LOCAL_BYTES, STORED, Damaged, Entry, data_offset, entries
from archive.validating.bytes_at import BytesAt
from archive.validating.interface import Problem
from archive.validating.unpacking import ALWAYS_ALLOWED_BYTES, MAX_RATIO
from holdings.errors import BadInput

_HELD_BYTES = 4 * 1024 * 1024
"""Of a file that is unpacked to be looked into; the rest goes to a temporary file."""


class ZipSource:
    """The files in a zip."""

    def __init__(self, archive: BytesAt, *, stamp: Stamp) -> None:
        self.origin = archive.name
        self._archive = archive
        self._stamp_now = stamp
        self._stamp = stamp()

    def entries(self) -> Iterator[SourceFile | LeftOut]:
        starts, ends, total = array("q"), array("q"), 0
        try:
            for entry in entries(self._archive):
                starts.append(entry.header_offset)
                ends.append(entry.header_offset + LOCAL_BYTES + entry.packed_bytes)
                total += entry.size_bytes
                if (found := self._entry(entry)) is not None:
                    yield found
        except Damaged as damage:
            raise refused(self._archive, str(damage)) from None
        except (Problem, OverflowError) as problem:
            raise refused(self._archive, f"it cannot be read: {problem}") from None
        if total > ALWAYS_ALLOWED_BYTES and total > MAX_RATIO * self._archive.size_bytes:
            raise refused(self._archive, f"it unpacks to more than {MAX_RATIO} times its size")
        if _overlap(starts, ends):
            raise refused(self._archive, "two of its files share bytes, which is how small zips become large")

    def _entry(self, entry: Entry) -> SourceFile | LeftOut | None:
        if entry.kind is not None:
            return LeftOut(path=plain_name(entry.name), because=entry.kind)
        if entry.name.endswith("/"):
            return folder_of(entry.name)
        place = (entry.header_offset, entry.packed_bytes, entry.method, entry.crc32, self._stamp)
        return SourceFile(
            path=plain_name(entry.name),
            size_bytes=entry.size_bytes,
            modified_ns=entry.modified_s * 10**9,
            identity=" ".join([*map(str, place), entry.name]),
        )

    def open(self, file: SourceFile) -> BinaryIO:
        """Only a member that is what the zip says is opened: a broken one is found before any bag is made.

        Of a large one that lies there unpacked nothing is held: it is read through, and then where it lies.
        """
        start, packed, method, _ = self._place(file)
        if method == STORED and packed == file.size_bytes > _HELD_BYTES:
            self._read_through(file)
            return ranged(
                lambda offset, length: self._archive.at(start + offset, length),
                size_bytes=packed,
                buffer_bytes=self._archive.least_bytes,
            )
        held = tempfile.SpooledTemporaryFile(max_size=_HELD_BYTES)  # noqa: SIM115  # the caller closes it
        try:
            for chunk in self._unpacked(file):
                held.write(chunk)
        except (Damaged, BadInput) as error:
            held.close()
            raise OSError(str(error)) from None
        held.seek(0)
        return cast("BinaryIO", held)

    def _read_through(self, file: SourceFile) -> None:
        try:
            for _ in self._unpacked(file):
                pass
        except (Damaged, BadInput) as error:
            raise OSError(str(error)) from None

    def read(self, file: SourceFile) -> Iterator[bytes]:
        try:
            yield from self._unpacked(file)
        except Damaged as damage:
            raise unreadable(file.path, str(damage)) from None

    def _unpacked(self, file: SourceFile) -> Iterator[bytes]:
        size, crc = 0, 0
        try:
            start, packed, method, meant = self._place(file)
            pieces = self._packed(file.path, start, packed)
            for chunk in pieces if method == STORED else _inflated(pieces):
                size, crc = size + len(chunk), zlib.crc32(chunk, crc)
                if size > file.size_bytes:
                    break
                yield chunk
        except (Problem, OSError, zlib.error) as error:
            raise Damaged(told(error) if isinstance(error, Problem) else str(error)) from None
        if size != file.size_bytes:
            raise Damaged(f"it unpacks to another size than the {file.size_bytes} bytes it declares")
        if crc != meant:
            raise Damaged("it does not match the CRC-32 in the zip")

    def confirm(self, file: SourceFile) -> None:
        confirm_stamp(self._stamp_now, file.identity.split(" ", 5)[4], file.path)

    def local_path(self, file: SourceFile) -> Path | None:  # noqa: ARG002  # it lies inside another file
        return None

    def _place(self, file: SourceFile) -> tuple[int, int, int, int]:
        """First packed byte, packed bytes, method and CRC-32."""
        offset, packed, method, crc, _, name = file.identity.split(" ", 5)
        try:
            start = data_offset(self._archive, name, int(offset))
        except Damaged as damage:
            raise OSError(str(damage)) from None
        return start, int(packed), int(method), int(crc)

    def _packed(self, path: str, offset: int, left: int) -> Iterator[bytes]:
        while left:
            chunk = exactly(self._archive, path, offset, min(CHUNK_BYTES, left))
            offset, left = offset + len(chunk), left - len(chunk)
            yield chunk


def _overlap(starts: array[int], ends: array[int]) -> bool:
    first, last = np.frombuffer(starts, np.int64), np.frombuffer(ends, np.int64)
    order = np.argsort(first, kind="stable")
    return bool((first[order][1:] < last[order][:-1]).any()) if len(order) > 1 else False


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in packed:
        rest = piece
        while rest and not engine.eof:
            if chunk := engine.decompress(rest, CHUNK_BYTES):
                yield chunk
            rest = engine.unconsumed_tail
    while not engine.eof and (chunk := engine.decompress(b"", CHUNK_BYTES)):
        yield chunk
