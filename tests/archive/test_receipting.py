"""The receipt's document, after a deposit and once more from the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest

from archive.deposit import deposit
from archive.receipting import receipt_of, recollect
from holdings.errors import BadInput, NotFound
from holdings.house import House
from tests.archive.helpers import copy_to_cold
from tests.kit.houses import TEST_TIME
from tests.kit.pictures import write_pictures


def test_it_says_what_was_deposited_and_where_it_lies(house: House, source: Path) -> None:
    (source / ".DS_Store").write_text("x")
    next(source.rglob("*.tif")).rename(source / "odd.png")
    receipt = deposit(house, source, collection="herb")
    document = receipt_of(house, receipt)
    (bag,) = document.bags
    (copy,) = bag.copies
    package = house.catalogue.package(receipt.package_id)
    assert (bag.package_id, bag.images, bag.sha256) == (receipt.package_id, 3, package.objects[0].sha256)
    assert (copy.store, copy.tier, copy.verified_at) == ("hot", "hot", TEST_TIME)
    assert Path(copy.url.removeprefix("file://")).stat().st_size == bag.size_bytes
    assert list(document.images()) == list(document.images()) == list(receipt.images)
    assert document.size_bytes == sum(image.size_bytes for image in receipt.images)
    assert list(document.sidecars or ()) == ["records.csv"]
    assert [item.path for item in document.left_out or ()] == [".DS_Store"]
    assert [item.path for item in document.noticed or ()] == ["odd.png"]
    assert document.algorithms == ["sha512", "sha256"]
    assert not document.already_held
    assert receipt_of(house, deposit(house, source, collection="herb")).already_held


def test_from_the_catalogue_it_knows_the_copies_of_today_and_admits_the_rest(
    house: House, source: Path
) -> None:
    package_id = deposit(house, source, collection="herb").package_id
    copy_to_cold(house, package_id)
    document = recollect(house, [package_id, package_id])
    assert [copy.store for copy in document.bags[0].copies] == ["cold", "hot"]
    assert (document.left_out, document.noticed, document.sidecars, document.matched) == (None,) * 4


def test_only_bags_of_one_collection_have_one_receipt(house: House, tmp_path: Path) -> None:
    ids = []
    for name in ("ferns", "herb"):
        write_pictures(tmp_path / name, 1)
        ids.append(deposit(house, tmp_path / name, collection=name).package_id)
    with pytest.raises(BadInput, match="these are of 2: ferns, herb"):
        recollect(house, ids)
    with pytest.raises(NotFound):
        recollect(house, ["herb-000000000000"])
