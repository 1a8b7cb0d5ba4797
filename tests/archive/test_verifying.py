from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import archive.verifying
from archive.deposit import deposit
from archive.receipt import Receipt
from archive.sampling import Sample
from archive.verifying import Finding, verify
from holdings.catalogue.interface import Entry
from holdings.errors import BadInput, NotFound
from holdings.house import House
from holdings.observing import CopyVerified, Happening
from holdings.records import CopyStatus, EventType, Outcome
from holdings.stores.faulty import Fault, FaultyStore, scripted
from holdings.stores.reaching import PATIENCE
from tests.archive.helpers import copy_to_cold, damage, object_file, with_hot
from tests.kit.pictures import write_pictures


@pytest.fixture
def receipt(house: House, source: Path) -> Receipt:
    receipt = deposit(house, source, collection="herb")
    copy_to_cold(house, receipt.package_id)
    return receipt


def statuses(house: House) -> dict[str, CopyStatus]:
    return {copy.store: copy.status for copy in house.catalogue.copies()}


def test_good_copies_are_read_whole_and_recorded(house: House, receipt: Receipt) -> None:
    told: list[Happening] = []
    before = len(house.catalogue.events())
    found = verify(replace(house, observer=told.append))
    assert found.is_good
    assert {(copy.store, copy.bytes_read) for copy in found.copies} == {
        ("hot", receipt.size_bytes),
        ("cold", receipt.size_bytes),
    }
    assert {item.store for item in told if isinstance(item, CopyVerified)} == {"hot", "cold"}
    events = house.catalogue.events()
    assert len(events) == before + 2
    checks = [event for event in events if event.event_type is EventType.FIXITY_CHECK]
    assert {(event.store, event.outcome) for event in checks} == {
        ("hot", Outcome.SUCCESS),
        ("cold", Outcome.SUCCESS),
    }


@pytest.mark.parametrize("name", ["bag.tar", "index.parquet", "intent.json", "manifest.json"])
def test_damage_to_any_object_is_named(house: House, receipt: Receipt, name: str) -> None:
    path = object_file(house, "hot", f"packages/{receipt.package_id}/{name}")
    damage(path, at=path.stat().st_size // 2)
    found = verify(house)
    (bad,) = found.of(Finding.CORRUPT)
    assert bad.store == "hot"
    assert name in (bad.because or "")
    assert statuses(house) == {"hot": CopyStatus.SUSPECT, "cold": CopyStatus.VERIFIED}
    made_by = {copy.made_by for copy in house.catalogue.copies(store="hot")}
    damage(path, at=path.stat().st_size // 2)
    assert verify(house).is_good, "what is whole again is verified again"
    assert statuses(house) == {"hot": CopyStatus.VERIFIED, "cold": CopyStatus.VERIFIED}
    assert {copy.made_by for copy in house.catalogue.copies(store="hot")} == made_by


@pytest.mark.parametrize("name", ["bag.tar", "manifest.json"])
def test_what_is_gone_is_missing(house: House, receipt: Receipt, name: str) -> None:
    object_file(house, "cold", f"packages/{receipt.package_id}/{name}").unlink()
    (bad,) = verify(house).of(Finding.MISSING)
    assert (bad.store, name in (bad.because or "")) == ("cold", True)
    (row,) = house.catalogue.copies(store="cold")
    assert row.status is CopyStatus.MISSING
    assert row.verified_at is not None, "when it was last good is not forgotten"


def test_a_silent_store_is_unknown_and_changes_nothing(house: House, receipt: Receipt) -> None:
    events = len(house.catalogue.events())
    silent = FaultyStore(house.store("hot"), lambda *_: Fault.NO_EFFECT)
    found = verify(with_hot(house, silent), store="hot")
    assert [copy.finding for copy in found.copies] == [Finding.UNKNOWN]
    assert not found.is_good
    assert statuses(house) == {"hot": CopyStatus.VERIFIED, "cold": CopyStatus.VERIFIED}
    assert len(house.catalogue.events()) == events


def test_a_silent_store_is_not_waited_for_at_every_object(
    house: House, receipt: Receipt, tmp_path: Path
) -> None:
    for n in range(6):
        write_pictures(tmp_path / f"more {n}", 1, seed=n + 10)
        deposit(house, tmp_path / f"more {n}", collection=f"more-{n}")
    silent = FaultyStore(house.store("hot"), lambda *_: Fault.NO_EFFECT)
    limits = replace(house.settings.limits, threads=1)
    one_thread = replace(house, settings=replace(house.settings, limits=limits))
    found = verify(with_hot(one_thread, silent))
    assert {copy.store for copy in found.of(Finding.UNKNOWN)} == {"hot"}
    assert len(found.of(Finding.UNKNOWN)) == 7
    assert [copy.store for copy in found.of(Finding.GOOD)] == ["cold"]
    assert [verb for verb, _, _ in silent.met].count("get") == PATIENCE


def test_a_fault_that_is_known_outweighs_a_store_that_falls_silent(house: House, receipt: Receipt) -> None:
    damage(object_file(house, "hot", f"packages/{receipt.package_id}/bag.tar"), at=700)
    failing = FaultyStore(house.store("hot"), scripted({("get", 2): Fault.NO_EFFECT}))
    assert len(verify(with_hot(house, failing), store="hot").of(Finding.CORRUPT)) == 1


def test_a_copy_that_was_retired_while_it_was_read_stays_retired(house: House, receipt: Receipt) -> None:
    (row,) = house.catalogue.copies(store="hot")
    retired = replace(row, status=CopyStatus.RETIRED)

    class Overtaken(FaultyStore):
        def get_range(self, key: str, start: int, length: int) -> bytes:
            house.catalogue.record(Entry(copies=[retired]))
            return super().get_range(key, start, length)

    verify(with_hot(house, Overtaken(house.store("hot"), scripted({}))), store="hot")
    assert house.catalogue.copies(store="hot") == [retired]
    assert verify(house, store="hot").copies == []


def test_only_what_was_asked_for(house: House, receipt: Receipt, tmp_path: Path) -> None:
    write_pictures(tmp_path / "other", 1)
    other = deposit(house, tmp_path / "other", collection="other")
    assert [copy.package_id for copy in verify(house, package_ids=[other.package_id]).copies] == [
        other.package_id
    ]
    assert {copy.store for copy in verify(house, store="cold").copies} == {"cold"}
    with pytest.raises(NotFound):
        verify(house, package_ids=["herb-000000000000"])
    with pytest.raises(BadInput, match="no store named 'warm'"):
        verify(house, store="warm")


def test_more_copies_than_one_batch(
    house: House, receipt: Receipt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive.verifying, "BATCH", 1)
    events = len(house.catalogue.events())
    assert len(verify(house).copies) == 2
    assert len(house.catalogue.events()) == events + 2


def test_a_sample_reads_a_share_and_says_what_that_tells(
    house: House, receipt: Receipt, tmp_path: Path
) -> None:
    for n in range(3):
        write_pictures(tmp_path / f"more {n}", 1, seed=n + 10)
        deposit(house, tmp_path / f"more {n}", collection=f"more-{n}")
    events = len(house.catalogue.events())
    found = verify(house, sample=Sample(share=0.4, seed=1))
    assert len(found.copies) == 2
    assert len(house.catalogue.events()) == events + 2
    assert found.inference is not None
    assert (found.inference.population, found.inference.read, found.inference.bad) == (5, 2, 0)
    assert found.inference.at_most_bad == 3
    silent = FaultyStore(house.store("hot"), lambda *_: Fault.NO_EFFECT)
    unread = verify(with_hot(house, silent), store="hot", sample=Sample(share=1.0, seed=1)).inference
    assert unread is not None
    assert (unread.population, unread.read, unread.at_most_bad) == (4, 0, 4)
