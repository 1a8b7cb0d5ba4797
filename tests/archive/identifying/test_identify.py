"""Files of a source: each ends as an image, a sidecar or left out, in their order."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO

import pygfried
import pytest

from archive.identifying.identify import Identified, identify_files
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.identifying.looking import look_into
from archive.sources.interface import LeftOut, SourceFile
from tests.archive.identifying.samples import WHOLE, MemorySource, by_pillow, dng
from tests.kit.shared import shared_data


def identified(files: dict[str, bytes], *, threads: int = 2) -> list[Identified]:
    source = MemorySource(files)
    return list(identify_files(source, source.surveyed(), check=Check.STRUCTURE, threads=threads))


def only(path: str, data: bytes) -> Identified:
    (found,) = identified({path: data})
    return found


def test_each_file_has_one_result_in_their_order() -> None:
    whole, table = by_pillow("PNG"), b"catalogNumber,country\nA1,BE\n"
    files = {f"{number:04}": data for number, data in enumerate([whole, table, whole[:-1], b"\xff"] * 100)}
    found = identified({path + (".csv" if data is table else ".png"): data for path, data in files.items()})
    kinds = [FoundImage, Sidecar, LeftOut, LeftOut] * 100
    assert [type(item) for item in found] == kinds
    paths = [item.path if isinstance(item, LeftOut) else item.file.path for item in found]
    assert paths == sorted(paths)


def test_pronom_knows_images_and_sidecars() -> None:
    image = only("a.jpg", by_pillow("JPEG"))
    assert isinstance(image, FoundImage)
    assert (image.format.puid, image.format.media_type, image.notes) == ("fmt/43", "image/jpeg", ())
    assert image.format.name == "JPEG File Interchange Format"
    assert image.format.version == "1.01"
    table = only("a.csv", b"a,b\n1,2\n")
    assert isinstance(table, Sidecar)
    assert (table.format.puid, table.format.media_type, table.notes) == ("x-fmt/18", "text/csv", ())


@pytest.mark.parametrize("name", [name for name in WHOLE if not name.startswith("raw.")])
def test_an_excerpt_tells_pronom_what_the_whole_file_does(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = WHOLE[name][0]()
    path = tmp_path_factory.mktemp("whole") / name
    path.write_bytes(data)
    image = only(name, data)
    assert isinstance(image, FoundImage)
    told = pygfried.identify(str(path))
    assert image.format.puid == (None if told == "UNKNOWN" else told)


def test_excerpts_of_real_specimens_tell_pronom_what_they_do() -> None:
    for path in shared_data("specimens").rglob("*.jp*g"):
        found = only(path.name, path.read_bytes())
        assert isinstance(found, FoundImage)
        assert found.format.puid == pygfried.identify(str(path))


def test_the_bytes_decide_and_the_name_is_noted() -> None:
    for name in ("letter.txt", "scan.jpg"):
        found = only(name, WHOLE["strips.tif"][0]())
        assert isinstance(found, FoundImage)
        assert found.format.media_type == "image/tiff"
        assert found.notes == (f"it is named {name[-4:]}, and its bytes are image/tiff",)
    bare = only("no extension", WHOLE["strips.tif"][0]())
    assert isinstance(bare, FoundImage)
    assert bare.notes == ()


def test_a_dng_is_told_by_its_bytes() -> None:
    found = only("a.dng", dng())
    assert isinstance(found, FoundImage)
    assert found.format.media_type == "image/x-adobe-dng"
    assert (found.characteristics.width_px, found.characteristics.colour_space) == (47, "CFA")
    assert (found.characteristics.pages, found.characteristics.camera) == (1, "Canon EOS R5")
    assert found.notes == ()


@pytest.mark.parametrize(
    "data", [b"Dear curator", b"%PDF-1.4 a letter", b"BM is not a bitmap, and never was one."]
)
def test_no_image_behind_an_images_name(data: bytes) -> None:
    for name in ("letter.tiff", "letter.bmp"):
        found = only(name, data)
        assert found == LeftOut(path=name, because=f"it is named {name[6:]}, and its bytes are no image")


def test_a_sidecar_of_another_name_is_kept_and_noted() -> None:
    found = only("table.csv", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")
    assert isinstance(found, Sidecar)
    assert len(found.notes) == 1
    assert found.notes[0].startswith("it is named .csv, and its bytes are Acrobat PDF 1.4")


def test_an_image_format_that_is_not_checked_is_said_to_be_none() -> None:
    found = only("a.psd", b"8BPS\0\1" + bytes(6) + b"\0\3\0\0\0\1\0\0\0\1\0\x08\0\3" + bytes(40))
    assert isinstance(found, Sidecar)
    assert found.format.puid == "x-fmt/92"
    assert found.notes == ("it is Adobe Photoshop, an image format that is not checked; it is kept as it is",)


def test_a_broken_image_is_left_out_with_what_and_where() -> None:
    data = by_pillow("JPEG")
    found = only("a.jpg", data[:-1])
    assert isinstance(found, LeftOut)
    assert found.because == (
        f"it is a broken JPEG image: it ends at byte {len(data) - 1} without the end-of-image marker: "
        "its end is missing"
    )


class _Refusing(MemorySource):
    def open(self, file: SourceFile) -> BinaryIO:
        if file.path == "locked.png":
            raise PermissionError(13, "Permission denied")
        return super().open(file)


def test_a_file_that_cannot_be_opened_is_left_out() -> None:
    source = _Refusing({"good.png": by_pillow("PNG"), "locked.png": b"whatever"})
    found = list(identify_files(source, source.surveyed(), check=Check.STRUCTURE, threads=1))
    assert isinstance(found[0], FoundImage)
    assert found[1] == LeftOut(path="locked.png", because="it cannot be read: Permission denied")


def test_a_file_that_became_shorter_is_left_out() -> None:
    data = by_pillow("PNG")
    file = SourceFile(path="a.png", size_bytes=len(data) + 10, modified_ns=0)
    found = look_into(io.BytesIO(data[:40]), file)
    assert isinstance(found, LeftOut)
    assert "it ends at byte 40" in found.because
    left_out = look_into(io.BytesIO(b""), file)
    assert left_out == LeftOut(path="a.png", because="it ends at byte 0: it was longer when it was surveyed")


def test_files_are_asked_for_as_results_are_taken() -> None:
    """A million files are never in memory together."""
    source = MemorySource({"a.png": by_pillow("PNG")})
    (file,) = source.surveyed()
    asked = 0

    def endless() -> Iterator[SourceFile]:
        nonlocal asked
        while True:
            asked += 1
            yield file

    results = identify_files(source, endless(), check=Check.STRUCTURE, threads=2)
    for _ in range(10):
        next(results)
    assert asked < 1000
    results.close()  # type: ignore[attr-defined]  # a generator


def test_nothing_is_no_reason_to_begin() -> None:
    assert identified({}) == []


def test_broken_real_images_are_left_out_and_the_whole_one_is_not() -> None:
    folder = shared_data("broken-images")
    found = identified({path.name: path.read_bytes() for path in sorted(folder.iterdir())})
    assert [item.file.path for item in found if isinstance(item, FoundImage)] == ["balloon_intact.jp2"]
    assert [item.path for item in found if isinstance(item, LeftOut)] == [
        f"balloon_trunc{number}.jp2" for number in (1, 2, 3)
    ]
