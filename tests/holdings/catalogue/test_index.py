"""The image index: Parquet files that say where the bytes of each image lie."""

from __future__ import annotations

import io
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.catalogue.index import (
    NAMES,
    ROW_GROUP,
    index_bytes,
    index_of_columns,
    read_index,
    write_index,
)
from holdings.errors import Corrupt
from holdings.records import Image
from tests.holdings.catalogue.fakes import a_package
from tests.kit.houses import TEST_TIME

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


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


@pytest.mark.parametrize("count", [0, 1, 13, 5000])
def test_columns_make_the_index_that_their_images_make(count: int) -> None:
    (image, _) = a_package("nhm-a", at=TEST_TIME)[2]
    images = [
        replace(image, offset=n, camera=f"camera {n}" if n % 3 else None, terms={"dwc:day": str(n)})
        for n in range(count)
    ]
    columns = {name: [getattr(each, name) for each in images] for name in NAMES}
    assert index_of_columns(columns) == index_bytes(images)


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


def test_an_index_of_the_first_form_is_read() -> None:
    found = read_index(Path(__file__).with_name("index-v1.parquet").read_bytes())
    assert [(image.image_id, image.path, image.width_px) for image in found] == [
        ("nhm-old.1", "drawer 1/BM 001.tif", 640),
        ("nhm-old.2", "drawer 1/BM 002.tif", None),
    ]
    assert [(image.sha512, image.specimen, image.terms) for image in found] == [(None, None, {})] * 2


def test_everything_a_deposit_knows_comes_out_again() -> None:
    (first, second) = a_package("nhm-a", at=TEST_TIME)[2]
    told = replace(
        first,
        sha512="5" * 128,
        puid="fmt/353",
        bits_per_sample=16,
        resolution_ppi=600.5,
        captured_at="2024-05-01T10:00:00",
        specimen="NHMUK 1",
        terms={"dwc:country": "Österreich", "dwc:catalogNumber": ""},
    )
    assert read_index(index_bytes([told, second])) == [told, second]


def test_many_images_are_written_as_they_come_in_row_groups() -> None:
    (image, _) = a_package("nhm-a", at=TEST_TIME)[2]
    rows, sink = ROW_GROUP + 3, io.BytesIO()
    assert write_index((replace(image, offset=n) for n in range(rows)), sink) == rows
    metadata = pq.ParquetFile(sink).metadata
    assert [metadata.row_group(n).num_rows for n in range(metadata.num_row_groups)] == [ROW_GROUP, 3]
