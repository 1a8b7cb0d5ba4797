"""Where the catalogue and the stores differ, each difference has its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdings.catalogue.checking import CatalogueCheck, check_catalogue
from holdings.catalogue.findings import FindingKind
from holdings.house import House
from holdings.records import EventType, Outcome
from tests.holdings.catalogue.fakes import hold, put_objects, reading, tell
from tests.kit.houses import a_house


def kinds(check: CatalogueCheck) -> list[tuple[FindingKind, str | None, str | None]]:
    return [(finding.kind, finding.package_id, finding.store) for finding in check.findings]


@pytest.fixture
def house(tmp_path: Path) -> House:
    house = a_house(tmp_path)
    hold(house, "nhm-a", "hot", "cold")
    return house


def in_store(house: House, store: str, name: str) -> Path:
    return house.settings.folder / "stores" / store / "packages" / "nhm-a" / name


def test_all_is_well(house: House) -> None:
    check = check_catalogue(house)
    assert check.ok
    assert (check.packages, check.copies, check.stores) == (1, 2, ("hot", "cold"))


def test_a_package_the_catalogue_does_not_know(house: House) -> None:
    put_objects(house, "hot", "nhm-new")
    assert kinds(check_catalogue(house)) == [(FindingKind.UNRECORDED_PACKAGE, "nhm-new", "hot")]


def test_a_copy_the_catalogue_does_not_know(house: House) -> None:
    hold(house, "nhm-b", "hot")
    put_objects(house, "cold", "nhm-b")
    assert kinds(check_catalogue(house)) == [(FindingKind.UNRECORDED_COPY, "nhm-b", "cold")]


@pytest.mark.parametrize("name", ["bag.tar", "manifest.json"])
def test_an_object_that_is_gone(house: House, name: str) -> None:
    in_store(house, "cold", name).unlink()
    check = check_catalogue(house)
    assert kinds(check) == [(FindingKind.MISSING_OBJECT, "nhm-a", "cold")]
    assert f"packages/nhm-a/{name} is recorded in 'cold'" in check.findings[0].sentence


def test_an_object_of_another_size(house: House) -> None:
    in_store(house, "cold", "bag.tar").write_bytes(b"short")
    assert kinds(check_catalogue(house)) == [(FindingKind.WRONG_SIZE, "nhm-a", "cold")]


def test_what_an_unfinished_deposit_left(house: House) -> None:
    put_objects(house, "hot", "nhm-half", manifest=False)
    in_store(house, "hot", "stray.bin").write_bytes(b"?")
    house.store("hot").put("packages/Not A Package/x", b"?")
    assert kinds(check_catalogue(house)) == [
        (FindingKind.DEBRIS, None, "hot"),
        (FindingKind.DEBRIS, "nhm-a", "hot"),
        (FindingKind.DEBRIS, "nhm-half", "hot"),
        (FindingKind.DEBRIS, "nhm-half", "hot"),
    ]


def test_a_copy_that_is_known_to_be_missing_is_no_news(house: House) -> None:
    in_store(house, "cold", "bag.tar").unlink()
    tell(house, reading(house, "nhm-a", "cold", EventType.FIXITY_CHECK, Outcome.FAIL, {"found": "missing"}))
    assert check_catalogue(house).ok


def test_history_that_was_never_recorded(house: House) -> None:
    house.ledger._journal([reading(house, "nhm-a", "hot"), reading(house, "nhm-a", "cold")])
    check = check_catalogue(house)
    assert [finding.kind for finding in check.findings] == [FindingKind.UNRECORDED_HISTORY]


def test_an_index_that_is_gone(house: House) -> None:
    (house.settings.catalogue.path.parent / "index" / "nhm-a.parquet").unlink()
    assert kinds(check_catalogue(house)) == [(FindingKind.MISSING_INDEX, "nhm-a", None)]


def test_an_index_that_was_damaged(house: House) -> None:
    index = house.settings.catalogue.path.parent / "index" / "nhm-a.parquet"
    index.write_bytes(index.read_bytes()[:-1])
    assert kinds(check_catalogue(house)) == [(FindingKind.MISSING_INDEX, "nhm-a", None)]


def test_a_store_that_cannot_be_listed_is_unknown_and_no_loss(house: House, tmp_path: Path) -> None:
    (tmp_path / "stores" / "cold").rename(tmp_path / "unmounted")
    check = check_catalogue(house)
    assert kinds(check) == [(FindingKind.UNKNOWN_STORE, None, "cold")]
    assert check.stores == ("hot",)
    assert not check.ok


def test_a_copy_in_a_store_that_the_settings_do_not_name(house: House) -> None:
    tell(house, reading(house, "nhm-a", "tape"))
    assert kinds(check_catalogue(house)) == [(FindingKind.UNKNOWN_STORE, None, "tape")]
