"""What stands in a tar, header by header, believing nothing.

Written out, rather than taken from `tarfile`, because a validator must notice what a reader
forgives: two sizes that differ, a name given twice, what hides behind the end; and because a
bag of a million files has a million headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

BLOCK = 512
_ZEROS = bytes(BLOCK)
_MAX_EXTRA_BYTES = 1024 * 1024
"""Of one extended header: a name of a million bytes is no name."""
_LARGEST_PLAIN = 8**11 - 1
_LARGEST = 2**63 - 1
"""Of any file anywhere; a tar can claim more."""
_TOLD_OF_SIZE = re.compile(r"[0-9]{1,40}", re.ASCII)
_USED = frozenset({"path", "size", "mtime"})
_SPARSE = "GNU.sparse."
_SUM = slice(148, 156)
_KINDS = {
    b"1": "a hard link",
    b"2": "a link",
    b"3": "a device",
    b"4": "a device",
    b"6": "a pipe",
    b"S": "a sparse file",
}


class Lie(Exception):
    """The tar contradicts itself from here on; nothing after it can be believed."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Forward(Protocol):
    """Bytes that are read from the front to the back."""

    position: int

    def read(self, length: int) -> bytes:
        """The next `length` bytes, fewer only at the end."""
        ...

    def go_to(self, position: int) -> None:
        """Read on from `position`, which is not before the present one."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """One entry of a tar."""

    name: str
    offset: int
    """Where its bytes begin."""
    size_bytes: int
    kind: str | None
    """What it is where it is neither file nor folder."""
    is_folder: bool
    modified_s: int
    """0 where the header says it in no way that is known."""


def members(tar: Forward) -> Iterator[Member]:
    """Every entry, in order; the reader may be moved within an entry between two of them.

    Raises Lie at the first contradiction.
    """
    extra: dict[str, str] = {}
    common: dict[str, str] = {}
    while (block := tar.read(BLOCK)) != _ZEROS:
        size, type_flag = _check(block)
        start, end = tar.position, tar.position + size + -size % BLOCK
        if type_flag == b"g":
            common.update(_pax(_extra_data(tar, size)))
        elif type_flag == b"x":
            _add(extra, _pax(_extra_data(tar, size)))
        elif type_flag == b"L":
            _add(extra, {"path": _text(_extra_data(tar, size))})
        elif type_flag == b"K":
            _extra_data(tar, size)
        else:
            member = _member(block, type_flag, size, start, {**common, **extra})
            extra = {}
            yield member
            end = start + member.size_bytes + -member.size_bytes % BLOCK
        tar.go_to(end)
    _check_end(tar)


def _check(block: bytes) -> tuple[int, bytes]:
    if len(block) < BLOCK:
        raise Lie("archive-truncated", "The tar ends without its end mark: it was cut short.")
    total = sum(block) - sum(block[_SUM]) + 8 * 32
    # Some old systems added up bytes with a sign: what is not ASCII counts 256 less there.
    if (told := _number(block[_SUM])) != total and told != total - 256 * sum(byte > 127 for byte in block):
        raise Lie("tar-header", "A header of the tar does not match its own checksum.")
    return _number(block[124:136]), block[156:157]


def _number(text: bytes) -> int:
    """A number of a header: octal digits, or binary where the first bit says so (GNU)."""
    if text[0] == 0x80:
        return int.from_bytes(text[1:], "big")
    digits = text.rstrip(b"\0 ").lstrip(b" ")
    if digits.strip(b"01234567"):
        raise Lie("tar-header", "A header of the tar has a number that is none.")
    return int(digits or b"0", 8)


def _add(extra: dict[str, str], more: dict[str, str]) -> None:
    """Extended headers of one member that contradict each other are read differently by every tool."""
    for key, value in more.items():
        if extra.setdefault(key, value) != value:
            raise Lie("tar-header-lies", f"Two extended headers of the tar give one member another {key}.")


def _extra_data(tar: Forward, size_bytes: int) -> bytes:
    if size_bytes > _MAX_EXTRA_BYTES:
        raise Lie("tar-header", f"An extended header of the tar claims {size_bytes} bytes.")
    data = tar.read(size_bytes)
    if len(data) < size_bytes:
        raise Lie("archive-truncated", "The tar ends within a header: it was cut short.")
    return data


def _pax(data: bytes) -> dict[str, str]:
    """Those records of an extended header that are used: `length key=value`, a line each.

    Of those that tell of a sparse file one is kept, as all of them mean that it is one. So what
    headers for all members add up to stays small, whatever stands in them.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(data) and data[at] != 0:
        length, space, _ = data[at : at + 20].partition(b" ")
        end = at + int(length) if length.isdigit() and int(length) > 4 else at
        key, equals, value = data[at + len(length) + 1 : end - 1].partition(b"=")
        if not (space and equals and data[end - 1 : end] == b"\n"):
            raise Lie("tar-header", "An extended header of the tar is malformed.")
        name = _SPARSE if key.startswith(_SPARSE.encode()) else _text(key)
        if name in _USED:
            found[name] = value.decode("utf-8", "surrogateescape")
        elif name == _SPARSE:
            found[name] = ""
        at = end
    return found


def _member(block: bytes, type_flag: bytes, size: int, start: int, extra: dict[str, str]) -> Member:
    if "path" in extra:
        name = extra["path"]
    else:
        name, prefix = _text(block[:100]), _text(block[345:500])
        name = f"{prefix}/{name}" if prefix and block[257:263] == b"ustar\0" else name
    true_size = _size(extra.get("size"), size)
    if true_size and type_flag in b"123456":
        # Some readers step over that many bytes, others do not: they see two archives.
        raise Lie("tar-header-lies", "A header of the tar gives a size to what has no bytes.")
    sparse = _SPARSE in extra
    is_file = type_flag in (b"0", b"\0", b"7")
    is_folder = type_flag == b"5" or (is_file and name.endswith("/") and true_size == 0)
    kind = "a sparse file" if sparse else _KINDS.get(type_flag, "of an unknown kind")
    return Member(
        name=name,
        offset=start,
        size_bytes=true_size,
        kind=None if (is_file and not sparse) or is_folder else kind,
        is_folder=is_folder,
        modified_s=_modified(block, extra.get("mtime")),
    )


def _modified(block: bytes, told: str | None) -> int:
    try:
        return max(0, int(float(told)) if told else _number(block[136:148]))
    except (ValueError, OverflowError, Lie):
        return 0


def _size(told: str | None, plain: int) -> int:
    size = _one_size(told, plain)
    if size > _LARGEST:
        raise Lie("archive-truncated", "A member of the tar claims more bytes than there are.")
    return size


def _one_size(told: str | None, plain: int) -> int:
    if told is None:
        return plain
    if not _TOLD_OF_SIZE.fullmatch(told):
        raise Lie("tar-header", "An extended header of the tar has a size that is none.")
    # Where both can say it, tools differ in whom they believe: two readers see two archives.
    if int(told) != plain and (plain > 0 or int(told) <= _LARGEST_PLAIN) and int(told) <= _LARGEST_PLAIN:
        raise Lie("tar-header-lies", f"A header of the tar says {plain} bytes and its extension {told}.")
    return int(told)


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _check_end(tar: Forward) -> None:
    """After the first block of zeros another should come; anything else hides from most tools."""
    while rest := tar.read(64 * 1024):
        if rest.count(0) != len(rest):
            raise Lie(
                "tar-hidden", "Something stands behind the end mark of the tar, where most tools do not look."
            )
