"""The merged index: where to look for an identifier, never stale, and no loss if it is gone."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from holdings.catalogue import index_folder, index_lookup
from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.gate import Patience
from holdings.catalogue.index import INDEX_NAME, index_bytes, index_schema
from holdings.catalogue.index_query import ImageQuery, identifier_probes
from holdings.catalogue.interface import Entry
from holdings.catalogue.migrating import create_catalogue
from holdings.records import Package, PackageKind, StoredObject, sha256_hex
from tests.holdings.catalogue.fakes import a_package
from tests.kit.houses import TEST_TIME


@pytest.fixture
def catalogue(tmp_path: Path) -> DuckDBCatalogue:
    path = tmp_path / "catalogue" / "c.duckdb"
    create_catalogue(path, "0" * 32, patience=Patience(path=path, seconds=5))
    return DuckDBCatalogue(path)


def hold(catalogue: DuckDBCatalogue, name: str, *, terms: Mapping[str, str] | None = None) -> None:
    """A recorded package of two images; the first has a specimen."""
    first, second = a_package(name, at=TEST_TIME)[2]
    first = replace(first, specimen=f"BM {name}", terms=terms or {})
    data = index_bytes([first, second])
    catalogue.images.add(name, data)
    item = StoredObject(key=INDEX_NAME, size_bytes=len(data), sha256=sha256_hex(data))
    package = Package(
        package_id=name,
        kind=PackageKind.BAG,
        collection="nhm",
        created_at=TEST_TIME,
        objects=(item,),
        images=2,
    )
    catalogue.record(Entry(packages=[package]))


def found(catalogue: DuckDBCatalogue, identifier: str) -> list[str]:
    batches = catalogue.images.search(ImageQuery(identifier=identifier))
    table = pa.Table.from_batches(batches, schema=index_schema())
    names: list[str] = table.column("image_id").to_pylist()
    return names


QUESTIONS = [
    ("nhm-b.2", ["nhm-b.2"]),
    ("NHM-B.2", ["nhm-b.2"]),
    ("BM nhm-b", ["nhm-b.1"]),
    ("bm NHM-*", ["nhm-a.1", "nhm-b.1"]),
    ("drawer 1/nhm-b_1.tif", ["nhm-b.2"]),
    ("nhm-b_1.tif", ["nhm-b.2"]),
    ("nhm-b_1", ["nhm-b.2"]),
    ("nhm-b_1.t*", ["nhm-b.2"]),
    ("drawer 0/nhm-?_0.tif", ["nhm-a.1", "nhm-b.1"]),
    ("*_1.tif", ["nhm-a.2", "nhm-b.2"]),
    ("nhm-b.*", ["nhm-b.1", "nhm-b.2"]),
    ("https://data.example/object/17", ["nhm-b.1"]),
    ("https://data.example/*", ["nhm-b.1"]),
    ("nhm-b_1.tiff", []),
    ("nhm-b_", []),
    ("100%", []),
]


@pytest.mark.parametrize("merged", [False, True], ids=["not merged", "merged"])
def test_every_way_of_naming_an_image_finds_it(catalogue: DuckDBCatalogue, merged: bool) -> None:
    hold(catalogue, "nhm-a")
    hold(catalogue, "nhm-b", terms={"dwc:occurrenceID": "https://data.example/object/17"})
    if merged:
        catalogue.images.merge()
        assert catalogue.images.lookup.packages().num_rows == 2
    assert {question: found(catalogue, question) for question, _ in QUESTIONS} == dict(QUESTIONS)


def test_what_was_recorded_since_is_found_and_merged_in_time(
    catalogue: DuckDBCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(catalogue, "nhm-a")
    catalogue.images.merge()
    hold(catalogue, "nhm-b")
    assert found(catalogue, "BM nhm-b") == ["nhm-b.1"]
    assert catalogue.images.lookup.packages().num_rows == 1, "one package is not worth it"
    monkeypatch.setattr(index_folder, "WORTH_MERGING", 2)
    hold(catalogue, "nhm-c")
    assert found(catalogue, "BM nhm-c") == ["nhm-c.1"]
    assert catalogue.images.lookup.packages().num_rows == 3


def test_only_the_packages_that_matter_are_opened(catalogue: DuckDBCatalogue) -> None:
    hold(catalogue, "nhm-a")
    hold(catalogue, "nhm-b")
    catalogue.images.merge()
    catalogue.images.path("nhm-a").write_bytes(b"not to be opened")
    assert found(catalogue, "BM nhm-b") == ["nhm-b.1"]


def test_many_segments_become_few(catalogue: DuckDBCatalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_lookup, "_MOST_SEGMENTS", 3)
    monkeypatch.setattr(index_lookup, "_MERGED_AT_ONCE", 3)
    for number in range(8):
        hold(catalogue, f"nhm-{number}")
        catalogue.images.merge()
    assert len(list(catalogue.images.lookup.folder.glob("*.keys.parquet"))) <= 4
    assert catalogue.images.lookup.packages().num_rows == 8
    assert [found(catalogue, f"BM nhm-{number}") for number in range(8)] == [
        [f"nhm-{number}.1"] for number in range(8)
    ]


@pytest.mark.parametrize("ending", [".keys.parquet", ".packages.parquet"])
@pytest.mark.parametrize("damage", ["rotten", "gone"])
def test_a_damaged_cache_is_made_again(catalogue: DuckDBCatalogue, ending: str, damage: str) -> None:
    hold(catalogue, "nhm-a")
    catalogue.images.merge()
    (path,) = catalogue.images.lookup.folder.glob(f"*{ending}")
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"rotten")
    assert found(catalogue, "BM nhm-a") == ["nhm-a.1"]
    catalogue.images.merge()
    assert catalogue.images.lookup.packages().num_rows == 1
    assert found(catalogue, "BM nhm-a") == ["nhm-a.1"]


def test_what_a_killed_merge_left_is_swept_and_never_read(catalogue: DuckDBCatalogue) -> None:
    hold(catalogue, "nhm-a")
    folder = catalogue.images.lookup.folder
    folder.mkdir()
    for name in ("0.keys.parquet", "1.packages.part", "2.part"):
        (folder / name).write_bytes(b"half")
    (folder / "3.spill").mkdir()
    assert found(catalogue, "BM nhm-a") == ["nhm-a.1"]
    catalogue.images.merge()
    names = sorted(path.name.partition(".")[2] for path in folder.iterdir() if path.name != "merging.lock")
    assert names == ["keys.parquet", "packages.parquet"]


def test_two_may_merge_and_search_at_once(
    catalogue: DuckDBCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_lookup, "_MOST_SEGMENTS", 1)
    monkeypatch.setattr(index_lookup, "_MERGED_AT_ONCE", 2)
    hold(catalogue, "nhm-0")
    wrong: list[object] = []

    def search() -> None:
        for _ in range(8):
            answer = found(catalogue, "BM nhm-0")
            if answer != ["nhm-0.1"]:
                wrong.append(answer)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 5):
        hold(catalogue, f"nhm-{number}")
        catalogue.images.merge()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_where_nothing_can_be_written_finding_still_works(catalogue: DuckDBCatalogue) -> None:
    hold(catalogue, "nhm-a")
    catalogue.images.lookup.folder.write_text("a file is in the way")
    catalogue.images.merge()
    assert found(catalogue, "BM nhm-a") == ["nhm-a.1"]


@pytest.mark.parametrize(
    ("wanted", "probes"),
    [
        ("a/b.tif", [("a/b.tif", False), ("b", False)]),
        ("a/b.t*", [("a/b.t", True), ("b", True)]),
        ("x\\*y", [("x*y", False)]),
        ("*x", None),
        ("a/*", None),
    ],
)
def test_what_is_looked_up(wanted: str, probes: object) -> None:
    assert identifier_probes(ImageQuery(identifier=wanted)) == probes
