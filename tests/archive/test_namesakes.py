"""Whoever deposits a name that the collection holds already is told, whatever became of the size."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archive.deposit import Wishes, deposit
from archive.receipt import Namesake, Namesakes
from archive.withdrawing import withdraw
from holdings.catalogue import index_folder
from holdings.house import House
from tests.kit.pictures import write_pictures


def rescan(source: Path, name: str) -> None:
    """The same picture with another size."""
    path = source / name
    path.write_bytes(path.read_bytes() + b"rescanned")


@pytest.mark.parametrize("merged", [False, True])
def test_a_rescan_of_another_size_is_told_with_the_package_from_before(
    house: House, source: Path, merged: bool
) -> None:
    first = deposit(house, source, collection="herb")
    assert first.namesakes == Namesakes()
    if merged:
        house.catalogue.images.merge()
    rescan(source, "sheet-002.tif")
    second = deposit(house, source, collection="herb")
    assert second.package_id != first.package_id
    assert second.namesakes == Namesakes(
        other_content=1,
        first=(Namesake(path="sheet-002.tif", package_id=first.package_id),),
        same_content=2,
        packages=(first.package_id,),
    )
    assert deposit(house, source, collection="herb").namesakes == Namesakes(), "nothing was stored"


def test_what_is_held_in_another_package_is_told_once(house: House, source: Path) -> None:
    """Of what has the same content, the package with that content is named."""
    first = deposit(house, source, collection="herb")
    before = (source / "sheet-002.tif").read_bytes()
    rescan(source, "sheet-002.tif")
    deposit(house, source, collection="herb")
    (source / "sheet-002.tif").write_bytes(before)
    (source / "records.csv").unlink()
    third = deposit(house, source, collection="herb").namesakes
    assert third is not None
    assert (third.other_content, third.same_content) == (0, 3)
    assert first.package_id in third.packages


def test_other_collections_and_what_is_withdrawn_do_not_count(house: House, source: Path) -> None:
    other = deposit(house, source, collection="other")
    gone = deposit(house, source, collection="herb")
    withdraw(house, [gone.package_id], reason="not ours")
    rescan(source, "sheet-002.tif")
    assert deposit(house, source, collection="herb").namesakes == Namesakes()
    assert other.namesakes == Namesakes()


def test_of_many_the_first_are_named_and_all_are_counted(house: House, tmp_path: Path) -> None:
    many = tmp_path / "many"
    write_pictures(many, 25)
    deposit(house, many, collection="herb")
    for path in many.iterdir():
        rescan(many, path.name)
    found = deposit(house, many, collection="herb", wishes=Wishes(bag_bytes=10_000)).namesakes
    assert found is not None
    assert [item.path for item in found.first] == sorted(path.name for path in many.iterdir())[:20]
    assert replace(found, first=()) == Namesakes(other_content=25)


def test_a_damaged_index_stops_nothing(house: House, source: Path) -> None:
    first = deposit(house, source, collection="herb")
    index = house.settings.catalogue.path.parent / "index" / f"{first.package_id}.parquet"
    index.write_bytes(b"no index")
    rescan(source, "sheet-002.tif")
    assert deposit(house, source, collection="herb").namesakes is None


@pytest.mark.parametrize("worth_merging", [1, 64])
def test_an_index_that_is_gone_stops_nothing(
    house: House, source: Path, monkeypatch: pytest.MonkeyPatch, worth_merging: int
) -> None:
    """It cannot be taken into the merged index either, however often that is tried."""
    first = deposit(house, source, collection="herb")
    (house.settings.catalogue.path.parent / "index" / f"{first.package_id}.parquet").unlink()
    monkeypatch.setattr(index_folder, "WORTH_MERGING", worth_merging)
    rescan(source, "sheet-002.tif")
    second = deposit(house, source, collection="herb")
    assert second.package_id != first.package_id
    assert second.namesakes is None
