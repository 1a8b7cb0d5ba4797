"""One line for each way in which an image may be broken or odd, and what is said of it without decoding."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache

import pytest

from archive.identifying.identify import identify_files
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.sources.interface import LeftOut
from tests.archive.identifying.samples import MemorySource, by_pillow, by_tifffile

Changes = Callable[[bytes], bytes]
WIDTH, HEIGHT, COMPRESSION, STRIPS = 256, 257, 259, 273


@cache
def whole(kind: str) -> bytes:
    made: Mapping[str, Callable[[], bytes]] = {
        "jpg": lambda: by_pillow("JPEG"),
        "cmyk.jpg": lambda: by_pillow("JPEG", mode="CMYK"),
        "png": lambda: by_pillow("PNG"),
        "tif": lambda: by_tifffile(photometric="rgb", rowsperstrip=8),
        "big.tif": lambda: by_tifffile(photometric="rgb", bigtiff=True),
        "tiles.tif": lambda: by_tifffile(photometric="rgb", tile=(16, 16)),
        "jp2": lambda: by_pillow("JPEG2000"),
        "j2k": lambda: by_pillow("JPEG2000", no_jp2=True),
        "gif": lambda: by_pillow("GIF", mode="P"),
        "bmp": lambda: by_pillow("BMP"),
        "webp": lambda: by_pillow("WEBP"),
    }
    return made[kind]()


def cut(left: int) -> Changes:
    """Only the first bytes; all but the last, where it is negative."""
    return lambda data: data[:left]


def more(text: bytes) -> Changes:
    return lambda data: data + text


def put(at: int, text: bytes) -> Changes:
    return lambda data: data[:at] + text + data[at + len(text) :]


def after(mark: bytes, at: int, text: bytes) -> Changes:
    return lambda data: put(data.index(mark) + at, text)(data)


def without(mark: bytes) -> Changes:
    """A segment that is a comment now."""
    return lambda data: data.replace(mark, b"\xff\xfe")


def tag(number: int, value: int) -> Changes:
    def change(data: bytes) -> bytes:
        (at,) = struct.unpack_from("<I", data, 4)
        for entry in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
            if struct.unpack_from("<H", data, entry)[0] == number:
                return put(entry + 8, struct.pack("<I", value))(data)
        raise AssertionError

    return change


def circle(data: bytes) -> bytes:
    (at,) = struct.unpack_from("<I", data, 4)
    return put(at + 2 + 12 * struct.unpack_from("<H", data, at)[0], struct.pack("<I", at))(data)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(*fields: tuple[int, bytes]) -> Changes:
    """A PNG with other bytes in its header, and the checksum of these."""

    def change(data: bytes) -> bytes:
        body = data[16:29]
        for at, text in fields:
            body = put(at, text)(body)
        return data[:8] + chunk(b"IHDR", body) + data[33:]

    return change


def long(number: int) -> bytes:
    return struct.pack(">I", number)


END = 12
"""Bytes of a PNG's last chunk."""
BROKEN: dict[str, tuple[str, Changes, str]] = {
    "jpeg_begins": ("jpg", cut(3), "ends at byte 3"),
    "jpeg_ends_in_a_marker": ("jpg", lambda data: data[: data.index(b"\xff\xda") + 2], "length of a segment"),
    "jpeg_ends_in_its_pixels": ("jpg", cut(-60), "without the end-of-image marker"),
    "jpeg_lacks_its_end": ("jpg", cut(-2), "without the end-of-image marker"),
    "jpeg_of_no_height": ("jpg", after(b"\xff\xc0", 5, b"\0\0"), "says 47 x 0 pixels"),
    "jpeg_of_no_width": ("jpg", after(b"\xff\xc0", 7, b"\0\0"), "says 0 x 31 pixels"),
    "jpeg_without_a_frame": ("jpg", without(b"\xff\xc0"), "has no frame header before it"),
    "jpeg_without_steps": ("jpg", without(b"\xff\xdb"), "no quantisation table (DQT)"),
    "png_ends_in_its_pixels": ("png", cut(200), "the chunk IDAT at byte 33 would end at byte"),
    "png_lacks_its_end": ("png", cut(-END), "ends at byte"),
    "png_ends_in_its_end": ("png", cut(-5), "ends at byte"),
    "png_with_a_changed_pixel": ("png", after(b"IDAT", 20, b"\0\1\2"), "does not have its checksum"),
    "png_with_a_changed_header": ("png", put(16, b"\1"), "does not have its checksum"),
    "png_of_no_width": ("png", header((0, long(0))), "declares what PNG does not know"),
    "png_of_3_bits": ("png", header((8, b"\3")), "declares what PNG does not know"),
    "png_of_no_colour": ("png", header((9, b"\5")), "declares what PNG does not know"),
    "png_without_its_palette": ("png", header((9, b"\3")), "no palette"),
    "png_larger_than_its_bytes": ("png", header((0, long(2**31 - 1))), "cannot hold the"),
    "png_without_pixels": ("png", lambda data: data[:33] + data[-END:], "cannot hold the"),
    "png_of_two_headers": ("png", lambda data: data[:33] + data[8:], "is not as it must be"),
    "png_that_begins_elsewhere": ("png", lambda data: data[:8] + data[33:], "its first chunk is IDAT"),
    "png_sent_as_text": ("png", lambda data: data.replace(b"\r\n", b"\n"), "its bytes are no image"),
    "tiff_begins": ("tif", cut(8), "ends at byte 8"),
    "tiff_ends_in_its_last_strip": ("tif", cut(-10), "strip 4 of 4"),
    "tiff_ends_halfway": ("tif", cut(2400), "strip 2 of 4"),
    "tiff_ends_in_its_last_tile": ("tiles.tif", cut(-20), "tile 6 of 6"),
    "tiff_without_directory": ("tif", put(4, bytes(4)), "it was never finished"),
    "tiff_with_a_far_directory": ("tif", put(4, struct.pack("<I", 10**9)), "at byte 1000000000"),
    "tiff_in_a_circle": ("tif", circle, "go in a circle"),
    "tiff_of_no_width": ("tif", tag(WIDTH, 0), "how large its picture is"),
    "tiff_of_a_million_rows": ("tif", tag(HEIGHT, 10**6), "lists 4 strips"),
    "tiff_with_far_strips": ("tif", tag(STRIPS, 2**31), "would end at byte"),
    "bigtiff_begins": ("big.tif", cut(16), "ends at byte 16"),
    "bigtiff_ends_in_its_strip": ("big.tif", cut(-10), "strip 1 of 1"),
    "bigtiff_with_a_far_directory": ("big.tif", put(8, struct.pack("<Q", 2**60)), "image directory at byte"),
    "jp2_lacks_its_end": ("jp2", cut(-2), "'jp2c'"),
    "jp2_of_boxes_only": ("jp2", cut(77), "image"),
    "codestream_lacks_its_end": ("j2k", cut(-2), "the end marker of the codestream"),
    "codestream_ends_in_its_tile": ("j2k", cut(200), "tile-part would end at byte"),
    "codestream_of_no_width": ("j2k", after(b"\xff\x51", 6, bytes(4)), "is of no image"),
    "gif_lacks_its_end": ("gif", cut(-5), "would end at byte"),
    "bmp_lacks_its_end": ("bmp", cut(-5), "its pixels would end at byte"),
    "webp_lacks_its_end": ("webp", cut(-5), "the image would end at byte"),
    "text_named_jpg": ("jpg", lambda _: b"hello " * 20, "its bytes are no image"),
    "zeros_named_tif": ("tif", lambda _: bytes(1000), "its bytes are no image"),
    "page_named_png": ("png", lambda _: b"<html></html>", "its bytes are no image"),
}
ODD: dict[str, tuple[str, Changes, str]] = {
    "jpeg_and_more": ("jpg", more(b"junk" * 10), "40 bytes follow the end of the image"),
    "jpeg_and_zeros": ("jpg", more(bytes(100)), "100 bytes follow the end of the image"),
    "jpeg_of_four_inks": ("cmyk.jpg", more(b""), ""),
    "png_and_more": ("png", more(b"junk"), "4 bytes follow the end of the image"),
    "png_with_text": ("png", lambda data: data[:33] + chunk(b"tEXt", b"a\0b") + data[33:], ""),
    "tiff_and_more": ("tif", more(b"junk"), ""),
    "tiff_of_a_compression_of_its_own": ("tif", tag(COMPRESSION, 9999), ""),
}


def found(kind: str, change: Changes, name: str = "") -> FoundImage | Sidecar | LeftOut:
    source = MemorySource({name or f"a.{kind.rpartition('.')[2]}": change(whole(kind))})
    (item,) = identify_files(source, source.surveyed(), check=Check.STRUCTURE, threads=1)
    return item


@pytest.mark.parametrize(("kind", "change", "because"), BROKEN.values(), ids=BROKEN)
def test_broken(kind: str, change: Changes, because: str) -> None:
    item = found(kind, change)
    assert isinstance(item, LeftOut)
    assert because in item.because


@pytest.mark.parametrize(("kind", "change", "note"), ODD.values(), ids=ODD)
def test_odd_and_accepted(kind: str, change: Changes, note: str) -> None:
    item = found(kind, change)
    assert isinstance(item, FoundImage)
    assert note in " ".join(item.notes)
    assert bool(item.notes) == bool(note)


@pytest.mark.parametrize("name", ["a.png", "a.txt", "a.tif.zip"])
def test_a_wrong_name_is_told(name: str) -> None:
    item = found("jpg", more(b""), name)
    assert isinstance(item, FoundImage)
    assert (item.format.media_type, item.notes[0].split(",")[0]) == (
        "image/jpeg",
        f"it is named .{name.rpartition('.')[2]}",
    )


@pytest.mark.parametrize("name", ["a", "a.JPG", "a.jpeg"])
def test_a_right_name_is_not(name: str) -> None:
    item = found("jpg", more(b""), name)
    assert isinstance(item, FoundImage)
    assert item.notes == ()
