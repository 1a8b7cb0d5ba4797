"""What a header says, against what Pillow and tifffile say; and that a cut is found wherever it falls."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from archive.identifying.formats.jpeg_scans import Component, Frame
from archive.identifying.reading import Bytes
from archive.identifying.signatures import HEAD_BYTES, told_by
from archive.identifying.structure import Broken
from tests.archive.identifying.samples import HEIGHT, WHOLE, WIDTH, by_pillow, by_tifffile, looked, pixels
from tests.kit.shared import shared_data

_UNMEASURED = {"raw.raf", "raw.cr3"}
"""Raw formats whose dimensions stand where only their makers' programs look."""


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_image_is_whole(name: str) -> None:
    make, media_type = WHOLE[name]
    found = looked(make())
    assert found.media_type == media_type
    assert found.notes == ()
    if name not in _UNMEASURED:
        is_ = found.characteristics
        assert (is_.width_px, is_.height_px) == (WIDTH, HEIGHT)
        assert is_.compression
        assert is_.colour_space or name == "bare.j2k"  # a bare codestream does not tell


@pytest.mark.parametrize("name", [name for name in WHOLE if name not in _UNMEASURED | {"raw.dng"}])
def test_bits_and_samples_are_those_that_a_second_opinion_tells(name: str) -> None:
    data = WHOLE[name][0]()
    is_ = looked(data).characteristics
    if name.endswith(".tif"):
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            page = tiff.pages.first
            assert is_.bits_per_sample == page.bitspersample
            assert is_.samples_per_pixel == page.samplesperpixel
            assert is_.pages == len([each for each in tiff.pages if not each.subfiletype & 1])  # type: ignore[union-attr]  # pages, not frames
        return
    with Image.open(io.BytesIO(data)) as image:
        assert is_.pages == getattr(image, "n_frames", 1)
        if is_.samples_per_pixel is not None:
            assert is_.samples_per_pixel == len(image.getbands())
        assert is_.bits_per_sample == 8 or image.format == "GIF"  # that has as few as its colours need


@pytest.mark.parametrize("name", WHOLE)
def test_a_cut_is_found_wherever_it_falls(name: str) -> None:
    data = WHOLE[name][0]()
    near_the_end = range(len(data) - 100, len(data))
    for size in (*range(HEAD_BYTES, len(data), 1 + len(data) // 1000), *near_the_end):
        with pytest.raises(Broken):
            looked(data[:size])


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), min_size=1, max_size=8))
def test_any_byte_may_be_anything(name: str, places: list[tuple[int, int]]) -> None:
    """No walk raises anything but Broken, hangs, or takes memory, whatever stands in a header."""
    data = bytearray(_whole(name))
    for at, value in places:
        data[at % len(data)] = value
    _no_crash(bytes(data))


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=25, deadline=None)
@given(at=st.integers(0, 600), value=st.sampled_from([0, 1, 2**16 - 1, 2**31, 2**32 - 1]), big=st.booleans())
def test_any_number_may_be_any_number(name: str, at: int, value: int, big: bool) -> None:
    data = bytearray(_whole(name))
    at %= len(data) - 4
    data[at : at + 4] = struct.pack(">I" if big else "<I", value)
    _no_crash(bytes(data))


_MADE: dict[str, bytes] = {}


def _whole(name: str) -> bytes:
    if name not in _MADE:
        _MADE[name] = WHOLE[name][0]()
    return _MADE[name]


def _no_crash(data: bytes) -> None:
    found = told_by(data[:HEAD_BYTES])
    if found is None:
        return
    with contextlib.suppress(Broken):
        found[1](Bytes.of(data))


@pytest.mark.parametrize("name", ["baseline.jpg", "progressive.jpg", "rgb.png", "lossy.webp", "palette.gif"])
def test_what_follows_the_end_is_told(name: str) -> None:
    data = WHOLE[name][0]()
    found = looked(data + b"trailing")
    assert found.notes == (f"8 bytes follow the end of the image at byte {len(data)}",)


def test_what_follows_a_codestream_is_told() -> None:
    data = WHOLE["bare.j2k"][0]()
    assert looked(data + b"more").notes == (f"4 bytes follow the end of the codestream at byte {len(data)}",)


def test_a_jpeg_needs_bytes_for_its_pixels() -> None:
    """A header of 65,535 x 65,535 pixels with nothing behind it is a bomb for whoever decodes it."""
    data = bytearray(WHOLE["baseline.jpg"][0]())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = b"\xff\xff\xff\xff"
    with pytest.raises(Broken, match="cannot hold the 65535 x 65535 pixels"):
        looked(bytes(data))


def test_the_fewest_bytes_of_a_jpeg_are_those_of_a_picture_of_one_colour() -> None:
    """The bound lies below what an encoder makes of nothing at all."""
    for size in ((8, 8), (17, 9), (640, 480), (1000, 1)):
        out = io.BytesIO()
        Image.new("RGB", size).save(out, "JPEG", quality=1, optimize=True)
        looked(out.getvalue())
    parts = tuple(Component(number=i, horizontal=h, vertical=h) for i, h in ((1, 2), (2, 1), (3, 1)))
    frame = Frame(process="baseline", width=33, height=17, precision=8, components=parts)
    assert frame.blocks == 3 * 2 * 6
    assert frame.fewest_bytes == 36 * 2 // 8


def test_a_png_needs_bytes_for_its_pixels() -> None:
    header = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 50_000, 8, 2, 0, 0, 0)
    parts = (header, b"IDATabcd", b"IEND")
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts)
    with pytest.raises(Broken, match=r"4 bytes of image data .* cannot hold the 60000 x 50000"):
        looked(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


def test_a_changed_byte_of_a_png_is_found_wherever_it_is() -> None:
    data = WHOLE["rgb.png"][0]()
    for at in range(8, len(data)):
        damaged = bytearray(data)
        damaged[at] ^= 0x10
        with pytest.raises(Broken):
            looked(bytes(damaged))


def test_a_strip_that_was_never_written_is_found() -> None:
    """A scanner that died leaves zeros where the places of strips were to be filled in."""
    data = bytearray(by_tifffile(photometric="rgb", rowsperstrip=8))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as tiff:
        tag = tiff.pages.first.tags["StripByteCounts"]
    data[tag.valueoffset : tag.valueoffset + tag.valuebytecount] = bytes(tag.valuebytecount)
    with pytest.raises(Broken, match="strip 1 of 4 has no bytes"):
        looked(bytes(data))


def test_an_uncompressed_strip_has_all_its_rows() -> None:
    data = bytearray(by_tifffile(photometric="rgb"))
    with tifffile.TiffFile(io.BytesIO(bytes(data))) as tiff:
        height = tiff.pages.first.tags["ImageLength"]
    data[height.valueoffset : height.valueoffset + 2] = struct.pack("<H", HEIGHT + 1)
    with pytest.raises(Broken):
        looked(bytes(data))


def test_directories_that_go_in_a_circle_are_found() -> None:
    data = bytearray(by_tifffile(photometric="rgb"))
    first = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, first)[0]
    struct.pack_into("<I", data, first + 2 + 12 * count, first)
    with pytest.raises(Broken, match="go in a circle"):
        looked(bytes(data))


@pytest.mark.parametrize("kind", [2, 4, 7])
def test_a_value_of_four_gigabytes_is_not_read(kind: int) -> None:
    """An ICC profile said to be most of a very large (sparse) file."""
    entries = ((256, 4, 1, 9), (257, 4, 1, 9), (34675, kind, 2**30 - 1, 64))
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    sparse = _Sparse(b"II*\0" + struct.pack("<I", 8) + ifd + bytes(4), 2**33)
    with pytest.raises(Broken, match="neither strips nor tiles"):
        told_by(b"II*\0")[1](Bytes(sparse, 2**33))  # type: ignore[index, arg-type]  # a TIFF; as far as it is read
    assert sparse.bytes_read < 2**20


def test_a_million_strips_that_are_not_there_cost_nothing() -> None:
    entries = ((256, 4, 1, 9), (257, 4, 1, 2**31), (273, 4, 2**26, 64), (278, 4, 1, 1), (279, 4, 2**26, 64))
    ifd = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    sparse = _Sparse(b"II*\0" + struct.pack("<I", 8) + ifd + bytes(4), 2**33)
    with pytest.raises(Broken, match="lists 67108864 strips"):
        told_by(b"II*\0")[1](Bytes(sparse, 2**33))  # type: ignore[index, arg-type]  # as above
    assert sparse.bytes_read < 2**20


def test_one_table_that_is_pointed_to_by_a_thousand_pages_is_not_read_a_thousand_times() -> None:
    strips = 400_000
    table = struct.pack("<I", 1) * strips
    at = 8 + len(table)
    entries = ((256, 4, 1, 1), (257, 4, 1, strips), (273, 4, strips, 8), (278, 4, 1, 1), (279, 4, strips, 8))
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries)
    size = len(body) + 4
    chain = b"".join(body + struct.pack("<I", at + size * (page + 1)) for page in range(1000))
    chain = chain[:-4] + bytes(4)
    with pytest.raises(Broken, match="asks for more than the 64 MiB"):
        looked(b"II*\0" + struct.pack("<I", at) + table + chain)


def test_a_tiff_without_any_picture_is_none() -> None:
    ifd = struct.pack("<HHHII", 1, 305, 4, 1, 7) + bytes(4)
    with pytest.raises(Broken, match="none of its 1 image directories describes a picture"):
        looked(b"II*\0" + struct.pack("<I", 8) + ifd)


@pytest.mark.parametrize(
    ("name", "at", "repeated", "because"),
    [
        ("baseline.jpg", 2, b"\xff\xfe\0\x02" * 10_001, "more than 10000 segments"),
        ("baseline.jpg", 2, b"\xff" * 5000, "stands FF and no marker"),
        ("rgb.png", 33, b"\0\0\0\0tEXt" + struct.pack(">I", zlib.crc32(b"tEXt")), "more than 262144 chunks"),
        ("boxed.jp2", 12, b"\0\0\0\x08free" * 10_001, "more than 10000 boxes"),
    ],
)
def test_parts_without_number_have_an_end(name: str, at: int, repeated: bytes, because: str) -> None:
    data = _whole(name)
    many = repeated * (2**18 + 1) if name == "rgb.png" else repeated
    with pytest.raises(Broken, match=because):
        looked(data[:at] + many + data[at:])


class _Sparse:
    """A file of zeros behind a beginning, that counts what is read of it."""

    def __init__(self, beginning: bytes, size: int) -> None:
        self._beginning, self._size, self._at = beginning, size, 0
        self.bytes_read = 0

    def seek(self, at: int) -> int:
        self._at = at
        return at

    def read(self, length: int) -> bytes:
        length = min(length, self._size - self._at)
        self.bytes_read += length
        data = self._beginning[self._at : self._at + length].ljust(length, b"\0")
        self._at += length
        return data


def test_no_more_of_a_large_tiff_is_read_than_its_tables() -> None:
    data = by_tifffile(np.zeros((4000, 3000, 3), np.uint8), photometric="rgb", rowsperstrip=1)
    counted = _Sparse(data, len(data))
    told_by(data[:32])[1](Bytes(counted, len(data)))  # type: ignore[index, arg-type]  # a TIFF; as far as it is read
    assert counted.bytes_read < 300_000


def test_the_scans_of_a_progressive_jpeg_have_an_end() -> None:
    data = WHOLE["progressive.jpg"][0]()
    last = data.rindex(b"\xff\xda")
    with pytest.raises(Broken, match="more than 1000 scans"):
        looked(data[:-2] + data[last:-2] * 1001 + data[-2:])


def test_a_second_picture_that_is_cut_is_found() -> None:
    data = _two_pictures()
    assert looked(data).notes == ("it holds 2 pictures (MPF); the first is described",)
    with pytest.raises(Broken, match=r"picture 2 of 2 \(MPF\)"):
        looked(data[:-1])


def _two_pictures() -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels()).save(out, "MPO", save_all=True, append_images=[Image.fromarray(pixels())])
    return out.getvalue()


def test_boxes_within_boxes_are_not_followed_down() -> None:
    nested = b"".join(struct.pack(">I4s", 8 * (5000 - depth), b"jp2h") for depth in range(5000))
    signature = b"\0\0\0\x0cjP  \r\n\x87\n"
    with pytest.raises(Broken, match="no codestream"):
        looked(signature + nested)


def test_a_header_that_contradicts_its_codestream_is_found() -> None:
    data = bytearray(WHOLE["boxed.jp2"][0]())
    at = data.index(b"ihdr") + 4
    data[at : at + 4] = struct.pack(">I", 4711)
    with pytest.raises(Broken, match="its header says 47 x 4711 pixels, and its codestream 47 x 31"):
        looked(bytes(data))


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("balloon_trunc1.jp2", "it ends at byte 670264, and the end marker of the codestream"),
        ("balloon_trunc2.jp2", "the codestream ends at byte 5000"),
        ("balloon_trunc3.jp2", "the codestream ends at byte 645179"),
    ],
)
def test_real_images_cut_short_are_found(name: str, because: str) -> None:
    folder = shared_data("broken-images")
    assert looked((folder / "balloon_intact.jp2").read_bytes()).characteristics.width_px == 2717
    with pytest.raises(Broken, match=because):
        looked((folder / name).read_bytes())


def test_every_real_specimen_is_whole_and_as_pillow_sees_it() -> None:
    paths = list(shared_data("specimens").rglob("*.jp*g"))
    assert len(paths) == 19
    for path in paths:
        is_ = looked(path.read_bytes()).characteristics
        with Image.open(path) as image:
            assert (is_.width_px, is_.height_px) == image.size
            exif = image.getexif()
            assert is_.camera == exif.get(272)
            taken = exif.get_ifd(34665).get(36867)
            if taken:
                assert (is_.captured_at or "")[:19] == taken.replace(":", "-", 2).replace(" ", "T")
            told = image.info.get("jfif_density") if image.info.get("jfif_unit") == 1 else None
            if told:
                assert is_.resolution_ppi == told[0]


def test_the_real_sheet_is_described() -> None:
    is_ = looked(shared_data("specimens", "nhm-sheet", "BM001128287.jpg").read_bytes()).characteristics
    assert (is_.width_px, is_.height_px, is_.resolution_ppi) == (3000, 3993, 600.0)
    assert (is_.icc_profile, is_.captured_at) == ("Adobe RGB (1998)", "2013-09-18T11:20:18+01:00")
    assert (is_.colour_space, is_.bits_per_sample, is_.samples_per_pixel, is_.pages) == ("YCbCr", 8, 3, 1)


def test_a_pillow_tiff_of_one_bit_is_bilevel() -> None:
    is_ = looked(by_pillow("TIFF", mode="1", compression="group4")).characteristics
    assert (is_.colour_space, is_.bits_per_sample, is_.compression) == ("bilevel", 1, "CCITT Group 4")
