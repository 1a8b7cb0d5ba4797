"""Odd images: each becomes the pixels that it shows, with a note, or is refused in one sentence."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable
from typing import Any

import imagecodecs
import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray
from PIL import Image, ImageOps

from archive.collection.decoding import decoding, open_picture
from archive.collection.picture import Picture
from holdings.errors import BadInput
from tests.archive.collection.holding import pixels
from tests.kit.shared import shared_data

RGB = pixels(150, 130)
GREY = RGB[..., 0]
DEEP = pixels(150, 130, dtype="uint16")


def opened(data: bytes, media_type: str) -> Picture:
    with decoding("odd.img"):
        return open_picture(io.BytesIO(data), media_type)


def decoded(picture: Picture) -> NDArray[Any]:
    """(z, y, x, channels)"""
    pages = range(picture.header.pages)
    with decoding("odd.img"):
        return np.stack([np.concatenate(list(picture.bands(page, 64))) for page in pages])


def by_pillow(picture: Image.Image, kind: str, **options: Any) -> Picture:
    sink = io.BytesIO()
    picture.save(sink, kind, **options)
    media = {"JPEG2000": "jp2"}.get(kind, kind.lower())
    return opened(sink.getvalue(), f"image/{media}")


def by_tifffile(image: NDArray[Any], **options: Any) -> Picture:
    sink = io.BytesIO()
    tifffile.imwrite(sink, image, **options)
    return opened(sink.getvalue(), "image/tiff")


COLOUR = Image.fromarray(RGB)
PALETTE = COLOUR.quantize(17)
BITS = Image.fromarray(GREY > 100)
TURN = Image.Exif()
TURN[0x0112] = 6
_RGB = {"photometric": "rgb"}
SEPARATE = {"photometric": "rgb", "planarconfig": "separate", "compression": "deflate", "rowsperstrip": 40}

_BITS_SHOWN = (GREY > 100) * np.uint8(255)
_PALETTE_SHOWN = np.asarray(PALETTE.convert("RGB"))
_GREY_OF_COLOUR = COLOUR.convert("L")
INKS = pixels(90, 80, 4)
FLOAT = GREY.astype(np.float32)
CASES: dict[str, tuple[Callable[[], Picture], NDArray[Any], str, str]] = {
    "png": (lambda: by_pillow(COLOUR, "PNG"), RGB, "RGB", "no resolution"),
    "png palette": (lambda: by_pillow(PALETTE, "PNG"), _PALETTE_SHOWN, "RGB", "palette"),
    "png 1 bit": (lambda: by_pillow(BITS, "PNG"), _BITS_SHOWN, "Y", "1 bit"),
    "png grey": (lambda: by_pillow(_GREY_OF_COLOUR, "PNG"), np.asarray(_GREY_OF_COLOUR), "Y", ""),
    "png grey stored as rgb": (
        lambda: by_pillow(_GREY_OF_COLOUR.convert("RGB"), "PNG"),
        np.asarray(_GREY_OF_COLOUR),
        "Y",
        "the same everywhere",
    ),
    "png alpha": (lambda: by_pillow(Image.fromarray(INKS), "PNG"), INKS, "RGBA", ""),
    "png 16 bit": (lambda: opened(bytes(imagecodecs.png_encode(DEEP)), "image/png"), DEEP, "RGB", ""),
    "webp": (lambda: by_pillow(COLOUR, "WEBP", lossless=True), RGB, "RGB", ""),
    "jpeg 2000": (lambda: by_pillow(COLOUR, "JPEG2000", irreversible=False), RGB, "RGB", ""),
    "tiff uncompressed": (lambda: by_tifffile(RGB, **_RGB), RGB, "RGB", ""),
    "tiff big-endian": (lambda: by_tifffile(DEEP, byteorder=">", **_RGB), DEEP, "RGB", ""),
    "tiff lzw": (lambda: by_tifffile(RGB, compression="lzw", predictor=True, **_RGB), RGB, "RGB", ""),
    "tiff tiles": (lambda: by_tifffile(DEEP, tile=(64, 64), compression="zstd", **_RGB), DEEP, "RGB", ""),
    "tiff separate planes": (lambda: by_tifffile(RGB.transpose(2, 0, 1).copy(), **SEPARATE), RGB, "RGB", ""),
    "tiff white is zero": (lambda: by_tifffile(GREY, photometric="miniswhite"), 255 - GREY, "Y", "white is"),
    "tiff 1 bit": (lambda: by_pillow(BITS, "TIFF", compression="group4"), _BITS_SHOWN, "Y", "1 bit"),
    "tiff palette": (
        lambda: by_pillow(PALETTE, "TIFF", compression="tiff_lzw"),
        _PALETTE_SHOWN,
        "RGB",
        "palette",
    ),
    "tiff cmyk": (lambda: by_tifffile(INKS, photometric="separated"), INKS, "CMYK", "inks"),
    "tiff float": (lambda: by_tifffile(FLOAT, photometric="minisblack"), FLOAT, "Y", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_an_odd_image_is_what_it_shows(name: str) -> None:
    make, expected, channels, note = CASES[name]
    picture = make()
    found = decoded(picture)[0]
    assert found.dtype == picture.header.dtype == expected.dtype
    assert np.array_equal(found.squeeze(), expected)
    assert "".join(picture.header.channels) == channels
    assert note in "; ".join(picture.header.notes)


def test_cmyk_keeps_its_inks() -> None:
    inks = COLOUR.convert("CMYK")
    sink = io.BytesIO()
    inks.save(sink, "JPEG", quality=95)
    picture = opened(sink.getvalue(), "image/jpeg")
    with Image.open(sink) as again:
        assert np.array_equal(decoded(picture)[0], np.asarray(again))
    assert picture.header.channels == ("C", "M", "Y", "K")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied_and_told(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = by_pillow(COLOUR, "PNG", exif=exif, dpi=(300, 600))
    turned = orientation >= 5
    assert decoded(picture).shape == ((1, 130, 150, 3) if turned else (1, 150, 130, 3))
    assert picture.header.spacing_um is not None
    y, x = picture.header.spacing_um
    assert (y > x) == turned  # 600 dpi down, 300 across, before it is turned
    assert bool(picture.header.notes) == (orientation > 1)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_what_pillow_shows(orientation: int, mode: str) -> None:
    sink = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    COLOUR.convert(mode).save(sink, "JPEG", quality=93, exif=exif)
    with Image.open(sink) as shown:
        expected = np.asarray(ImageOps.exif_transpose(shown))
    assert np.array_equal(decoded(opened(sink.getvalue(), "image/jpeg"))[0].squeeze(), expected)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_jpeg_with_fewer_pixels_than_it_says_is_refused(mode: str) -> None:
    sink = io.BytesIO()
    COLOUR.convert(mode).save(sink, "JPEG")
    data = bytearray(sink.getvalue())
    at = data.index(b"\xff\xc0") + 5  # SOF0: length, precision, then the height
    data[at : at + 2] = (200).to_bytes(2, "big")
    with pytest.raises(BadInput, match=r"odd\.img: it cannot be decoded \(Corrupt JPEG data"):
        opened(bytes(data), "image/jpeg")


def test_what_a_tiff_says_of_how_it_was_made_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Phase One"
    exif[0x8769] = {0x829A: 0.01, 0x9003: "2020:01:02 03:04:05", 0x927C: bytes(range(200)), 0xA002: 130}
    block, sink = io.BytesIO(), io.BytesIO()
    COLOUR.save(block, "JPEG", exif=exif.tobytes())
    with Image.open(block) as made:
        COLOUR.save(sink, "TIFF", exif=made.getexif())
    described = opened(sink.getvalue(), "image/tiff").header.described
    assert described["Make"] == "Phase One"
    assert described["DateTimeOriginal"] == "2020:01:02 03:04:05"
    assert (described["ExposureTime"], described["PixelXDimension"]) == (0.01, 130)
    json.dumps(described, allow_nan=False)


@pytest.mark.parametrize(("dpi", "expected"), [(600, 42.333), (72, None), (96, None), (1, None)])
def test_a_resolution_is_believed_only_where_it_was_measured(dpi: int, expected: float | None) -> None:
    spacing = by_pillow(COLOUR, "JPEG", dpi=(dpi, dpi)).header.spacing_um
    assert (spacing is None) == (expected is None)
    assert spacing is None or spacing[0] == pytest.approx(expected, abs=1e-3)


def test_pages_of_one_size_are_planes_and_previews_are_left_out() -> None:
    sink = io.BytesIO()
    with tifffile.TiffWriter(sink) as out:
        for seed in range(3):
            out.write(pixels(100, 90, 1, seed=seed)[..., 0], photometric="minisblack", compression="lzw")
        out.write(pixels(20, 18, 1)[..., 0], photometric="minisblack", subfiletype=1)
    picture = opened(sink.getvalue(), "image/tiff")
    assert decoded(picture).shape == (3, 100, 90, 1)
    assert "1 further pages" in "; ".join(picture.header.notes)


@pytest.mark.parametrize("parts", [{"rowsperstrip": 16}, {"tile": (32, 32)}])
def test_a_tile_that_is_broken_in_the_middle_is_named(parts: dict[str, Any]) -> None:
    sink = io.BytesIO()
    tifffile.imwrite(sink, RGB, photometric="rgb", compression="deflate", **parts)
    data = bytearray(sink.getvalue())
    data[len(data) // 2 : len(data) // 2 + 400] = bytes(400)
    with pytest.raises(BadInput, match=r"odd\.img: strip or tile \d+ of it cannot be decoded"):
        decoded(opened(bytes(data), "image/tiff"))


def lying_tiff(tag: int, value: int) -> bytes:
    """A TIFF whose header says another number than its strips have."""
    sink = io.BytesIO()
    tifffile.imwrite(sink, GREY, photometric="minisblack", compression="deflate", rowsperstrip=50)
    data = bytearray(sink.getvalue())
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        found = file.pages[0].tags[tag]  # type: ignore[union-attr]  # a page of its own
        size = found.valuebytecount
        data[found.valueoffset : found.valueoffset + size] = value.to_bytes(size, "little")
    return bytes(data)


@pytest.mark.parametrize(
    ("tag", "value", "because"),
    [
        (257, 40_000, "promises 800 strips"),
        (257, 0, "header says|cannot be decoded"),
        (256, 60_000, "cannot be decoded|smaller than"),
        (258, 7, "7 bits|cannot be decoded"),
        (262, 8, "CIELAB"),
        (274, 6, "orientation is 6"),
    ],
)
def test_a_tiff_that_lies_is_refused(tag: int, value: int, because: str) -> None:
    if tag == 274:
        sink = io.BytesIO()
        tifffile.imwrite(sink, GREY, photometric="minisblack", extratags=[(274, "H", 1, 6, True)])
        data = sink.getvalue()
    else:
        data = lying_tiff(tag, value)
    with pytest.raises(BadInput, match=because):
        decoded(opened(data, "image/tiff"))


def lying_png(data: bytes, width: int, height: int) -> bytes:
    """The same with another size in its header, checksum and all."""
    header = data[12:16] + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
    return data[:12] + header + zlib.crc32(header).to_bytes(4, "big") + data[33:]


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = lying_png(bytes(imagecodecs.png_encode(np.ascontiguousarray(GREY))), 60_000, 60_000)
    with pytest.raises(BadInput, match="60000 x 60000 pixels take more than"):
        opened(bomb, "image/png")


@pytest.mark.parametrize("image", [RGB, DEEP, np.ascontiguousarray(GREY)], ids=["8 bits", "16 bits", "grey"])
@pytest.mark.parametrize(
    ("size", "because"), [((130, 151), "less"), ((130, 300), "less"), ((130, 149), "more"), ((64, 150), "")]
)
def test_a_png_with_other_pixels_than_it_says_is_refused(
    image: NDArray[Any], size: tuple[int, int], because: str
) -> None:
    with pytest.raises(BadInput, match=f"{size[0]} x {size[1]} pixels, and its image data hold {because}"):
        opened(lying_png(bytes(imagecodecs.png_encode(image)), *size), "image/png")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
@pytest.mark.parametrize("size", [(1, 1), (3, 5), (9, 8), (130, 150)])
def test_a_png_of_any_kind_has_as_much_as_it_says(mode: str, size: tuple[int, int]) -> None:
    picture = COLOUR.crop((0, 0, *size)).convert(mode)
    assert decoded(by_pillow(picture, "PNG")).shape[1:3] == size[::-1]


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (9, 8), (130, 150)])
def test_a_png_in_passes_has_as_much_as_it_says(size: tuple[int, int]) -> None:
    """Adam7, by hand, since no library at hand writes it: each pass as rows of its own."""
    image = RGB[: size[1], : size[0]]
    passes = (
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    )
    rows = b"".join(
        b"\0" + row.tobytes()
        for x, y, across, down in passes
        for row in image[y::down, x::across]
        if row.size
    )

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")

    header = size[0].to_bytes(4, "big") + size[1].to_bytes(4, "big") + bytes((8, 2, 0, 0, 1))
    png = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    found = decoded(opened(b"\x89PNG\r\n\x1a\n" + png, "image/png"))[0]
    assert np.array_equal(found, image[..., : found.shape[-1]])


def test_what_is_cut_short_is_refused() -> None:
    sink = io.BytesIO()
    COLOUR.save(sink, "JPEG")
    with pytest.raises(BadInput, match=r"odd\.img: it cannot be decoded"):
        opened(sink.getvalue()[: len(sink.getvalue()) // 2], "image/jpeg")


@pytest.mark.parametrize("name", ["balloon_trunc2.jp2", "balloon_trunc3.jp2"])
def test_a_real_file_that_was_cut_short_is_refused(name: str) -> None:
    data = shared_data("broken-images", name).read_bytes()
    with pytest.raises(BadInput, match=r"odd\.img: "):
        decoded(opened(data, "image/jp2"))


@pytest.mark.parametrize("media_type", ["image/x-adobe-dng", "image/gif"])
def test_what_nobody_decodes_is_refused(media_type: str) -> None:
    with pytest.raises(BadInput, match=media_type):
        opened(b"whatever", media_type)


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/tiff", "image/webp", "image/jp2"])
def test_noise_is_refused(media_type: str) -> None:
    with pytest.raises(BadInput):
        opened(np.random.default_rng(0).bytes(3000), media_type)
