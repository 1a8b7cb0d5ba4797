"""The catalogue can be lost: what the stores tell brings it back, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from holdings.catalogue.findings import FindingKind
from holdings.catalogue.rebuilding import Rebuilt, rebuild_catalogue
from holdings.clock import FixedClock, iso
from holdings.errors import BadInput, CatalogueLost, Corrupt, Unavailable
from holdings.house import House
from holdings.records import CopyStatus, EventType, Outcome
from tests.holdings.catalogue.fakes import hold, put_objects, reading, tell
from tests.kit.engines import Engine, all_rows
from tests.kit.houses import TEST_TIME, a_house

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rows:
    """Everything that a catalogue knows."""

    catalogue_id: str
    tables: dict[str, list[tuple[object, ...]]]
    images: list[dict[str, object]]


def everything(house: House) -> Rows:
    """Every row of every table but those that tell of the schema."""
    return Rows(
        catalogue_id=house.catalogue.catalogue_id,
        tables=all_rows(house.catalogue),
        images=house.catalogue.images.query().to_pylist(),
    )


def later(house: House, days: int) -> House:
    return house.at(FixedClock(TEST_TIME + days * DAY))


def object_path(house: House, store: str, key: str) -> Path:
    return house.settings.folder / "stores" / store / key


def a_full_life(house: House) -> None:
    """Copies in every state that readings can leave them in."""
    for name in ("nhm-a", "nhm-b", "nhm-gone", "rbge-rotten", "rbge-torn"):
        hold(house, name, "hot")
    hold(later(house, 1), "nhm-both", "hot", "cold")
    tomorrow = later(house, 2)
    put_objects(house, "cold", "nhm-b")
    tell(tomorrow, reading(tomorrow, "nhm-b", "cold", EventType.REPLICATION, detail={"made_by": "plan-7"}))
    tell(tomorrow, reading(tomorrow, "nhm-a", "hot", detail={"made_by": "run-1"}))
    object_path(house, "hot", "packages/rbge-torn/bag.tar").unlink()
    for name, found in (("rbge-rotten", "other bytes"), ("rbge-torn", "missing")):
        was = {"found": found, "made_by": "run-1", "last_verified_at": iso(TEST_TIME)}
        tell(tomorrow, reading(tomorrow, name, "hot", outcome=Outcome.FAIL, detail=was))
    put_objects(house, "cold", "nhm-gone")
    tell(tomorrow, reading(tomorrow, "nhm-gone", "cold", EventType.REPLICATION))


def test_a_lost_catalogue_comes_back_row_by_row(tmp_path: Path, engine: Engine) -> None:
    with a_house(tmp_path) as house:
        a_full_life(house)
        before = everything(house)
        statuses = {(copy.package_id, copy.store): copy.status for copy in house.catalogue.copies()}
        engine.lose(house)
        rebuilt = rebuild_catalogue(house.settings)
        assert everything(house) == before
    assert statuses["rbge-rotten", "hot"] is CopyStatus.SUSPECT
    assert statuses["rbge-torn", "hot"] is CopyStatus.MISSING
    assert (rebuilt.packages, rebuilt.copies, rebuilt.images) == (6, 9, 12)
    assert rebuilt.findings == ()
    assert rebuilt.backup is None


def test_a_rebuild_over_a_good_catalogue_changes_nothing_and_keeps_the_old_one(
    tmp_path: Path, engine: Engine
) -> None:
    with a_house(tmp_path) as house:
        a_full_life(house)
        before = everything(house)
        rebuilt = rebuild_catalogue(house.settings)
        assert everything(house) == before
        assert rebuilt.backup is not None
        if engine.server is None:
            with duckdb.connect(rebuilt.backup, read_only=True) as old:
                assert old.execute("SELECT count(*) FROM packages").fetchall() == [(6,)]
        else:
            schema = rebuilt.backup.removeprefix("the schema ")
            assert engine.server.ask(f"SELECT count(*) FROM {schema}.packages") == [(6,)]
            assert engine.server.ask(f"SELECT count(*) FROM {schema}.indexes") == [(6,)]
        assert len(list(house.settings.catalogue.folder.glob(".*"))) == 0


@pytest.mark.parametrize("damage", ["garbage", "empty", "log_left_behind"])
def test_a_damaged_catalogue_is_replaced(tmp_path: Path, damage: str) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot")
        before = everything(house)
        path = house.settings.catalogue.path
        if damage == "log_left_behind":
            path.unlink()
            path.with_name(path.name + ".wal").write_bytes(b"not a log" * 100)
            with pytest.raises(CatalogueLost, match="lost"):
                a_house(tmp_path)
        else:
            path.write_bytes(b"garbage" * 4096 if damage == "garbage" else b"")
            with pytest.raises(Corrupt) as caught:
                house.catalogue.packages()
            assert caught.value.hint is not None
            assert "rebuild" in caught.value.hint
        rebuild_catalogue(house.settings)
        assert everything(house) == before


def test_history_that_was_journaled_and_never_recorded_comes_in(tmp_path: Path, engine: Engine) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot")
        event = reading(later(house, 3), "nhm-a", "hot")
        house.ledger._journal([event])
        rebuild_catalogue(house.settings)
        assert house.catalogue.copies()[0].verified_at == TEST_TIME + 3 * DAY
        assert event in house.catalogue.events()


def test_a_copy_that_no_reading_tells_of_is_suspect(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        put_objects(house, "cold", "nhm-a")
        rebuild_catalogue(house.settings)
        (copy,) = house.catalogue.copies()
    assert (copy.store, copy.status, copy.verified_at) == ("cold", CopyStatus.SUSPECT, None)


def test_a_verified_copy_whose_objects_are_gone_is_missing(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot", "cold")
        for name in ("bag.tar", "index.parquet", "manifest.json"):
            object_path(house, "cold", f"packages/nhm-a/{name}").unlink()
        rebuild_catalogue(house.settings)
        statuses = {copy.store: copy.status for copy in house.catalogue.copies()}
    assert statuses == {"hot": CopyStatus.VERIFIED, "cold": CopyStatus.MISSING}


def test_a_copy_of_another_size_is_suspect(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot")
        object_path(house, "hot", "packages/nhm-a/bag.tar").write_bytes(b"short")
        rebuild_catalogue(house.settings)
        assert house.catalogue.copies()[0].status is CopyStatus.SUSPECT


def test_a_copy_that_was_removed_on_purpose_is_retired(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot", "cold")
        house.ledger._journal([reading(later(house, 1), "nhm-a", "hot", EventType.DELETION)])
        for name in ("bag.tar", "index.parquet", "manifest.json"):
            object_path(house, "hot", f"packages/nhm-a/{name}").unlink()
        rebuild_catalogue(house.settings)
        statuses = {copy.store: copy.status for copy in house.catalogue.copies()}
    assert statuses == {"hot": CopyStatus.RETIRED, "cold": CopyStatus.VERIFIED}


def test_what_an_unfinished_deposit_left_is_no_package(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot")
        put_objects(house, "hot", "nhm-half", manifest=False)
        rebuilt = rebuild_catalogue(house.settings)
    assert rebuilt.packages == 1


def test_a_package_whose_manifest_is_nowhere_is_named(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot")
        object_path(house, "hot", "packages/nhm-a/manifest.json").unlink()
        rebuilt = rebuild_catalogue(house.settings)
    assert [finding.kind for finding in rebuilt.findings] == [FindingKind.LOST_PACKAGE]
    assert rebuilt.packages == 0


def test_a_broken_manifest_does_not_spoil_the_good_one(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot", "cold")
        object_path(house, "hot", "packages/nhm-a/manifest.json").write_bytes(b"{}")
        rebuilt = rebuild_catalogue(house.settings)
        statuses = {copy.store: copy.status for copy in house.catalogue.copies()}
    assert [finding.kind for finding in rebuilt.findings] == [FindingKind.UNREADABLE]
    assert statuses == {"hot": CopyStatus.SUSPECT, "cold": CopyStatus.VERIFIED}


def test_a_broken_journal_is_taken_from_the_other_store(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot")
        before = everything(house)
        (batch,) = house.store("hot").list("events/")
        object_path(house, "hot", batch.key).write_bytes(b"\xff not a line\n")
        assert rebuild_catalogue(house.settings).findings == ()
        assert everything(house) == before
        object_path(house, "cold", batch.key).write_bytes(b"{}\n")
        rebuilt = rebuild_catalogue(house.settings)
        assert [finding.kind for finding in rebuilt.findings] == [FindingKind.UNREADABLE]
        assert house.catalogue.copies()[0].status is CopyStatus.SUSPECT


def test_a_store_that_cannot_be_listed_stops_the_rebuild(tmp_path: Path, engine: Engine) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot", "cold")
        before = everything(house)
        (tmp_path / "stores" / "cold").rename(tmp_path / "unmounted")
        with pytest.raises(Unavailable) as caught:
            rebuild_catalogue(house.settings)
        assert caught.value.hint is not None
        assert "--without cold" in caught.value.hint
        assert everything(house) == before


def test_without_a_store_its_copies_are_unknown_and_so_not_good(tmp_path: Path, engine: Engine) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot", "cold")
        identity = house.catalogue.catalogue_id
        (tmp_path / "stores" / "cold").rename(tmp_path / "unmounted")
        rebuilt: Rebuilt = rebuild_catalogue(house.settings, without=["cold"])
        statuses = {copy.store: copy.status for copy in house.catalogue.copies()}
    assert statuses == {"hot": CopyStatus.VERIFIED, "cold": CopyStatus.SUSPECT}
    assert (rebuilt.catalogue_id, rebuilt.without) == (identity, ("cold",))
    assert [finding.kind for finding in rebuilt.findings] == [FindingKind.UNKNOWN_STORE]


@pytest.mark.parametrize("names", [["colt"], ["hot", "cold"]])
def test_without_wants_stores_and_leaves_one(tmp_path: Path, names: list[str]) -> None:
    with a_house(tmp_path) as house, pytest.raises(BadInput):
        rebuild_catalogue(house.settings, without=names)


def test_an_index_that_rotted_beside_the_catalogue_is_fetched_again(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "hot", "cold")
        before = everything(house)
        path = house.settings.catalogue.path.parent / "index" / "nhm-a.parquet"
        path.write_bytes(b"rotten")
        object_path(house, "hot", "packages/nhm-a/index.parquet").write_bytes(b"rotten too")
        rebuild_catalogue(house.settings)
        assert everything(house).images == before.images
