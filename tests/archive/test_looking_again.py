"""What is done to a source between its survey and its storing, with sizes and times put back as they were."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import archive.sources.folder
import archive.stream
from archive.deposit import Wishes, deposit
from archive.identifying.interface import Check
from archive.sources.folder import FolderSource
from archive.sources.interface import LeftOut, SourceFile
from archive.verifying import verify
from holdings.errors import BadInput
from holdings.house import House
from holdings.records import sha256_hex
from holdings.stores.interface import Buffer, Store, Written
from holdings.stores.wrapper import Wrapper
from tests.archive.helpers import keys_of, with_hot
from tests.archive.sources.test_archives import Writes, stored_zip_of, tar_of, zip_of

Meddles = Callable[[Path], None]


class Meddling(Wrapper):
    """A store at whose first tar somebody does something to the source."""

    after_chunks = 0

    def __init__(self, inner: Store, meddle: Callable[[], None]) -> None:
        super().__init__(inner)
        self._meddle = meddle

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
        def meddled() -> Iterable[Buffer]:
            if key.endswith("bag.tar") and not self.after_chunks:
                self._meddle()
            for number, chunk in enumerate(chunks, start=1):
                if number == self.after_chunks:
                    self._meddle()
                yield chunk

        return super().put_stream(key, meddled(), size_bytes=size_bytes)


def with_its_times(path: Path, meddle: Meddles) -> None:
    """Do it, and put the times back."""
    was = path.stat()
    meddle(path)
    os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (was.st_size, was.st_mtime_ns)


def other_pixels(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(-20, os.SEEK_END)
        file.write(b"\x01\x02")


def no_image(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"not what it was")


def another_width(path: Path) -> None:
    kept = path.stat().st_size
    Image.open(path).resize((23, 16)).save(path)
    with path.open("ab") as file:
        file.write(bytes(kept - path.stat().st_size))


def copied_over(path: Path) -> None:
    path.with_suffix(".new").write_bytes(path.read_bytes())
    path.with_suffix(".new").replace(path)


HARMLESS: dict[str, Meddles] = {
    "nothing": lambda _: None,  # a backup that puts the time of reading back
    "chmod": lambda path: path.chmod(0o600),
    "hard_link": lambda path: os.link(path, path.parent.parent / "linked"),
    "copied_over": copied_over,
    "other_pixels": other_pixels,
}
HARMFUL: dict[str, Meddles] = {"no_image": no_image, "another_width": another_width}


@pytest.mark.parametrize("meddle", HARMLESS.values(), ids=HARMLESS)
def test_what_is_still_what_was_identified_is_deposited_as_it_was_read(
    house: House, source: Path, meddle: Meddles
) -> None:
    path = source / "sheet-002.tif"
    meddling = Meddling(house.store("hot"), lambda: with_its_times(path, meddle))
    receipt = deposit(with_hot(house, meddling), source, collection="herb")
    told = {image.path: image.sha256 for image in receipt.images}
    assert told[path.name] == sha256_hex(path.read_bytes())
    assert verify(house).is_good


@pytest.mark.parametrize("meddle", HARMFUL.values(), ids=HARMFUL)
def test_what_is_no_longer_what_was_identified_is_refused(
    house: House, source: Path, meddle: Meddles
) -> None:
    path = source / "sheet-002.tif"
    meddling = Meddling(house.store("hot"), lambda: with_its_times(path, meddle))
    with pytest.raises(BadInput, match=r"sheet-002\.tif changed while it was deposited"):
        deposit(with_hot(house, meddling), source, collection="herb")
    assert (keys_of(house.store("hot")), house.catalogue.packages()) == ([], [])


def test_what_was_decoded_is_decoded_again(house: House, source: Path) -> None:
    """Its structure is whole all the same: only decoding tells."""
    path = source / "sheet-001.png"
    Image.fromarray(np.zeros((16, 24, 3), np.uint8)).save(path)
    meddling = Meddling(house.store("hot"), lambda: with_its_times(path, damaged_pixels))
    with pytest.raises(BadInput, match=r"sheet-001\.png changed while it was deposited"):
        deposit(with_hot(house, meddling), source, collection="herb", wishes=Wishes(check=Check.DECODE))


def damaged_pixels(path: Path) -> None:
    data = bytearray(path.read_bytes())
    at = data.index(b"IDAT")
    size = int.from_bytes(data[at - 4 : at], "big")
    data[at + 6 : at + 4 + size] = bytes([0xFF]) * (size - 2)
    data[at + 4 + size : at + 8 + size] = zlib.crc32(data[at : at + 4 + size]).to_bytes(4, "big")
    path.write_bytes(data)


def test_a_large_file_that_is_touched_while_it_is_read_is_refused(
    house: House, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of what was read may be of the old and half of the new."""
    monkeypatch.setattr(archive.stream, "CHUNK_BYTES", 512)
    monkeypatch.setattr(archive.stream, "SMALL_BYTES", 512)
    monkeypatch.setattr(archive.sources.folder, "CHUNK_BYTES", 512)
    path = source / "drawer 1" / "sheet-001.jpg"
    hot = Meddling(house.store("hot"), lambda: with_its_times(path, lambda path: path.chmod(0o600)))
    hot.after_chunks = 2
    with pytest.raises(BadInput, match="changed while it was deposited"):
        deposit(with_hot(house, hot), source, collection="herb")
    assert keys_of(house.store("hot")) == []


def test_the_same_again_is_recognised_though_it_was_touched(house: House, source: Path) -> None:
    first = deposit(house, source, collection="herb")
    surveying = FolderSource.entries

    def touched_after(self: FolderSource) -> Iterator[SourceFile | LeftOut]:
        yield from surveying(self)
        for path in source.glob("*.*"):
            path.chmod(0o600)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderSource, "entries", touched_after)
        again = deposit(house, source, collection="herb")
    assert (again.package_id, again.already_held) == (first.package_id, True)


@pytest.mark.parametrize("write", [tar_of, zip_of, stored_zip_of])
def test_an_archive_that_is_written_to_is_refused(
    house: House, source: Path, tmp_path: Path, write: Writes
) -> None:
    path = write(source, tmp_path / "archive")

    def written(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(1000)
            file.write(b"other")

    meddling = Meddling(house.store("hot"), lambda: with_its_times(path, written))
    with pytest.raises(BadInput, match=r"(changed while it was deposited|could not be read)"):
        deposit(with_hot(house, meddling), path, collection="herb")
    assert keys_of(house.store("hot")) == []


def test_an_archive_in_a_store_that_is_replaced_is_refused(
    house: House, source: Path, tmp_path: Path
) -> None:
    hot, body = house.store("hot"), tar_of(source, tmp_path / "archive").read_bytes()
    hot.put("incoming.tar", body)

    def replaced() -> None:
        hot.delete("incoming.tar", version=hot.head("incoming.tar").version)
        hot.put("incoming.tar", body[:3000] + b"other" + body[3005:])

    with pytest.raises(BadInput, match="changed while it was deposited"):
        deposit(with_hot(house, Meddling(hot, replaced)), "hot:incoming.tar", collection="herb")
    assert keys_of(hot) == []
