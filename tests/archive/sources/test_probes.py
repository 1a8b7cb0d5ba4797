"""What tars and zips may hold, a line each: what is accepted or left out and why, or why all is refused."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from holdings.errors import BadInput
from holdings.house import House
from tests.archive.sources.test_archives import look, opened

BODY = b"xyz"
Members = tuple[tarfile.TarInfo, bytes]


def member(name: str, data: bytes = BODY, **fields: Any) -> Members:
    found = tarfile.TarInfo(name)
    found.size = len(data)
    for field, value in fields.items():
        setattr(found, field, value)
    return found, data


def tar(*members: Members, form: int = tarfile.PAX_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as made:
        for found, data in members:
            made.addfile(found, io.BytesIO(data))
    return target.getvalue()


def zipped(*names: str, method: int = zipfile.ZIP_STORED, **fields: Any) -> bytes:
    """fields : of each member."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            for field, value in fields.items():
                setattr(info, field, value)
            made.writestr(info, b"" if name.endswith("/") else BODY)
    return target.getvalue()


def named(raw: bytes, **fields: Any) -> bytes:
    """A zip whose one file has that name, byte by byte, and no flag that tells its encoding."""
    plain = "X" * len(raw)
    return zipped(plain, **fields).replace(plain.encode(), raw)


def second(raw: bytes, name: str) -> bytes:
    """Info-ZIP's second name of a file."""
    text = name.encode()
    return struct.pack("<2HBI", 0x7075, 5 + len(text), 1, zlib.crc32(raw)) + text


class Pipe(io.RawIOBase):
    """Somewhere that nobody can go back in: sizes follow the data then."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.written += bytes(data)
        return len(data)


def streamed() -> bytes:
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("a.jpg", BODY)
    return pipe.written


def in_64_bits() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made, made.open("a.jpg", "w", force_zip64=True) as file:
        file.write(BODY)
    return target.getvalue()


def put(data: bytes, mark: bytes, at: int, text: bytes) -> bytes:
    at += data.index(mark)
    return data[:at] + text + data[at + len(text) :]


ONE, ENTRY, END = zipped("a.jpg"), b"PK\x01\x02", b"PK\x05\x06"
LONG = "d/" * 60 + "n" * 120 + ".jpg"
CONTROL = "its name has a control character"
OTHER_CASE = "its name differs from A.jpg only in case or Unicode form"
KEPT: dict[str, tuple[bytes, list[str], Mapping[str, str]]] = {
    "long_name_of_gnu": (tar(member(LONG), form=tarfile.GNU_FORMAT), [LONG], {}),
    "long_name_of_posix": (tar(member(LONG)), [LONG], {}),
    "old_form": (tar(member("a/b.jpg"), form=tarfile.USTAR_FORMAT), ["a/b.jpg"], {}),
    "foreign_name": (tar(member("\u00fcn\u00ef.jpg")), ["\u00fcn\u00ef.jpg"], {}),
    "name_that_is_not_utf8": (
        tar(member("a\udce9.jpg"), form=tarfile.GNU_FORMAT),
        [],
        {"a\\xe9.jpg": "its name is not UTF-8"},
    ),
    "sparse_of_gnu": (tar(member("s.jpg", type=b"S")), [], {"s.jpg": "a sparse file, not a file"}),
    "sparse_of_posix": (
        tar(member("s.jpg", pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"})),
        [],
        {"s.jpg": "a sparse file, not a file"},
    ),
    "kinds_of_old": (tar(member("a.jpg", type=b"7"), member("b.jpg", type=b"\0")), ["a.jpg", "b.jpg"], {}),
    "kind_that_nobody_knows": (tar(member("a", type=b"Z")), [], {"a": "of an unknown kind, not a file"}),
    "part_of_another_volume": (tar(member("a", type=b"M")), [], {"a": "of an unknown kind, not a file"}),
    "hard_link": (
        tar(member("a.jpg"), member("b.jpg", b"", type=b"1", linkname="a.jpg")),
        ["a.jpg"],
        {"b.jpg": "a hard link, not a file"},
    ),
    "dot_slash": (tar(member("./", b"", type=b"5"), member("./a.jpg")), ["a.jpg"], {}),
    "one_block_of_zeros": (tar(member("a.jpg"))[:1536], ["a.jpg"], {}),
    "other_case": (tar(member("A.jpg"), member("a.jpg")), ["A.jpg"], {"a.jpg": OTHER_CASE}),
    "file_with_a_slash": (
        tar(member("a.jpg/")),
        [],
        {"a.jpg/": "its path has an empty, '.' or '..' part"},
    ),
    "name_that_paints": (tar(member("a\x1b[31m.jpg")), [], {"a\x1b[31m.jpg": CONTROL}),
    "name_of_two_lines": (tar(member("a\nb.jpg")), ["a\nb.jpg"], {}),
    "zip_of_64_bits": (in_64_bits(), ["a.jpg"], {}),
    "zip_from_a_pipe": (streamed(), ["a.jpg"], {}),
    "zip_with_folders": (
        zipped("d/", "d/a.jpg", "e/"),
        ["d/a.jpg"],
        {"e/": "an empty folder; a bag holds files only"},
    ),
    "zip_of_old_windows": (named(b"\x81.jpg", create_system=0), ["\u00fc.jpg"], {}),
    "zip_of_unix_without_a_flag": (named("\u00e9.jpg".encode()), ["\u00e9.jpg"], {}),
    "zip_of_a_mac_without_a_flag": (named("\u00e9.jpg".encode(), create_system=19), ["\u00e9.jpg"], {}),
    "zip_with_a_second_name": (
        named(b"\x82.jpg", create_system=0, extra=second(b"\x82.jpg", "\u014d.jpg")),
        ["\u014d.jpg"],
        {},
    ),
    "zip_with_another_second_name": (
        named(b"\x82.jpg", create_system=0, extra=second(b"\x82.jpg", "\u014dx/../.jpg")),
        ["\u00e9.jpg"],
        {},
    ),
    "zip_with_backslashes": (
        named(b"a\\.jpg"),
        [],
        {"a\\.jpg": "its name has a backslash, which other systems take for a folder"},
    ),
    "zip_with_a_nul": (named(b"a\0.jpg"), [], {"a\0.jpg": CONTROL}),
    "zip_by_bzip2": (
        zipped("a.jpg", method=zipfile.ZIP_BZIP2),
        [],
        {"a.jpg": "it is packed by a method other than deflate"},
    ),
    "zip_by_lzma": (
        zipped("a.jpg", method=zipfile.ZIP_LZMA),
        [],
        {"a.jpg": "it is packed by a method other than deflate"},
    ),
    "zip_with_a_link_of_a_mac": (
        zipped("a.jpg", create_system=19, external_attr=0o120777 << 16),
        [],
        {"a.jpg": "a link; links are not followed"},
    ),
    "zip_with_a_file_that_is_a_folder": (
        zipped("a", "a/b.jpg"),
        ["a"],
        {"a/b.jpg": "a is there, too: one of them is a file and would have to be a folder as well"},
    ),
}
REFUSED: dict[str, tuple[bytes, str]] = {
    "name_twice": (tar(member("a.jpg"), member("././a.jpg")), "holds 'a.jpg' twice"),
    "changed_header": (put(tar(member("a.jpg")), b"a.jpg", 0, b"b"), "does not match its own checksum"),
    "no_end": (tar(member("a.jpg"))[:1024], "the tar ends without its end mark"),
    "behind_the_end": (tar(member("a.jpg")) + tar(member("b.jpg")), "behind the end mark"),
    "zeros": (bytes(10240), "no tar or zip"),
    "zip_of_several_parts": (put(ONE, END, 4, b"\1"), "one part of several"),
    "zip_that_counts_wrong": (put(ONE, END, 10, b"\2"), "table of contents is damaged"),
    "zip_that_points_behind_itself": (put(ONE, END, 16, b"\xff\xff"), "table of contents"),
    "zip_behind_a_program": (b"#!/bin/sh\n" + ONE, "no tar or zip"),
}
UNREADABLE: dict[str, tuple[bytes, str]] = {
    "another_size": (put(ONE, ENTRY, 24, b"\2"), "another size than the 2 bytes"),
    "another_checksum": (put(ONE, ENTRY, 16, b"\1\2\3\4"), "CRC-32"),
    "another_name": (put(ONE, ENTRY, 46, b"b"), "another name at its place"),
    "another_foreign_name": (
        put(named("\u00e9a.jpg".encode()), ENTRY, 48, b"b"),
        "another name at its place",
    ),
}


@pytest.mark.parametrize(("data", "accepted", "because"), KEPT.values(), ids=KEPT)
def test_kept(
    house: House, tmp_path: Path, data: bytes, accepted: list[str], because: Mapping[str, str]
) -> None:
    (tmp_path / "in.bin").write_bytes(data)
    with opened(house, tmp_path / "in.bin") as source:
        found = look(house, tmp_path / "in.bin")
        assert (found.accepted, found.because) == (accepted, because)
        assert {b"".join(source.read(file)) for file in found.files} <= {BODY}


@pytest.mark.parametrize(("data", "says"), REFUSED.values(), ids=REFUSED)
def test_refused(house: House, tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "in.bin").write_bytes(data)
    with pytest.raises(BadInput) as caught:
        look(house, tmp_path / "in.bin")
    assert says in caught.value.sentence
    assert caught.value.hint


@pytest.mark.parametrize(("data", "says"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(house: House, tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "in.bin").write_bytes(data)
    with opened(house, tmp_path / "in.bin") as source:
        (file,) = look(house, tmp_path / "in.bin").files
        with pytest.raises(BadInput, match=says):
            list(source.read(file))
