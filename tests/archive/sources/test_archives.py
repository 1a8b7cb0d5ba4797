"""Tars, zips and stores as sources: the same files as from a folder, and nothing hostile among them."""

from __future__ import annotations

import io
import os
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from archive.deposit import deposit
from archive.sources import zipped
from archive.sources.interface import Source
from archive.sources.opening import Place, find_place, open_source
from holdings.errors import BadInput
from holdings.house import House
from tests.archive.helpers import Surveyed, files_of, surveyed

Writes = Callable[[Path, Path], Path]


def tar_of(folder: Path, target: Path, mode: str = "w") -> Path:
    with tarfile.open(target.with_suffix(".bin"), mode) as archive:  # type: ignore[call-overload]  # any mode
        archive.add(folder, ".")
    return target.with_suffix(".bin")


def gzipped_tar_of(folder: Path, target: Path) -> Path:
    return tar_of(folder, target, "w:gz")


def zip_of(folder: Path, target: Path, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(target.with_suffix(".bin"), "w", method) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return target.with_suffix(".bin")


def stored_zip_of(folder: Path, target: Path) -> Path:
    return zip_of(folder, target, zipfile.ZIP_STORED)


@contextmanager
def opened(house: House, named: str | Path) -> Iterator[Source]:
    scratch = house.settings.catalogue.path.parent
    with open_source(find_place(str(named), house.settings), house.stores, scratch=scratch) as (source, _):
        yield source


def look(house: House, named: str | Path) -> Surveyed:
    with opened(house, named) as source:
        return surveyed(source)


def read_all(house: House, named: str | Path) -> dict[str, bytes]:
    """Every accepted file, read in both ways."""
    with opened(house, named) as source:
        files = surveyed(source).files
        read = {file.path: b"".join(source.read(file)) for file in files}
        for file in files:
            with source.open(file) as seekable:
                assert seekable.read() == read[file.path]
                seekable.seek(-3, os.SEEK_END)
                assert seekable.read() == read[file.path][-3:]
        return read


@pytest.mark.parametrize("write", [tar_of, gzipped_tar_of, zip_of, stored_zip_of])
def test_an_archive_holds_what_the_folder_held(
    house: House, source: Path, tmp_path: Path, write: Writes
) -> None:
    (source / "empty folder").mkdir()
    (source / ("long " * 30)).mkdir()
    (source / ("long " * 30) / "ünï 100%.jpg").write_bytes(os.urandom(3_000_000))
    archive = write(source, tmp_path / "archive")
    assert read_all(house, archive) == files_of(source)
    assert look(house, archive).because == {"empty folder/": "an empty folder; a bag holds files only"}


def test_a_prefix_in_a_store_holds_what_the_folder_held(house: House, source: Path, tmp_path: Path) -> None:
    hot = house.store("hot")
    for path, body in files_of(source).items():
        hot.put(f"incoming/{path}", body)
    hot.put("incoming.zip", zip_of(source, tmp_path / "a").read_bytes())
    for named in ("hot:incoming/", "hot:incoming", f"{hot.url}/incoming/", "hot:incoming.zip"):
        assert read_all(house, named) == files_of(source), named


@pytest.mark.parametrize("write", [tar_of, gzipped_tar_of, zip_of])
def test_a_deposit_from_an_archive_is_the_same_package_as_from_the_folder(
    house: House, source: Path, tmp_path: Path, write: Writes
) -> None:
    first = deposit(house, source, collection="herb")
    again = deposit(house, write(source, tmp_path / "archive"), collection="herb")
    assert (again.package_id, again.already_held) == (first.package_id, True)
    left = list((house.settings.catalogue.path.parent / "deposits").iterdir())
    assert left == []


@pytest.mark.parametrize("named", ["hot:", "hot:packages/herb-1", "hot:pack", "hot:events/"])
def test_what_holdfast_keeps_is_no_source(house: House, named: str) -> None:
    with pytest.raises(BadInput, match="holds what Holdfast itself keeps"):
        find_place(named, house.settings)


def test_a_place_that_is_nowhere(house: House) -> None:
    for named in ("warm:incoming/", "s3://elsewhere/incoming", "no/such/folder", ""):
        with pytest.raises(BadInput):
            find_place(named, house.settings)
    with pytest.raises(BadInput, match="Nothing lies under hot:incoming/"):
        look(house, "hot:incoming/")


def test_a_path_that_is_there_goes_before_a_store_of_that_name(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hot:incoming").mkdir()
    assert find_place("hot:incoming", house.settings) == Place(where=str(tmp_path / "hot:incoming"))


class TestHostileTar:
    def write(self, tmp_path: Path, *members: tarfile.TarInfo) -> Path:
        path = tmp_path / "hostile.tar"
        with tarfile.open(path, "w") as archive:
            for member in members:
                archive.addfile(member, io.BytesIO(b"x" * member.size))
        return path

    def member(self, name: str, kind: bytes = tarfile.REGTYPE, size: int = 3) -> tarfile.TarInfo:
        member = tarfile.TarInfo(name)
        member.type, member.size = kind, size if kind == tarfile.REGTYPE else 0
        member.linkname = "/etc/passwd"
        return member

    def test_what_leads_outside_or_is_no_file_is_left_out_by_name(self, house: House, tmp_path: Path) -> None:
        path = self.write(
            tmp_path,
            self.member("/etc/cron.d/x"),
            self.member("../../x"),
            self.member("a/../../x"),
            self.member("link", tarfile.SYMTYPE),
            self.member("hard link", tarfile.LNKTYPE),
            self.member("device", tarfile.CHRTYPE),
            self.member("pipe", tarfile.FIFOTYPE),
            self.member("C:\\x"),
            self.member("nul.jpg"),
            self.member("empty", size=0),
            self.member("kept.jpg"),
        )
        found = look(house, path)
        assert found.accepted == ["kept.jpg"]
        assert set(found.because) == {
            *("/etc/cron.d/x", "../../x", "a/../../x", "link", "hard link", "device", "pipe"),
            *("C:\\x", "nul.jpg", "empty"),
        }

    def test_a_name_that_comes_twice_is_refused(self, house: House, tmp_path: Path) -> None:
        path = self.write(tmp_path, self.member("a.jpg"), self.member("./a.jpg"))
        with pytest.raises(BadInput, match=r"holds 'a.jpg' twice"):
            look(house, path)

    def test_one_that_was_cut_short_is_refused(self, house: House, tmp_path: Path) -> None:
        path = self.write(tmp_path, self.member("a.jpg", size=4000))
        path.write_bytes(path.read_bytes()[:2000])
        with pytest.raises(BadInput, match="is refused"):
            look(house, path)

    def test_a_bomb_is_refused_before_it_fills_the_disk(self, house: House, tmp_path: Path) -> None:
        class Zeros(io.RawIOBase):
            def read(self, size: int = -1) -> bytes:
                return bytes(size)

        member = tarfile.TarInfo("bomb.tif")
        member.size = 300 * 2**20
        path = tmp_path / "bomb.tar.gz"
        with tarfile.open(path, "w:gz", compresslevel=9) as archive:
            archive.addfile(member, Zeros())
        scratch = house.settings.catalogue.path.parent
        before = set(scratch.iterdir())
        with pytest.raises(BadInput, match="unpacks to more than 250 times its size"):
            look(house, path)
        assert set(scratch.iterdir()) == before

    def test_one_that_is_replaced_while_it_is_deposited_is_noticed(
        self, house: House, tmp_path: Path
    ) -> None:
        path = self.write(tmp_path, self.member("a.jpg", size=4000))
        with opened(house, path) as source:
            (file,) = surveyed(source).files
            os.truncate(path, 1000)
            with pytest.raises(BadInput, match=r"a.jpg changed while it was deposited"):
                list(source.read(file))


class TestHostileZip:
    def test_what_leads_outside_or_is_no_file_is_left_out_by_name(self, house: House, tmp_path: Path) -> None:
        path = tmp_path / "hostile.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in ("/etc/x", "../x", "a//b", "kept.jpg"):
                archive.writestr(name, b"x")
            for name, kind in (("link", stat.S_IFLNK), ("device", stat.S_IFCHR)):
                info = zipfile.ZipInfo(name)
                info.create_system, info.external_attr = 3, kind << 16
                archive.writestr(info, b"/etc/passwd")
            archive.writestr("bzip2.jpg", b"x", zipfile.ZIP_BZIP2)
        found = look(house, path)
        assert found.accepted == ["kept.jpg"]
        assert set(found.because) == {"/etc/x", "../x", "a//b", "link", "device", "bzip2.jpg"}

    def test_encrypted_members_are_left_out(self, house: House, tmp_path: Path) -> None:
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.jpg", b"x")
        data = bytearray(path.read_bytes())
        data[data.index(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(data)
        assert look(house, path).because == {"a.jpg": "it is encrypted"}

    def test_a_bomb_is_refused(self, house: House, tmp_path: Path) -> None:
        path = tmp_path / "bomb.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("zeros.tif", bytes(260 * 2**20))
        with pytest.raises(BadInput, match="unpacks to more than 250 times its size"):
            look(house, path)

    def test_members_that_share_bytes_are_refused(self, house: House, tmp_path: Path) -> None:
        path = tmp_path / "overlap.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.jpg", b"x" * 100)
            archive.writestr("b.jpg", b"x" * 100)
        data = bytearray(path.read_bytes())
        second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 4)
        data[second + 42 : second + 46] = struct.pack("<I", 10)
        path.write_bytes(data)
        with pytest.raises(BadInput, match="share bytes"):
            look(house, path)

    @pytest.mark.parametrize("wrong", ["crc", "size", "name"])
    def test_a_directory_that_lies_is_not_believed(self, house: House, tmp_path: Path, wrong: str) -> None:
        path = tmp_path / "lie.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.jpg", b"xyz" * 1000)
        data = bytearray(path.read_bytes())
        entry = data.index(b"PK\x01\x02")
        at = {"crc": entry + 16, "size": entry + 24, "name": entry + 46}[wrong]
        data[at] ^= 1
        path.write_bytes(data)
        with opened(house, path) as source:
            (file,) = surveyed(source).files
            with pytest.raises(BadInput, match="could not be read"):
                list(source.read(file))
            with pytest.raises(OSError, match=r"^(it does not match|it unpacks to|has another name)"):
                source.open(file)

    @pytest.mark.parametrize("held_bytes", [4 * 2**20, 100], ids=["held", "read through"])
    @pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED], ids=["deflated", "stored"])
    def test_a_broken_member_is_left_out_and_the_others_are_held(
        self,
        house: House,
        source: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        method: int,
        held_bytes: int,
    ) -> None:
        monkeypatch.setattr(zipped, "_HELD_BYTES", held_bytes)
        path = zip_of(source, tmp_path / "in", method)
        with zipfile.ZipFile(path) as archive:
            broken = archive.getinfo("sheet-002.tif")
        data = bytearray(path.read_bytes())
        data[broken.header_offset + 30 + len(broken.filename) + broken.compress_size - 3] ^= 0xFF
        path.write_bytes(data)
        receipt = deposit(house, path, collection="herb")
        (left_out,) = [item for item in receipt.left_out if not item.path.endswith("/")]
        assert left_out.path == "sheet-002.tif"
        assert left_out.because.startswith("it cannot be read: ")
        assert receipt.missed == 1
        assert [image.path for image in receipt.images] == ["drawer 1/sheet-001.jpg", "sheet-001.jpg"]

    def test_one_without_its_directory_is_refused(self, house: House, tmp_path: Path) -> None:
        path = tmp_path / "cut.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.jpg", b"x" * 100)
        path.write_bytes(path.read_bytes()[:60])
        with pytest.raises(BadInput, match="no table of contents"):
            look(house, path)

    def test_a_64_bit_directory_is_read(self, house: House, tmp_path: Path) -> None:
        path = tmp_path / "many.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for number in range(65_600):
                archive.writestr(f"{number:05}", b"x")
        assert len(look(house, path).accepted) == 65_600


@pytest.mark.parametrize(
    ("head", "told"), [(b"BZh9", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"hello", "no tar or zip")]
)
def test_other_files_are_no_source(house: House, tmp_path: Path, head: bytes, told: str) -> None:
    (tmp_path / "file").write_bytes(head * 200)
    with pytest.raises(BadInput, match=told):
        look(house, tmp_path / "file")


def test_a_file_that_would_have_to_be_a_folder_as_well(house: House, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "odd.tar", "w") as made:
        for name in ("a.png", "a.png/b.png"):
            member = tarfile.TarInfo(name)
            member.size = 1
            made.addfile(member, io.BytesIO(b"x"))
    assert look(house, tmp_path / "odd.tar").because == {
        "a.png/b.png": "a.png is there, too: one of them is a file and would have to be a folder as well"
    }
