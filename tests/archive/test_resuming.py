"""A deposit that was stopped goes on: what is finished is read zero times, and nothing is done twice."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import pytest

import archive.holding
from archive.deposit import Wishes, deposit, depositing
from archive.finding import find
from archive.sources.folder import FolderSource
from archive.sources.interface import SourceFile
from archive.verifying import verify
from holdings.errors import BadInput, StoreFull
from holdings.house import House
from holdings.settings import Settings
from holdings.stores.counting import CountingStore
from holdings.stores.faulty import Crashed, Fault, FaultyStore, scripted
from tests.archive.helpers import damage, keys_of, with_hot
from tests.kit.houses import a_house
from tests.kit.pictures import write_pictures

SMALL = Wishes(bag_bytes=4000)
"""Two or three of the pictures in each bag."""


@dataclass
class Reading:
    """How often each file of the source was looked into, and read."""

    opened: Counter[str]
    read: Counter[str]


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    seen = Reading(Counter(), Counter())
    opening, reading = FolderSource.open, FolderSource.read

    def opens(self: FolderSource, file: SourceFile) -> BinaryIO:
        seen.opened[file.path] += 1
        return opening(self, file)

    def reads(self: FolderSource, file: SourceFile) -> Iterator[bytes]:
        seen.read[file.path] += 1
        return reading(self, file)

    monkeypatch.setattr(FolderSource, "open", opens)
    monkeypatch.setattr(FolderSource, "read", reads)
    return seen


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Twelve pictures and a table: several bags of `SMALL`."""
    folder = tmp_path / "many"
    write_pictures(folder, 12)
    (folder / "records.csv").write_text("catalogNumber\n1\n")
    return folder


def one_at_a_time(house: House) -> House:
    """So that a test knows which bag comes when."""
    settings: Settings = replace(house.settings, limits=replace(house.settings.limits, threads=1))
    return replace(house, settings=settings)


def journals(house: House) -> list[str]:
    folder = house.settings.catalogue.path.parent / "deposits"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_deposit_is_split_and_every_bag_is_whole(house: House, many: Path, reading: Reading) -> None:
    receipt = deposit(house, many, collection="herb", wishes=SMALL)
    assert len(receipt.bags) > 3
    assert set(reading.read.values()) == {1}, "every byte of the source is read once"
    assert sorted(image.path for image in find(house)) == sorted(path.name for path in many.glob("sheet*"))
    assert [image.path for image in receipt.images] == [path.name for path in sorted(many.glob("sheet*"))]
    assert verify(house).is_good
    assert journals(house) == []
    (kept,) = receipt.kept
    assert (kept.path, set(kept.checksums)) == ("records.csv", {"sha512", "sha256"})
    assert kept.package_id in {bag.package_id for bag in receipt.bags}
    again = deposit(house, many, collection="herb", wishes=SMALL)
    assert [replace(bag, already_held=True) for bag in receipt.bags] == list(again.bags)


@pytest.mark.parametrize("moment", ["in the store", "before the catalogue", "after the catalogue"])
def test_finished_bags_are_read_zero_times(
    house: House, many: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    house = one_at_a_time(house)
    if moment == "in the store":
        hurt = with_hot(
            house, FaultyStore(house.store("hot"), scripted({("put_stream", 9): Fault.CRASH_AFTER}))
        )
        with pytest.raises(Crashed):
            deposit(hurt, many, collection="herb", wishes=SMALL)
    else:
        recording = archive.holding._record
        calls: list[object] = []

        def dying(*told: object) -> None:
            calls.append(told)
            if len(calls) < 3 or moment == "after the catalogue":
                recording(*told)  # type: ignore[arg-type]  # passed on as they came
            if len(calls) == 3:
                raise Crashed

        with monkeypatch.context() as patch:
            patch.setattr(archive.holding, "_record", dying)
            with pytest.raises(Crashed):
                deposit(house, many, collection="herb", wishes=SMALL)
    finished = {image.path for image in find(house)}
    assert finished
    read, opened = reading.read.copy(), reading.opened.copy()
    assert len(journals(house)) > 0

    counting = CountingStore(house.store("hot"))
    receipt = deposit(with_hot(house, counting), many, collection="herb", wishes=SMALL)
    assert {path for path in reading.read if reading.read[path] > read[path]}.isdisjoint(finished)
    assert reading.opened == opened, "nothing is looked into again"
    new = [bag for bag in receipt.bags if not {image.path for image in receipt.images} <= finished]
    written = sum(bag.size_bytes for bag in receipt.bags)
    assert counting.bytes_moved["get"] < written, "no copy of a finished bag is read back"
    assert new
    assert not receipt.already_held
    assert sorted(image.path for image in find(house)) == sorted(path.name for path in many.glob("sheet*"))
    assert len(house.catalogue.packages()) == len(receipt.bags)
    assert len(keys_of(house.store("hot"))) == 4 * len(receipt.bags)
    assert verify(house).is_good
    assert journals(house) == []


def test_a_receipt_that_was_not_handed_over_costs_nothing_to_make_again(
    house: House, many: Path, reading: Reading
) -> None:
    with pytest.raises(Crashed), depositing(house, many, collection="herb", wishes=SMALL):
        raise Crashed
    read, opened = reading.read.copy(), reading.opened.copy()
    counting = CountingStore(house.store("hot"))
    receipt = deposit(with_hot(house, counting), many, collection="herb", wishes=SMALL)
    assert (reading.read, reading.opened) == (read, opened)
    assert sum(counting.bytes_moved.values()) == 0
    assert [image.path for image in receipt.images] == [path.name for path in sorted(many.glob("sheet*"))]
    (kept,) = receipt.kept
    assert set(kept.checksums) == {"sha512", "sha256"}


def test_a_file_that_changed_meanwhile_is_not_taken_for_what_it_was(house: House, many: Path) -> None:
    with pytest.raises(Crashed), depositing(house, many, collection="herb", wishes=SMALL):
        raise Crashed
    damage(many / "sheet-002.tif", at=-2)
    receipt = deposit(house, many, collection="herb", wishes=SMALL)
    assert [bag.package_id.endswith("-v2") for bag in receipt.bags].count(True) == 1
    assert len(house.catalogue.packages()) == len(receipt.bags) + 1


def test_a_copy_that_was_found_bad_meanwhile_is_no_finished_bag(house: House, many: Path) -> None:
    with pytest.raises(Crashed), depositing(house, many, collection="other", wishes=SMALL) as hurt:
        raise Crashed
    first = hurt.bags[0]
    damage(Path(first.url.removeprefix("file://")), at=600)
    assert not verify(house).is_good
    again = deposit(house, many, collection="other", wishes=SMALL)
    assert again.bags[0].package_id == f"{first.package_id}-v2"
    assert again.bags[1:] == hurt.bags[1:]


def test_a_lost_or_damaged_journal_costs_time_and_nothing_else(house: House, many: Path) -> None:
    with pytest.raises(Crashed), depositing(house, many, collection="herb", wishes=SMALL) as hurt:
        raise Crashed
    folder = house.settings.catalogue.path.parent / "deposits"
    for path in folder.glob("*.sqlite*"):
        path.write_bytes(os.urandom(5000))
    receipt = deposit(house, many, collection="herb", wishes=SMALL)
    assert [bag.package_id for bag in receipt.bags] == [bag.package_id for bag in hurt.bags]
    assert receipt.already_held


def test_two_of_the_same_at_once_end_in_the_same(tmp_path: Path, many: Path) -> None:
    (tmp_path / "both").mkdir()
    with a_house(tmp_path / "both") as one, a_house(tmp_path / "both") as other:
        with ThreadPoolExecutor() as pool:
            receipts = list(
                pool.map(lambda house: deposit(house, many, collection="herb", wishes=SMALL), [one, other])
            )
        first, second = ([bag.package_id for bag in receipt.bags] for receipt in receipts)
        assert first == second
        assert len(one.catalogue.packages()) == len(first)
        assert verify(one).is_good
        assert journals(one) == []


def test_what_is_wrong_is_left_behind_nowhere(house: House, tmp_path: Path, many: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="holds no image"):
        deposit(house, tmp_path / "empty", collection="herb")
    with pytest.raises(BadInput, match="was looked for in"):
        deposit(house, many, collection="herb", wishes=Wishes(metadata=Path("none.csv")))
    assert journals(house) == []


def test_a_full_disk_is_said_and_what_is_finished_stays(house: House, many: Path, reading: Reading) -> None:
    house = one_at_a_time(house)
    full = FaultyStore(house.store("hot"), scripted({("put_stream", 2): Fault.FULL}))
    with pytest.raises(StoreFull):
        deposit(with_hot(house, full), many, collection="herb", wishes=SMALL)
    finished = {image.path for image in find(house)}
    read = reading.read.copy()
    receipt = deposit(house, many, collection="herb", wishes=SMALL)
    assert not any(reading.read[path] > read[path] for path in finished)
    assert len(house.catalogue.packages()) == len(receipt.bags)
