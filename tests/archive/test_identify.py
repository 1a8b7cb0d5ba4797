from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import archive.identify
from archive.identify import HEADER_BYTES, FoundImage, identify, media_type_of, open_source
from archive.survey import survey
from holdings.errors import BadInput
from tests.kit.shared import shared_data


def only(folder: Path) -> FoundImage:
    (image,) = identify(survey(folder)).images
    return image


@pytest.mark.parametrize(
    ("name", "options", "media_type"),
    [
        ("a.jpg", {}, "image/jpeg"),
        ("a.jpg", {"progressive": True}, "image/jpeg"),
        ("a.png", {}, "image/png"),
        ("a.tif", {}, "image/tiff"),
        ("a.tif", {"compression": "tiff_lzw"}, "image/tiff"),
        ("a.tif", {"big_tiff": True}, "image/tiff"),
        ("a.jp2", {}, "image/jp2"),
        ("a.j2k", {}, "image/j2c"),
        ("a.webp", {}, "image/webp"),
        ("a.webp", {"lossless": True}, "image/webp"),
    ],
)
def test_type_and_size_come_from_the_bytes(
    tmp_path: Path, name: str, options: dict[str, object], media_type: str
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (31, 47, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / name, **options)  # type: ignore[arg-type]  # Pillow's own keywords
    (tmp_path / name).rename(tmp_path / "no extension")
    assert (only(tmp_path).media_type, only(tmp_path).size_px) == (media_type, (47, 31))


def test_a_preview_is_not_taken_for_the_picture(tmp_path: Path) -> None:
    """A DNG's first page is a thumbnail, and says so."""
    Image.new("RGB", (16, 12)).save(tmp_path / "a.tif", tiffinfo={254: 1})
    (tmp_path / "a.tif").rename(tmp_path / "a.dng")
    assert (only(tmp_path).media_type, only(tmp_path).size_px) == ("image/x-adobe-dng", None)


def test_a_sheet_too_large_to_be_believed_by_pillow_is_only_measured(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 50_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "a.png").write_bytes(png + struct.pack(">I", 4) + b"IDATabcd" + b"\0" * 4)
    assert only(tmp_path).size_px == (60_000, 50_000)


@pytest.mark.parametrize("keep", [4, 12, 30, 100, 160])
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif", "a.jp2", "a.webp"])
def test_a_header_cut_short_has_no_size_or_the_right_one(tmp_path: Path, name: str, keep: int) -> None:
    Image.new("RGB", (47, 31)).save(tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[:keep])
    found = identify_or_none(tmp_path)
    assert found is None or found.size_px in (None, (47, 31))


def identify_or_none(folder: Path) -> FoundImage | None:
    try:
        return only(folder)
    except BadInput:
        return None


def test_a_header_that_asks_for_everything_gets_a_bounded_amount(tmp_path: Path) -> None:
    """A TIFF of one tag, whose value is said to be most of a very large (sparse) file."""
    path = tmp_path / "a.tif"
    ifd = struct.pack("<H", 2) + struct.pack("<HHII", 256, 4, 1, 9) + struct.pack("<HHII", 700, 1, 2**31, 64)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + ifd + struct.pack("<I", 0))
    with path.open("r+b") as file:
        file.truncate(2**31 + 2 * HEADER_BYTES)
    assert only(tmp_path).size_px is None


def test_no_image_behind_an_images_name(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "good.png")
    (tmp_path / "letter.tiff").write_text("Dear curator")
    (tmp_path / "table.csv").write_text("a,b\n")
    found = identify(survey(tmp_path))
    assert [image.file.path for image in found.images] == ["good.png"]
    assert [file.path for file in found.sidecars] == ["table.csv"]
    assert [(item.path, item.because) for item in found.left_out] == [
        ("letter.tiff", "it is named .tiff, and its bytes are no image")
    ]


def test_a_file_that_cannot_be_opened_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "good.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "locked.png")

    def refuse(root: Path, path: str) -> io.FileIO:
        if path == "locked.png":
            raise PermissionError(13, "Permission denied")
        return open_source(root, path)

    monkeypatch.setattr(archive.identify, "open_source", refuse)
    found = identify(survey(tmp_path))
    assert [(item.path, item.because) for item in found.left_out] == [
        ("locked.png", "it cannot be read: Permission denied")
    ]


def test_a_pipe_that_took_a_files_place_is_not_waited_for(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    surveyed = survey(tmp_path)
    (tmp_path / "a.png").unlink()
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(BadInput, match="holds no image"):
        identify(surveyed)


def test_a_source_without_any_image_says_why(tmp_path: Path) -> None:
    (tmp_path / "letter.tiff").write_text("Dear curator")
    with pytest.raises(BadInput, match=r"holds no image.*letter\.tiff.*bytes are no image"):
        identify(survey(tmp_path))


@pytest.mark.parametrize("head", [b"", b"\0" * 32, b"GIF89a", b"RIFF\0\0\0\0WAVE", b"II*", b"\xff\xd8"])
def test_bytes_that_are_no_image_we_know(head: bytes) -> None:
    assert media_type_of(head) is None


def test_the_pixels_and_not_the_names_of_real_specimens_are_believed() -> None:
    found = identify(survey(shared_data("specimens", "nhm-pinned")))
    sizes = {image.file.path: image.size_px for image in found.images}
    assert len(sizes) == 8
    assert sizes["010265972__.2500x5792.jpeg"] == (2499, 1666)
    assert {file.path for file in found.sidecars} == {"multiple.csv", "nhmuk-012539905.json"}


def test_broken_real_images_are_identified_by_their_headers() -> None:
    found = identify(survey(shared_data("broken-images")))
    assert {image.size_px for image in found.images} == {(2717, 3701)}
