"""The zip of an image is one that every program reads, and whose offsets are where it says."""

from __future__ import annotations

import io
import json
import zipfile
import zlib

from archive.collection.stored_zip import Member, StoredZip


def a_zip(contents: dict[str, bytes]) -> StoredZip:
    return StoredZip(
        [
            Member(name=name, size_bytes=len(data), crc32=zlib.crc32(data), open=lambda data=data: [data])  # type: ignore[misc]  # bound here
            for name, data in contents.items()
        ]
    )


CONTENTS = {"zarr.json": b"{}", "scale0/image/c/0/0/0": bytes(range(256)) * 9, "leer/ä": b"", "z": b"end"}


def test_python_reads_it_and_every_offset_is_right() -> None:
    packed = a_zip(CONTENTS)
    data = b"".join(packed.chunks())
    assert len(data) == packed.size_bytes
    with zipfile.ZipFile(io.BytesIO(data)) as read:
        assert read.testzip() is None
        assert read.namelist() == list(CONTENTS)
        assert {info.compress_type for info in read.infolist()} == {zipfile.ZIP_STORED}
        assert json.loads(read.comment)["ome"]["version"] == "0.5"
    for offset, expected in zip(packed.offsets, CONTENTS.values(), strict=True):
        assert data[offset : offset + len(expected)] == expected


def test_the_same_members_give_the_same_bytes() -> None:
    assert b"".join(a_zip(CONTENTS).chunks()) == b"".join(a_zip(CONTENTS).chunks())


def test_members_beyond_four_gigabytes_have_their_place() -> None:
    large = Member(name="large", size_bytes=5 * 2**30, crc32=0, open=list)
    packed = StoredZip([large, Member(name="after", size_bytes=1, crc32=0, open=lambda: [b"x"])])
    assert packed.offsets[1] > 5 * 2**30
    # Without the large member's own bytes, which need not be made to see where the directory points.
    directory = b"".join(packed.chunks())[-300:]
    assert (5 * 2**30).to_bytes(8, "little") in directory
