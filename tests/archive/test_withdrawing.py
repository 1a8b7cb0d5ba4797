"""A tombstone hides and never removes; it outlives the catalogue, and can be taken away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive.asking import Asked
from archive.deposit import deposit
from archive.exporting import export
from archive.finding import find, found_images
from archive.getting import get_image
from archive.receipt import Receipt
from archive.withdrawing import bytes_stay_until, undo, withdraw
from holdings.catalogue.checking import check_catalogue
from holdings.catalogue.rebuilding import rebuild_catalogue
from holdings.clock import FixedClock
from holdings.errors import BadInput, NotFound, Withdrawn
from holdings.house import House
from holdings.records import EventType
from tests.archive.helpers import keys_of
from tests.kit.houses import TEST_TIME, a_house

WHY = "locality of a protected species"


@pytest.fixture
def receipt(house: House, source: Path) -> Receipt:
    return deposit(house, source, collection="herb")


def test_a_package_is_not_given_out_and_every_byte_stays(
    house: House, receipt: Receipt, source: Path, tmp_path: Path
) -> None:
    held = keys_of(house.store("hot"))
    done = withdraw(house, [receipt.package_id], reason=WHY, by="A. Keeper")
    assert [(item.package_id, item.image_id, item.by, item.reason) for item in done.withdrawn] == [
        (receipt.package_id, None, "A. Keeper", WHY)
    ]
    assert bytes_stay_until(house, done.withdrawn[0]) == "2026-05-30"
    assert find(house) == []
    assert len(list(found_images(house, Asked(withdrawn=True)))) == 3
    for refused in (
        lambda: get_image(house, f"{receipt.package_id}.1", tmp_path / "x"),
        lambda: export(house, receipt.package_id, tmp_path / "bag"),
        lambda: deposit(house, source, collection="herb"),
    ):
        with pytest.raises(Withdrawn, match="A. Keeper: locality of a protected species") as caught:  # noqa: RUF043  # the dot is any sign
            refused()
        assert caught.value.hint == f"holdfast withdraw --undo {receipt.package_id} --reason TEXT"
    assert keys_of(house.store("hot")) == held
    assert house.catalogue.package_table()["withdrawn_at"].to_pylist() == [TEST_TIME]
    assert undo(house, [receipt.package_id], reason="loan agreement found").undone == done.withdrawn
    assert len(find(house)) == 3
    assert deposit(house, source, collection="herb").already_held
    kinds = [event.event_type for event in house.catalogue.events(package_id=receipt.package_id)]
    assert kinds.count(EventType.DEACCESSION) == kinds.count(EventType.ACCESSION) == 1


def test_one_image_alone(house: House, receipt: Receipt, tmp_path: Path) -> None:
    first, second = f"{receipt.package_id}.1", f"{receipt.package_id}.2"
    withdraw(house, [first], reason=WHY)
    assert first not in [image.image_id for image in find(house)]
    assert [image.image_id for image in found_images(house, Asked(withdrawn=True))] == [first]
    get_image(house, second, tmp_path / "second")
    with pytest.raises(Withdrawn):
        get_image(house, first, tmp_path / "first")
    with pytest.raises(Withdrawn, match=first):
        export(house, receipt.package_id, tmp_path / "bag")
    assert house.catalogue.package_table()["withdrawn_at"].to_pylist() == [None]


def test_the_tombstone_outlives_the_catalogue(house: House, receipt: Receipt, tmp_path: Path) -> None:
    first, second = f"{receipt.package_id}.1", f"{receipt.package_id}.2"
    withdraw(house, [first, second], reason=WHY, by="A. Keeper")
    later = house.at(FixedClock(TEST_TIME + timedelta(hours=1)))
    undo(later, [second], reason="a mistake")
    before = house.catalogue.withdrawals()
    assert [item.subject for item in before] == [first]
    assert check_catalogue(house).ok
    house.settings.catalogue.path.unlink()
    assert rebuild_catalogue(house.settings).findings == ()
    with a_house(tmp_path / "house") as again:
        assert again.catalogue.withdrawals() == before
        assert first not in [image.image_id for image in find(again)]


def test_once_more_changes_nothing(house: House, receipt: Receipt) -> None:
    first = withdraw(house, [receipt.package_id], reason=WHY)
    events = len(house.catalogue.events())
    again = withdraw(house, [receipt.package_id], reason="another reason")
    assert (again.withdrawn, again.already) == ((), first.withdrawn)
    assert len(house.catalogue.events()) == events
    undo(house, [receipt.package_id], reason="found")
    assert undo(house, [receipt.package_id], reason="found").not_withdrawn == (receipt.package_id,)


@pytest.mark.parametrize("names", [["herb-000000000000"], ["{}", "{}.99"], ["{}", "other-1.1"]])
def test_all_of_it_or_nothing(house: House, receipt: Receipt, names: list[str]) -> None:
    with pytest.raises(NotFound):
        withdraw(house, [name.format(receipt.package_id) for name in names], reason=WHY)
    assert house.catalogue.withdrawals() == []


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 1001])
def test_a_reason_is_one_line(house: House, receipt: Receipt, reason: str) -> None:
    with pytest.raises(BadInput, match="reason"):
        withdraw(house, [receipt.package_id], reason=reason)


def test_whoever_runs_it_has_decided_where_nobody_else_is_named(house: House, receipt: Receipt) -> None:
    named = replace(house, agent="holdfast 0.1 (keeper)")
    assert withdraw(named, [receipt.package_id], reason=WHY).withdrawn[0].by == "holdfast 0.1 (keeper)"
