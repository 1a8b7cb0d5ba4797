"""Files that are held already are recognised, whatever size of bags is wished for them now."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from archive.deposit import Wishes, deposit
from archive.withdrawing import withdraw
from holdings.errors import Withdrawn
from holdings.house import House
from tests.archive.helpers import damage, keys_of
from tests.kit.pictures import write_pictures

SMALL, SMALLER = Wishes(bag_bytes=8000), Wishes(bag_bytes=4500)
"""Some bags of the pictures, and some more."""


@pytest.fixture
def many(tmp_path: Path) -> Path:
    write_pictures(tmp_path / "many", 7)
    (tmp_path / "many" / "what? [*].csv").write_text("catalogNumber\n1\n")
    return tmp_path / "many"


@pytest.mark.parametrize("wishes", [(SMALL, SMALLER), (Wishes(), SMALL), (SMALL, Wishes())])
def test_nothing_is_stored_twice(house: House, many: Path, wishes: tuple[Wishes, Wishes]) -> None:
    first = deposit(house, many, collection="herb", wishes=wishes[0])
    keys = keys_of(house.store("hot"))
    again = deposit(house, many, collection="herb", wishes=wishes[1])
    assert keys_of(house.store("hot")) == keys
    assert list(again.bags) == [replace(bag, already_held=True) for bag in first.bags]
    assert [kept.package_id for kept in again.kept] == [kept.package_id for kept in first.kept]


def test_nor_where_the_settings_changed(house: House, many: Path) -> None:
    first = deposit(house, many, collection="herb", wishes=Wishes(bag_bytes=10**6))
    bags = replace(house.settings.bags, bag_files=3)
    other = replace(house, settings=replace(house.settings, bags=bags))
    assert deposit(other, many, collection="herb").package_id == first.package_id
    assert len(keys_of(house.store("hot"))) == 4


def test_signs_that_are_wildcards_are_themselves(house: House, many: Path) -> None:
    next(many.glob("*.tif")).rename(many / "(*) \\ [a]?.tif")
    deposit(house, many, collection="herb")
    assert deposit(house, many, collection="herb", wishes=SMALL).already_held


def test_what_another_collection_holds_is_split_as_is_wished(house: House, many: Path) -> None:
    deposit(house, many, collection="herb")
    assert len(deposit(house, many, collection="insects", wishes=SMALL).bags) > 1


def test_a_file_more_is_split_as_is_wished(house: House, many: Path) -> None:
    deposit(house, many, collection="herb")
    write_pictures(many / "more", 1, seed=9)
    receipt = deposit(house, many, collection="herb", wishes=SMALL)
    assert len(receipt.bags) > 1
    assert not any(bag.already_held for bag in receipt.bags)


def test_other_content_of_the_same_size_is_a_new_version_of_its_bag_alone(house: House, many: Path) -> None:
    first = deposit(house, many, collection="herb", wishes=SMALL)
    other = next(image for image in first.images if image.path.endswith(".tif"))
    damage(many / other.path, at=-2)
    second = deposit(house, many, collection="herb", wishes=SMALLER)
    assert [bag.package_id for bag in second.bags if not bag.already_held] == [f"{other.package_id}-v2"]
    assert len(second.bags) == len(first.bags)


def test_what_was_withdrawn_stays_so(house: House, many: Path) -> None:
    first = deposit(house, many, collection="herb")
    withdraw(house, [first.package_id], reason="not ours")
    with pytest.raises(Withdrawn, match="not ours"):
        deposit(house, many, collection="herb", wishes=SMALL)


def test_a_damaged_index_of_another_deposit_stops_nothing(house: House, source: Path, many: Path) -> None:
    other = deposit(house, source, collection="herb")
    index = house.settings.catalogue.path.parent / "index" / f"{other.package_id}.parquet"
    index.write_bytes(b"no index")
    assert not deposit(house, many, collection="herb").already_held
