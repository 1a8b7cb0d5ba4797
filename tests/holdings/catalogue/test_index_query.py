"""Every condition, against real rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from holdings.catalogue.index import index_bytes
from holdings.catalogue.index_query import ImageQuery, Span
from tests.holdings.catalogue.fakes import a_package
from tests.holdings.catalogue.test_index_folder import an_index
from tests.kit.houses import TEST_TIME

ROWS = [
    {
        "path": "drawer 1/a.tif",
        "size_bytes": 100,
        "puid": "fmt/353",
        "captured_at": "2024-05-17T10:00:00",
        "specimen": "BM 1",
        "terms": {"dwc:country": "France", "dwc:genus": "Carabus"},
    },
    {
        "path": "drawer 2/b.JPG",
        "size_bytes": 200,
        "media_type": "image/jpeg",
        "captured_at": "2024-06",
        "terms": {"dwc:country": "FRANCE", "dwc:catalogNumber": "BM 2"},
    },
    {"path": "c [1]*.tif", "size_bytes": 300, "specimen": "bm 10", "terms": {"dwc:country": "Österreich"}},
    {"path": "back\\slash%.tif", "size_bytes": 400},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    images = a_package("nhm-a", at=TEST_TIME, images=len(ROWS))[2]
    told = [replace(image, **row) for image, row in zip(images, ROWS, strict=True)]  # type: ignore[arg-type]  # rows of a table
    an_index(folder).add("nhm-a", index_bytes(told))
    return folder


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        (ImageQuery(), [1, 2, 3, 4]),
        (ImageQuery(terms=(("dwc:country", "france"),)), [1, 2]),
        (ImageQuery(terms=(("dwc:country", "o\u0308sterreich"),)), [3]),
        (ImageQuery(terms=(("dwc:country", "f*"), ("dwc:genus", "car?bus"))), [1]),
        (ImageQuery(terms=(("dwc:country", "*"),)), [1, 2, 3]),
        (ImageQuery(terms=(("dwc:country", "' OR true --"),)), []),
        (ImageQuery(specimen="bm 1"), [1]),
        (ImageQuery(specimen="BM 2"), [2]),
        (ImageQuery(specimen="BM 1*"), [1, 3]),
        (ImageQuery(media_types=("image/jpeg",)), [2]),
        (ImageQuery(media_types=("image/jpeg",), puids=("fmt/353",)), [1, 2]),
        (ImageQuery(size_bytes=Span(at_least=200, below=400)), [2, 3]),
        (ImageQuery(captured=Span(at_least="2024-05", below="2024-05~")), [1]),
        (ImageQuery(captured=Span(at_least="2024-05-18")), [2]),
        (ImageQuery(captured=Span()), [1, 2]),
        (ImageQuery(path="drawer ?/*.jpg"), [2]),
        (ImageQuery(path="c [1]\\*.tif"), [3]),
        (ImageQuery(path="back\\slash%.*"), [4]),
        (ImageQuery(path="back\\slash%.tif"), [4]),
        (ImageQuery(path="b?ck\\\\slash*"), [4]),
        (ImageQuery(text="drawer", size_bytes=Span(below=200)), [1]),
        (ImageQuery(package_ids=frozenset(["nhm-a"]), limit=2), [1, 2]),
    ],
)
def test_what_is_asked_is_what_is_found(folder: Path, query: ImageQuery, numbers: list[int]) -> None:
    index = an_index(folder, recorded={"nhm-a": True})
    found = [name for batch in index.search(query) for name in batch.column("image_id").to_pylist()]
    assert found == [f"nhm-a.{number}" for number in numbers]
