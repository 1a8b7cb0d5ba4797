"""A bag in a zip: members are unpacked in memory, piece by piece, and held to what they declare."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise

from archive.validating.bytes_at import BytesAt, Window, stretch
from archive.validating.catalogued import Catalogue
from archive.validating.interface import CHUNK_BYTES, SERIALISED, Buffer, Contents, Problem, printable
from archive.validating.unpacking import ALWAYS_ALLOWED_BYTES, MAX_RATIO

_LOCAL = struct.Struct("<4s5H3I2H")
_ENCRYPTED = 0x1
UNIX_SYSTEMS = frozenset({3, 19})
"""Unix and macOS: their upper attributes are the mode of the file."""
_SIZES_FOLLOW = 0x8
_IS_UTF8 = 0x800
_SIZES_BYTES = 24
"""Of what follows a member whose sizes were not known when it began, at most."""
_END_BYTES = 22
_IN_ZIP64 = 0xFFFF_FFFF
_UNICODE_PATH = 0x7075
_LINK, _KIND = 0o120000, 0o170000


class _AsFile(io.RawIOBase):
    """What `zipfile` needs to find the central directory."""

    def __init__(self, archive: BytesAt) -> None:
        self._archive = archive
        self._window = Window(archive)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        start = (0, self._window.position, self._archive.size_bytes)[whence]
        self._window.go_to(max(0, start + offset))
        return self._window.position

    def tell(self) -> int:
        return self._window.position

    def read(self, size: int = -1, /) -> bytes:
        left = max(0, self._archive.size_bytes - self._window.position)
        return self._window.read(left if size < 0 else min(size, left))


class ZipSource:
    """A zip whose central directory was read once and is then held against every member."""

    media_type = "application/zip"

    def __init__(self, archive: BytesAt) -> None:
        self.name = archive.name
        self._archive = archive
        self._members: dict[str, zipfile.ZipInfo] = {}

    def contents(self) -> Contents:
        catalogue = Catalogue()
        try:
            with zipfile.ZipFile(_AsFile(self._archive)) as opened:
                listed = opened.infolist()
                directory, comment_bytes = opened.start_dir, len(opened.comment)
        except (
            zipfile.BadZipFile,
            ValueError,
            NotImplementedError,
            struct.error,
            UnicodeDecodeError,
        ) as broken:
            catalogue.tell(
                "archive-damaged", SERIALISED, f"The zip has no readable central directory: {broken}."
            )
            return catalogue.finish()
        if _is_bomb(listed, self._archive.size_bytes):
            catalogue.tell(
                "archive-bomb",
                SERIALISED,
                f"The zip unpacks to more than {MAX_RATIO} times its size; it was left.",
            )
            return catalogue.finish()
        for member in listed:
            self._take(catalogue, member)
        if catalogue.lies_flat:
            catalogue = Catalogue(flat=True)
            self._members.clear()
            for member in listed:
                self._take(catalogue, member)
        _tell_overlaps(catalogue, listed)
        if _hides_something(self._archive, listed, directory, comment_bytes):
            sentence = (
                "Before, between or behind the members of the zip lies what its directory does not name."
            )
            catalogue.tell("zip-hidden", SERIALISED, sentence)
        return catalogue.finish()

    def _take(self, catalogue: Catalogue, member: zipfile.ZipInfo) -> None:
        name, is_sure = _name(member)
        if not is_sure:
            sentence = f"{printable(name)} has a second name in the zip; which one a reader takes is chance."
            catalogue.tell("zip-header-lies", SERIALISED, sentence, name)
        if member.create_system in UNIX_SYSTEMS and (member.external_attr >> 16) & _KIND not in (
            0,
            0o100000,
            0o040000,
        ):
            kind = "a link" if (member.external_attr >> 16) & _KIND == _LINK else "a device"
            catalogue.take_strange(name, kind)
        elif name.endswith("/"):
            catalogue.take_folder(name)
            if member.file_size:
                sentence = f"{printable(name)} is a folder and has bytes in the zip."
                catalogue.tell("zip-header-lies", SERIALISED, sentence, name)
        elif (path := catalogue.take_file(name, member.file_size)) is not None:
            self._members[path] = member

    def read(self, path: str) -> Iterator[Buffer]:
        member = self._members[path]
        methods = {zipfile.ZIP_STORED: _stored, zipfile.ZIP_DEFLATED: _inflated}
        if member.flag_bits & _ENCRYPTED or member.compress_type not in methods:
            raise Problem("zip-method", "is encrypted or packed by a method other than deflate")
        packed = stretch(self._archive, self._data_offset(member), member.compress_size)
        return _held_to(member, methods[member.compress_type](packed))

    def _data_offset(self, member: zipfile.ZipInfo) -> int:
        header = self._archive.at(member.header_offset, _LOCAL.size)
        if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
            raise Problem("zip-header-lies", "is not where the zip's directory says")
        flags: int
        method: int
        name_bytes: int
        extra_bytes: int
        _, _, flags, method, _, _, crc, packed, size, name_bytes, extra_bytes = _LOCAL.unpack(header)
        name = self._archive.at(member.header_offset + _LOCAL.size, name_bytes)
        encoding = "utf-8" if member.flag_bits & _IS_UTF8 else "cp437"
        if name.decode(encoding, "replace") != member.orig_filename:
            raise Problem("zip-header-lies", "has another name at its place than in the zip's directory")
        if method != member.compress_type or (flags ^ member.flag_bits) & _ENCRYPTED:
            raise Problem("zip-header-lies", "is packed in another way than the zip's directory says")
        told = ((crc, member.CRC), (packed, member.compress_size), (size, member.file_size))
        if not flags & _SIZES_FOLLOW and any(here not in (there, _IN_ZIP64) for here, there in told):
            raise Problem(
                "zip-header-lies", "has another size or checksum at its place than in the directory"
            )
        return member.header_offset + _LOCAL.size + name_bytes + extra_bytes


def _name(member: zipfile.ZipInfo) -> tuple[str, bool]:
    """The name as its writer meant it, and whether every reader would take it for the same.

    Unix tools write UTF-8 without saying so; by the letter it would be code page 437.
    """
    name = member.orig_filename
    plain = _plain_name(member)
    second = second_name(member.extra)
    if second is not None and second != plain:
        # Between two encodings, what is ASCII stays.
        same = not plain.isascii() and ascii_of(plain) == ascii_of(second)
        return (second.decode("utf-8", "surrogateescape") if same else name), same
    if second is None and member.create_system not in UNIX_SYSTEMS:
        return name, True
    try:
        return plain.decode(), True
    except UnicodeDecodeError:
        return name, True


def _plain_name(member: zipfile.ZipInfo) -> bytes:
    return member.orig_filename.encode("utf-8" if member.flag_bits & _IS_UTF8 else "cp437")


def ascii_of(name: bytes) -> bytes:
    """What of a name is the same in all encodings of zips."""
    return bytes(byte for byte in name if byte < 128)


def second_name(extra: bytes) -> bytes | None:
    """The name that Info-ZIP's tools take instead of the plain one, where a member has it."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == _UNICODE_PATH:
            return extra[9 : 4 + length]  # after a version and a checksum
        extra = extra[4 + length :]
    return None


def _is_bomb(listed: list[zipfile.ZipInfo], archive_bytes: int) -> bool:
    total = sum(member.file_size for member in listed)
    return total > ALWAYS_ALLOWED_BYTES and total > MAX_RATIO * archive_bytes


def _tell_overlaps(catalogue: Catalogue, listed: list[zipfile.ZipInfo]) -> None:
    """Members that share bytes: how a small zip becomes petabytes."""
    ranges = sorted((member.header_offset, member.compress_size, member.orig_filename) for member in listed)
    for (start, size, _), (following, _, name) in pairwise(ranges):
        if start + _LOCAL.size + size > following:
            catalogue.tell("zip-overlap", SERIALISED, "A member of the zip overlaps another one.", name)


def _hides_something(
    archive: BytesAt, listed: list[zipfile.ZipInfo], directory: int, comment_bytes: int
) -> bool:
    """Whether there are bytes of no member: who reads from the front would find other files than we."""
    if archive.at(max(0, archive.size_bytes - comment_bytes - _END_BYTES), 4) != b"PK\x05\x06":
        return True
    members = sorted(listed, key=lambda member: member.header_offset)
    starts = [*(member.header_offset for member in members), directory]
    return starts[0] > 0 or any(
        _leaves_room(archive, member, following)
        for member, following in zip(members, starts[1:], strict=True)
    )


def _leaves_room(archive: BytesAt, member: zipfile.ZipInfo, following: int) -> bool:
    end = member.header_offset + _LOCAL.size + len(_plain_name(member)) + member.compress_size
    if following - end <= _SIZES_BYTES + len(member.extra):
        return False  # the usual case, told without a read
    header = archive.at(member.header_offset, _LOCAL.size)
    extra_bytes = int.from_bytes(header[-2:], "little") if len(header) == _LOCAL.size else 0
    return following - end - extra_bytes > _SIZES_BYTES


def _stored(packed: Iterator[Buffer]) -> Iterator[Buffer]:
    return packed


def _inflated(packed: Iterator[Buffer]) -> Iterator[Buffer]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for chunk in packed:
            rest: Buffer = chunk
            while rest and not engine.eof:
                yield engine.decompress(rest, CHUNK_BYTES)
                rest = engine.unconsumed_tail
        while not engine.eof and (data := engine.decompress(b"", CHUNK_BYTES)):
            yield data
    except zlib.error:
        raise Problem("archive-damaged", "cannot be unpacked: its deflate stream is damaged") from None


def _held_to(member: zipfile.ZipInfo, chunks: Iterator[Buffer]) -> Iterator[Buffer]:
    size, crc = 0, 0
    for chunk in chunks:
        size, crc = size + len(chunk), zlib.crc32(chunk, crc)
        if size > member.file_size:
            break
        yield chunk
    if size != member.file_size:
        raise Problem(
            "zip-header-lies", f"unpacks to another size than the {member.file_size} bytes it declares"
        )
    if crc != member.CRC:
        raise Problem("archive-damaged", "does not match the CRC-32 in the zip")
