"""The image index: Parquet files that say where the bytes of each image lie."""

from __future__ import annotations

import io
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.catalogue.index import FolderIndex, index_bytes, index_schema, read_index
from holdings.errors import BadInput, Corrupt, NotFound
from holdings.records import Image
from tests.holdings.catalogue.fakes import a_package
from tests.kit.houses import TEST_TIME

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


def an_index(folder: Path, *names: str, recorded: dict[str, bool] | None = None) -> FolderIndex:
    told = dict.fromkeys(sorted(names), True) if recorded is None else recorded
    index = FolderIndex(folder, lambda _: told)
    for name in names:
        index.add(name, index_bytes(a_package(name, at=TEST_TIME)[2]))
    return index


def with_paths(*paths: str) -> bytes:
    images = a_package("nhm-a", at=TEST_TIME, images=len(paths))[2]
    return index_bytes([_with_path(image, path) for image, path in zip(images, paths, strict=True)])


def _with_path(image: Image, path: str) -> Image:
    return Image(**{field.name: getattr(image, field.name) for field in fields(Image)} | {"path": path})


@given(paths=st.lists(TEXT, min_size=1, max_size=5))
def test_what_goes_in_comes_out(paths: list[str]) -> None:
    images = [
        _with_path(image, path)
        for image, path in zip(a_package("nhm-a", at=TEST_TIME, images=len(paths))[2], paths, strict=True)
    ]
    data = index_bytes(images)
    assert read_index(data) == images
    assert index_bytes(images) == data


def test_the_same_images_give_the_same_bytes_at_another_time() -> None:
    first, second = (a_package("nhm-a", at=TEST_TIME + timedelta(days=n), images=50)[2] for n in (0, 1))
    assert index_bytes(first) == index_bytes(second)


def test_checksums_carry_no_statistics() -> None:
    metadata = pq.ParquetFile(io.BytesIO(with_paths("a", "b"))).metadata
    column = {metadata.row_group(0).column(n).path_in_schema: n for n in range(metadata.num_columns)}
    assert not metadata.row_group(0).column(column["sha256"]).is_stats_set
    assert metadata.row_group(0).column(column["path"]).is_stats_set
    assert metadata.row_group(0).column(0).compression == "ZSTD"


def test_an_empty_index_is_an_index() -> None:
    assert read_index(index_bytes([])) == []


@pytest.mark.parametrize("data", [b"", b"garbage", with_paths("a")[:-9], b"PAR1" + b"\0" * 64 + b"PAR1"])
def test_no_index(data: bytes) -> None:
    with pytest.raises(Corrupt, match="the file x"):
        read_index(data, origin="the file x")


def test_parquet_with_other_columns_is_no_index() -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"image_id": ["nhm-a.1"]}), sink)
    with pytest.raises(Corrupt, match="columns"):
        read_index(sink.getvalue())


def test_one_image_is_found_in_its_own_package_only(tmp_path: Path) -> None:
    index = an_index(tmp_path, "nhm-a", "nhm-b")
    (tmp_path / "nhm-a.parquet").write_bytes(b"not to be opened")
    assert index.image("nhm-b.2").path == "drawer 1/nhm-b_1.tif"
    assert [image.image_id for image in index.images("nhm-b")] == ["nhm-b.1", "nhm-b.2"]


@pytest.mark.parametrize(
    ("image_id", "error"),
    [
        ("nhm-a.3", NotFound),
        ("nhm-c.1", NotFound),
        ("nhm-a", BadInput),
        ("../x.1", BadInput),
        ("nhm-a.1x", BadInput),
    ],
)
def test_no_such_image(tmp_path: Path, image_id: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        an_index(tmp_path, "nhm-a").image(image_id)


def test_images_come_by_package_and_number(tmp_path: Path) -> None:
    index = an_index(tmp_path, "nhm-b", "nhm-a")
    index.add("nhm-a", index_bytes(a_package("nhm-a", at=TEST_TIME, images=11)[2]))
    found = index.query().column("image_id").to_pylist()
    assert found == [f"nhm-a.{n}" for n in range(1, 12)] + ["nhm-b.1", "nhm-b.2"]
    assert index.query(limit=3).column("image_id").to_pylist() == found[:3]
    assert index.query(limit=0).num_rows == 0
    assert index.query().schema == index_schema()


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("%", ["100%.tif"]),
        ("_", ["a_b.tif"]),
        ("A_B", ["a_b.tif"]),
        ("MÜLLER", ["mu\u0308ller.tif", "Müller.tif"]),
        ("m\u00fcll", ["mu\u0308ller.tif", "Müller.tif"]),
        ("' OR 1=1 --", []),
        ("\\", ["back\\slash.tif"]),
        ("nhm-a.2", ["a_b.tif"]),
    ],
)
def test_text_is_only_text(tmp_path: Path, text: str, paths: list[str]) -> None:
    index = an_index(tmp_path, "nhm-a")
    index.add("nhm-a", with_paths("100%.tif", "a_b.tif", "mu\u0308ller.tif", "Müller.tif", "back\\slash.tif"))
    assert index.query(text=text).column("path").to_pylist() == paths


def test_only_what_is_recorded_is_found(tmp_path: Path) -> None:
    index = an_index(tmp_path, "nhm-a", "nhm-b", recorded={"nhm-b": True, "nhm-zarr": False})
    assert set(index.query().column("package_id").to_pylist()) == {"nhm-b"}


def test_an_index_that_is_gone_is_not_passed_over(tmp_path: Path) -> None:
    index = an_index(tmp_path, "nhm-a", "nhm-b")
    (tmp_path / "nhm-a.parquet").unlink()
    with pytest.raises(Corrupt, match="nhm-a") as caught:
        index.query()
    assert caught.value.hint is not None
    assert "rebuild" in caught.value.hint


def test_an_index_that_rotted_is_not_passed_over(tmp_path: Path) -> None:
    index = an_index(tmp_path, "nhm-a", "nhm-b")
    (tmp_path / "nhm-a.parquet").write_bytes(b"rotten")
    with pytest.raises(Corrupt):
        index.query()


def test_nothing_held_is_an_empty_table(tmp_path: Path) -> None:
    assert an_index(tmp_path / "nowhere").query().num_rows == 0


def test_adding_again_writes_nothing(tmp_path: Path) -> None:
    index = an_index(tmp_path, "nhm-a")
    before = (tmp_path / "nhm-a.parquet").stat()
    index.add("nhm-a", (tmp_path / "nhm-a.parquet").read_bytes())
    assert (tmp_path / "nhm-a.parquet").stat() == before
    assert index.names() == ["nhm-a"]
    assert index.has("nhm-a")
    assert not index.has("nhm-b")


def test_a_limit_below_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        an_index(tmp_path, "nhm-a").query(limit=-1)
