"""The tar that a bag travels in: POSIX pax, uncompressed, every byte of it known beforehand.

```
header (512 or more) | the file itself | zeros up to 512 | header | …   | zeros to the end
                     ^ offset          ^ offset + size
```
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from holdings.stores.interface import Buffer

BLOCK = tarfile.BLOCKSIZE
MAX_PAX_BYTES = 64 * 1024
"""Of an extended header: a path of 4,096 bytes fits many times."""
_NEWEST = 8**11 - 1
"""The largest time that fits a plain header, so that the header's length does not hang on it."""

_LARGEST = 8**11 - 1
"""The largest size that fits a plain header."""
_MODE_AND_OWNER = b"0000644\0" + b"0000000\0" * 2
_TYPE_AND_REST = b"0".ljust(101, b"\0") + b"ustar\x0000".ljust(BLOCK - 257, b"\0")
_CONSTANT_SUM = sum(_MODE_AND_OWNER) + sum(b" " * 8) + sum(_TYPE_AND_REST)


class NotOurs(Exception):
    """A tar that was not written here; says what gave it away."""


def header(name: str, *, size_bytes: int, modified_s: int) -> bytes:
    """What stands before a file: one block, more where a name is long or not ASCII."""
    time_s = min(max(modified_s, 0), _NEWEST)
    if _is_plain(name, size_bytes):
        return _plain_header(name.encode(), size_bytes, time_s)
    member = tarfile.TarInfo(name)
    member.size = size_bytes
    member.mtime = time_s
    member.mode = 0o644
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def header_bytes(name: str, *, size_bytes: int) -> int:
    """How long the header of such a file is, whenever it was modified."""
    return BLOCK if _is_plain(name, size_bytes) else len(header(name, size_bytes=size_bytes, modified_s=0))


def _is_plain(name: str, size_bytes: int) -> bool:
    """Whether one block says it."""
    return name.isascii() and len(name) <= tarfile.LENGTH_NAME and size_bytes <= _LARGEST and "\0" not in name


def _plain_header(name: bytes, size_bytes: int, time_s: int) -> bytes:
    """The very block that `tarfile` makes, in a twentieth of the time: a bag has a header per file."""
    varying = b"%b%011o\0%011o\0" % (name, size_bytes, time_s)
    checksum = _CONSTANT_SUM + sum(varying)
    return b"".join(
        (
            name.ljust(tarfile.LENGTH_NAME, b"\0"),
            _MODE_AND_OWNER,
            varying[len(name) :],
            b"%06o\0 " % checksum,
            _TYPE_AND_REST,
        )
    )


def padding(size_bytes: int) -> bytes:
    """The zeros that follow a file of that size."""
    return bytes(-size_bytes % BLOCK)


def ending(size_bytes: int) -> bytes:
    """The zeros that end a tar of that size so far: two blocks, then up to a whole record."""
    return bytes(2 * BLOCK + -(size_bytes + 2 * BLOCK) % tarfile.RECORDSIZE)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a tar, as its header tells of it."""

    name: str
    size_bytes: int
    modified_s: int
    chunks: Iterator[bytes]
    """The file itself; to be read before the next member is asked for, or it is skipped."""


def members(chunks: Iterable[Buffer]) -> Iterator[Member]:
    """The files of a tar that was written as `header` writes it, from a stream.

    Stricter than any tar program, since the bytes may come from anybody: plain files only, no
    links, devices, folders or sparse files, no header of more than `MAX_PAX_BYTES`.

    Raises NotOurs where it meets anything else. Reads `chunks` to their end.
    """
    stream = _Stream(chunks)
    said: dict[str, str] = {}
    while any(block := stream.exactly(BLOCK)):
        try:
            head = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.HeaderError, ValueError) as error:
            raise NotOurs(f"a header cannot be read ({error})") from None
        if head.type == tarfile.XHDTYPE and not said and 0 < head.size <= MAX_PAX_BYTES:
            said = _pax(stream.exactly(head.size))
            stream.exactly(len(padding(head.size)))
        elif head.type == tarfile.REGTYPE:
            yield from _member(stream, head, said)
            said = {}
        else:
            raise NotOurs(f"{head.name[:80]!r} is no plain file (type {head.type!r})")
    stream.drain()


def _member(stream: _Stream, head: tarfile.TarInfo, said: dict[str, str]) -> Iterator[Member]:
    size = int(said["size"]) if said.get("size", "").isdecimal() else head.size
    if size < 0:
        raise NotOurs(f"{head.name[:80]!r} has a negative size")
    body = stream.pieces(size)
    yield Member(said.get("path", head.name), size, int(head.mtime), body)
    for _ in body:
        pass
    stream.exactly(len(padding(size)))


def _pax(data: bytes) -> dict[str, str]:
    """Records of `length key=value\\n` (POSIX.1-2001, pax)."""
    said: dict[str, str] = {}
    while data:
        digits, _, _ = data[:20].partition(b" ")
        length = int(digits) if digits.isdigit() else 0
        key, equals, value = data[len(digits) + 1 : length - 1].partition(b"=")
        if not equals or not key or data[length - 1 : length] != b"\n":
            raise NotOurs("an extended header is malformed")
        try:
            said[key.decode()] = value.decode()
        except UnicodeDecodeError:
            raise NotOurs("an extended header is not UTF-8") from None
        data = data[length:]
    if unknown := said.keys() - {"path", "size"}:
        raise NotOurs(f"an extended header says more than a path and a size: {sorted(unknown)[:3]}")
    return said


class _Stream:
    """Exactly as many bytes as are asked for, out of chunks of any size."""

    def __init__(self, chunks: Iterable[Buffer]) -> None:
        self._chunks = iter(chunks)
        self._held = memoryview(b"")

    def pieces(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._held:
                try:
                    self._held = memoryview(next(self._chunks))
                except StopIteration:
                    raise NotOurs("it ends in the middle") from None
            piece = self._held[:size]
            self._held = self._held[len(piece) :]
            size -= len(piece)
            yield bytes(piece)

    def exactly(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def drain(self) -> None:
        for chunk in chain([self._held], self._chunks):
            if bytes(chunk).strip(b"\0"):
                raise NotOurs("bytes follow its end")
