"""The table of contents of a zip, entry by entry: `zipfile` would hold all of a million entries at once.

APPNOTE.TXT 6.3.10, sections 4.3.12 (central directory), 4.3.14 to 4.3.16 (its end), 4.5.3 (64 bit).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from archive.validating.bytes_at import BytesAt, Window
from archive.validating.zipped import UNIX_SYSTEMS, ascii_of, second_name

STORED, DEFLATED = 0, 8
_END = struct.Struct("<4s4H2IH")
_END_64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR = struct.Struct("<4sIQI")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_LOCAL = struct.Struct("<4s5H3I2H")
_TAIL_BYTES = 22 + 65_535
_ENCRYPTED, _UTF_8 = 0x1, 0x800
_UNIX = 3
_LINK, _FILE, _FOLDER, _KIND = 0o120000, 0o100000, 0o040000, 0o170000
_FULL_32 = 0xFFFFFFFF


class Damaged(Exception):
    """The zip contradicts itself; says how."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One entry of the central directory."""

    name: str
    """Bytes that are not of the encoding it claims are kept as surrogates."""
    header_offset: int
    packed_bytes: int
    size_bytes: int
    crc32: int
    method: int
    modified_s: int
    kind: str | None
    """What it is where it is neither file nor folder; `encrypted` is a kind, too."""


def entries(archive: BytesAt) -> Iterator[Entry]:
    """Every entry, in the order of the directory. Raises Damaged."""
    count, offset, size = _directory(archive)
    window = Window(archive)
    window.go_to(offset)
    for _ in range(count):
        yield _entry(window, offset + size)
    if window.position != offset + size:
        raise Damaged("its table of contents holds more than it says")


def _directory(archive: BytesAt) -> tuple[int, int, int]:
    """Entries, first byte and size of the directory."""
    start = max(0, archive.size_bytes - _TAIL_BYTES)
    tail = archive.at(start, _TAIL_BYTES)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise Damaged("it has no table of contents: it was cut short, or is no zip")
    _, disk, first_disk, _, count, size, offset, _ = _END.unpack_from(tail, at)
    if disk or first_disk:
        raise Damaged("it is one part of several")
    if (
        (count, size, offset) != (0xFFFF, _FULL_32, _FULL_32)
        and _FULL_32 not in (size, offset)
        and count < 0xFFFF
    ):
        end = start + at
    else:
        count, size, offset, end = _directory_64(archive, start + at)
    if offset + size > end:
        raise Damaged("its table of contents does not lie before its end")
    # Something (a program that unpacks itself) may stand before the zip; offsets would count from there.
    if count and archive.at(offset, 4) != b"PK\x01\x02":
        raise Damaged("its table of contents is not where it says")
    return count, offset, size


def _directory_64(archive: BytesAt, end: int) -> tuple[int, int, int, int]:
    locator = archive.at(max(0, end - _LOCATOR.size), _LOCATOR.size)
    if len(locator) < _LOCATOR.size or locator[:4] != b"PK\x06\x07":
        raise Damaged("its table of contents is 64-bit and cannot be found")
    at = _LOCATOR.unpack(locator)[2]
    record = archive.at(at, _END_64.size)
    if len(record) < _END_64.size or record[:4] != b"PK\x06\x06":
        raise Damaged("its table of contents is 64-bit and cannot be found")
    fields = _END_64.unpack(record)
    return fields[7], fields[8], fields[9], at


def _entry(window: Window, end: int) -> Entry:
    fixed = window.read(_ENTRY.size)
    if len(fixed) < _ENTRY.size or fixed[:4] != b"PK\x01\x02" or window.position > end:
        raise Damaged("its table of contents is damaged")
    (_, made_by, _, flags, method, time, date, crc, packed, size, name_bytes, extra_bytes, note_bytes) = (
        _ENTRY.unpack(fixed)[:13]
    )
    attributes, offset = _ENTRY.unpack(fixed)[15:]
    raw, extra = window.read(name_bytes), window.read(extra_bytes)
    name = _name(raw, extra, is_utf8=bool(flags & _UTF_8), system=made_by >> 8)
    window.go_to(window.position + note_bytes)
    size, packed, offset = _wide(extra, [size, packed, offset])
    return Entry(
        name=name,
        header_offset=offset,
        packed_bytes=packed,
        size_bytes=size,
        crc32=crc,
        method=method,
        modified_s=_moment(date, time),
        kind=_kind(made_by >> 8, attributes, flags, method),
    )


def _name(raw: bytes, extra: bytes, *, is_utf8: bool, system: int) -> str:
    """The name as its writer meant it: Unix and Macs write UTF-8 and do not say so."""
    if is_utf8:
        return raw.decode("utf-8", "surrogateescape")
    second = second_name(extra)
    if second is not None and not raw.isascii() and ascii_of(second) == ascii_of(raw):
        raw, system = second, _UNIX
    if system in UNIX_SYSTEMS:
        with suppress(UnicodeDecodeError):
            return raw.decode()
    return raw.decode("cp437")


def _bears(raw: bytes, name: str) -> bool:
    """Whether the plain bytes of a name may be those of `name`."""
    return name in (raw.decode("utf-8", "surrogateescape"), raw.decode("cp437")) or (
        not raw.isascii() and ascii_of(raw) == ascii_of(name.encode("utf-8", "surrogateescape"))
    )


def _wide(extra: bytes, values: list[int]) -> list[int]:
    """The 64-bit values of those that are too large for 32 bits."""
    wide = b""
    while len(extra) >= 4:
        tag, length = struct.unpack_from("<2H", extra)
        if tag == 1:
            wide = extra[4 : 4 + length]
        extra = extra[4 + length :]
    large = [place for place, value in enumerate(values) if value == _FULL_32]
    if len(wide) < 8 * len(large):
        raise Damaged("its table of contents lacks a 64-bit size")
    for number, place in enumerate(large):
        values[place] = int.from_bytes(wide[8 * number : 8 * number + 8], "little")
    return values


def _moment(date: int, time: int) -> int:
    """Seconds since 1970 of a DOS time, which has no zone; 0 where it is none."""
    try:
        moment = datetime(
            1980 + (date >> 9),
            date >> 5 & 15,
            date & 31,
            time >> 11,
            time >> 5 & 63,
            (time & 31) * 2,
            tzinfo=UTC,
        )
    except ValueError:
        return 0
    return int(moment.timestamp())


def _kind(system: int, attributes: int, flags: int, method: int) -> str | None:
    if system in UNIX_SYSTEMS and (mode := attributes >> 16 & _KIND) not in (0, _FILE, _FOLDER):
        return "a link; links are not followed" if mode == _LINK else "a device, not a file"
    if flags & _ENCRYPTED:
        return "it is encrypted"
    return None if method in (STORED, DEFLATED) else "it is packed by a method other than deflate"


def data_offset(archive: BytesAt, name: str, header_offset: int) -> int:
    """Where the packed bytes of an entry begin. Raises Damaged where another file lies there."""
    header = archive.at(header_offset, _LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
        raise Damaged("is not where the zip's table of contents says")
    fields = _LOCAL.unpack(header)
    start = header_offset + _LOCAL.size
    if not _bears(archive.at(start, fields[9]), name):
        raise Damaged("has another name at its place than in the zip's table of contents")
    return int(start + fields[9] + fields[10])


LOCAL_BYTES = _LOCAL.size
"""At least so many lie before the packed bytes of an entry."""
