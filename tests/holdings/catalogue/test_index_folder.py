"""The indexes of all packages in one folder: what is recorded is found, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pyarrow as pa
import pytest

from holdings.catalogue.index import index_bytes, index_schema
from holdings.catalogue.index_folder import FolderIndex
from holdings.catalogue.index_query import ImageQuery, Probe, Withdrawn
from holdings.errors import BadInput, Corrupt, NotFound
from tests.holdings.catalogue.fakes import a_package
from tests.holdings.catalogue.test_index import with_paths
from tests.kit.houses import TEST_TIME


class Told:
    """A ledger that says what it is told to."""

    def __init__(self, packages: dict[str, bool], withdrawn: Withdrawn) -> None:
        self._packages = packages
        self._withdrawn = withdrawn

    def moment(self) -> AbstractContextManager[None]:
        return nullcontext()

    def packages(
        self, *, collection: str | None = None, package_ids: Collection[str] | None = None
    ) -> Mapping[str, bool]:
        return self._packages

    def named_in(self, probes: Sequence[Probe]) -> list[str]:
        return list(self._packages)

    def withdrawn(self) -> Withdrawn:
        return self._withdrawn

    def unmerged(self, merged: pa.Table) -> list[tuple[str, str]]:
        return []


NOTHING = Withdrawn()


def an_index(
    folder: Path,
    *names: str,
    recorded: dict[str, bool] | None = None,
    withdrawn: Withdrawn = NOTHING,
) -> FolderIndex:
    told = dict.fromkeys(sorted(names), True) if recorded is None else recorded
    index = FolderIndex(folder, Told(told, withdrawn))
    for name in names:
        index.add(name, index_bytes(a_package(name, at=TEST_TIME)[2]))
    return index


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


def test_what_is_withdrawn_is_found_only_if_asked_for(tmp_path: Path) -> None:
    withdrawn = Withdrawn(packages=frozenset(["nhm-a"]), images=frozenset(["nhm-b.1"]))
    index = an_index(tmp_path, "nhm-a", "nhm-b", "nhm-c", withdrawn=withdrawn)
    assert index.query().column("image_id").to_pylist() == ["nhm-b.2", "nhm-c.1", "nhm-c.2"]
    found = pa.Table.from_batches(index.search(ImageQuery(withdrawn=True)))
    assert found.column("image_id").to_pylist() == ["nhm-a.1", "nhm-a.2", "nhm-b.1"]


def test_an_index_of_the_first_form_lies_among_the_others(tmp_path: Path) -> None:
    index = an_index(tmp_path, "nhm-a", recorded={"nhm-a": True, "nhm-old": True})
    index.add("nhm-old", Path(__file__).with_name("index-v1.parquet").read_bytes())
    assert index.query().column("image_id").to_pylist() == ["nhm-a.1", "nhm-a.2", "nhm-old.1", "nhm-old.2"]
    assert index.query(text="bm 002").column("terms").to_pylist() == [[]]
    assert index.image("nhm-old.2").terms == {}


def test_a_folder_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    assert an_index(tmp_path / "a[b]*", "nhm-a").query().num_rows == 2


def test_a_limit_below_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        an_index(tmp_path, "nhm-a").query(limit=-1)
