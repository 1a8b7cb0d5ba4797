"""The bag against RFC 8493 and against readers that are not ours."""

from __future__ import annotations

import hashlib
import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive import tar
from archive.bag import ALGORITHMS, Intent, decoded_path, encoded_path, human_size, plan_bag
from archive.sources.folder import FolderSource
from archive.sources.interface import CHUNK_BYTES, SourceFile
from archive.stream import BagStream, gathered
from holdings.errors import BadInput
from tests.archive.helpers import surveyed
from tests.kit.pictures import write_pictures

INTENT = Intent(
    package_id="herb-0123456789ab",
    collection="herb",
    started_at=datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC),
    algorithms=("sha512", "sha256"),
    software="Holdfast test",
    organization="Herbarium of Nowhere",
)


def bag_of(folder: Path, intent: Intent = INTENT) -> tuple[BagStream, bytes]:
    stream = BagStream(FolderSource(folder), plan_bag(intent, surveyed(folder).files))
    return stream, b"".join(stream.chunks())


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    """Names that try an encoder: spaces, %, line ends, both Unicode forms, long ones."""
    folder = tmp_path / "odd"
    folder.mkdir()
    names = [
        "a b.jpg",
        "100%.jpg",
        "a%0Ab.jpg",
        "line\nend",
        "cr\rend",
        "e\u0301.jpg",
        "ü.jpg",
        " x ",
        "a" * 200,
    ]
    for number, name in enumerate([*names, "deep/" * 60 + "b" * 120]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes([number]) * (number * 700 + 1))
    return folder


def test_any_tar_reader_finds_every_file_as_it_was(odd: Path) -> None:
    stream, data = bag_of(odd)
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        found = {item.name: opened.extractfile(item).read() for item in opened}  # type: ignore[union-attr]  # files only
    top = f"{INTENT.package_id}/data/"
    payload = {name.removeprefix(top): body for name, body in found.items() if name.startswith(top)}
    assert payload == {file.path: (odd / file.path).read_bytes() for file in stream.layout.files}


def test_the_size_and_every_offset_are_known_before_a_byte_is_read(odd: Path) -> None:
    stream, data = bag_of(odd)
    layout = stream.layout
    assert layout.size_bytes == len(data)
    assert len(data) % tarfile.RECORDSIZE == 0
    for file, offset in zip(layout.files, layout.offsets, strict=True):
        assert data[offset : offset + file.size_bytes] == (odd / file.path).read_bytes()


def test_tag_files_to_the_letter(odd: Path) -> None:
    _, data = bag_of(odd)
    with tarfile.open(fileobj=io.BytesIO(data)) as opened:
        tags = {
            item.name.split("/", 1)[1]: opened.extractfile(item).read()  # type: ignore[union-attr]  # files only
            for item in opened
            if "/data/" not in item.name
        }
    assert list(tags) == [
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha512.txt",
        "manifest-sha256.txt",
        "tagmanifest-sha512.txt",
        "tagmanifest-sha256.txt",
    ]
    assert tags["bagit.txt"] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
    files = surveyed(odd).files
    total = sum(file.size_bytes for file in files)
    assert tags["bag-info.txt"].decode() == (
        "BagIt-Profile-Identifier: urn:uuid:c090b902-53f6-4459-a22b-65f1966036ec\n"
        "Source-Organization: Herbarium of Nowhere\n"
        "Bag-Software-Agent: Holdfast test\n"
        "Bagging-Date: 2026-03-01\n"
        "External-Identifier: herb-0123456789ab\n"
        "Bag-Group-Identifier: herb\n"
        "Bag-Count: 1 of 1\n"
        "Bag-Size: 31.5 kB\n"
        f"Payload-Oxum: {total}.{len(files)}\n"
    )
    for algorithm in INTENT.algorithms:
        payload = tags[f"manifest-{algorithm}.txt"].decode().removesuffix("\n").split("\n")
        assert payload == [
            f"{hashlib.new(algorithm, (odd / file.path).read_bytes()).hexdigest()}  "
            f"data/{file.path.replace('%', '%25').replace(chr(10), '%0A').replace(chr(13), '%0D')}"
            for file in files
        ]
        listed = tags[f"tagmanifest-{algorithm}.txt"].decode().removesuffix("\n").split("\n")
        assert listed == [
            f"{hashlib.new(algorithm, tags[name]).hexdigest()}  {name}" for name in list(tags)[:4]
        ]


def test_the_same_files_and_intent_give_the_same_bytes(odd: Path) -> None:
    stream, first = bag_of(odd)
    assert b"".join(stream.chunks()) == first == bag_of(odd)[1]


@given(st.text(alphabet=st.sampled_from("%0123ADad\r\nx é")))
def test_paths_in_manifests_come_back(path: str) -> None:
    encoded = encoded_path(path)
    assert not set(encoded) & {"\r", "\n"}
    assert decoded_path(encoded) == path


@pytest.mark.parametrize(
    ("size", "told"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_345_678, "2.3 MB")]
)
def test_bag_size_is_for_people(size: int, told: str) -> None:
    assert human_size(size) == told


@given(st.lists(st.integers(0, 3 * CHUNK_BYTES), max_size=6))
def test_gathering_changes_no_byte(sizes: list[int]) -> None:
    pieces = [bytes([number]) * size for number, size in enumerate(sizes)]
    assert b"".join(gathered(pieces)) == b"".join(pieces)


def test_a_time_before_1970_or_after_2242_still_fits_the_header() -> None:
    for moment in (-1, 8**11, 2**60):
        assert len(tar.header("a/b", size_bytes=1, modified_s=moment)) == tar.BLOCK


def test_a_file_beyond_8_gb_has_its_size_in_an_extended_header() -> None:
    header = tar.header("a/b", size_bytes=9 * 2**30, modified_s=0)
    assert tarfile.TarInfo.frombuf(header[-512:], "utf-8", "strict").name == "a/b"
    assert b"size=9663676416\n" in header


class TestSourceThatChanges:
    def changed(self, folder: Path, file: SourceFile) -> str:
        layout = plan_bag(INTENT, [file])
        with pytest.raises(BadInput) as caught:
            b"".join(BagStream(FolderSource(folder), layout).chunks())
        return caught.value.sentence

    def test_longer_shorter_touched_gone_or_a_link(self, tmp_path: Path) -> None:
        (path,) = write_pictures(tmp_path, 1)
        (file,) = surveyed(tmp_path).files
        body = path.read_bytes()
        path.write_bytes(body + b"x")
        assert "changed while it was deposited" in self.changed(tmp_path, file)
        path.write_bytes(body[:-1])
        assert "sheet-001.jpg changed" in self.changed(tmp_path, file)
        path.unlink()
        assert "sheet-001.jpg could not be read: No such file" in self.changed(tmp_path, file)
        path.symlink_to("/etc/hostname")
        assert "sheet-001.jpg could not be read" in self.changed(tmp_path, file)

    def test_in_the_middle_of_the_reading(self, tmp_path: Path) -> None:
        path = tmp_path / "large.bin"
        path.write_bytes(bytes(3 * CHUNK_BYTES))
        chunks = BagStream(FolderSource(tmp_path), plan_bag(INTENT, surveyed(tmp_path).files)).chunks()
        next(chunks)
        with path.open("r+b") as file:
            file.write(b"changed")
        with pytest.raises(BadInput, match=r"large\.bin changed while it was deposited"):
            list(chunks)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_every_algorithm_we_name_can_be_made(tmp_path: Path, algorithm: str) -> None:
    write_pictures(tmp_path, 1)
    intent = Intent(
        package_id="a-1", collection="a", started_at=INTENT.started_at, algorithms=(algorithm,), software="x"
    )
    assert bag_of(tmp_path, intent)[0].digests.keys() == {algorithm}
