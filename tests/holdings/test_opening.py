"""Opening a house: a first catalogue is made, a lost one is never papered over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from holdings.catalogue.identity import IDENTITY_KEY
from holdings.catalogue.rebuilding import rebuild_catalogue
from holdings.errors import BadInput, CatalogueLost, Conflict, Unavailable
from holdings.opening import open_stores
from holdings.settings import StoreSettings
from holdings.stores import opening
from holdings.stores.interface import Store
from holdings.stores.local import LocalStore
from holdings.stores.memory import MemoryStore
from tests.holdings.catalogue.fakes import hold, put_objects
from tests.kit.houses import TEST_TIME, a_house


def test_a_new_house_has_an_empty_catalogue_and_says_so_in_its_stores(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        assert house.catalogue.packages() == []
        assert house.clock.now() == TEST_TIME
        for store in house.stores.values():
            assert house.catalogue.catalogue_id.encode() in b"".join(store.get(IDENTITY_KEY))
        identity = house.catalogue.catalogue_id
    with a_house(tmp_path) as again:
        assert again.catalogue.catalogue_id == identity


def test_a_lost_catalogue_is_not_made_anew(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        hold(house, "nhm-a", "cold")
        path = house.settings.catalogue.path
    path.unlink()
    with pytest.raises(CatalogueLost, match="'cold' holds packages") as caught:
        a_house(tmp_path)
    assert caught.value.hint is not None
    assert "rebuild" in caught.value.hint
    assert not path.exists()
    rebuild_catalogue(house.settings)
    with a_house(tmp_path) as again:
        assert len(again.catalogue.packages()) == 1


def test_a_catalogue_that_was_lost_before_the_first_deposit_keeps_its_name(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        identity = house.catalogue.catalogue_id
        house.settings.catalogue.path.unlink()
    with a_house(tmp_path) as again:
        assert again.catalogue.catalogue_id == identity


def test_an_unmounted_store_is_no_new_house(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        put_objects(house, "cold", "nhm-a")
        house.settings.catalogue.path.unlink()
    (tmp_path / "stores" / "cold").rename(tmp_path / "unmounted")
    with pytest.raises(Unavailable):
        a_house(tmp_path)
    assert not house.settings.catalogue.path.exists()


def test_an_unmounted_store_does_not_keep_the_house_shut(tmp_path: Path) -> None:
    a_house(tmp_path).close()
    (tmp_path / "stores" / "cold").rename(tmp_path / "unmounted")
    with a_house(tmp_path) as house:
        assert house.catalogue.packages() == []


def test_stores_of_two_catalogues_are_refused(tmp_path: Path) -> None:
    a_house(tmp_path / "one").close()
    with a_house(tmp_path / "two") as two:
        two.settings.catalogue.path.unlink()
    (tmp_path / "two" / "stores" / "cold").rename(tmp_path / "two's cold")
    (tmp_path / "one" / "stores" / "cold").rename(tmp_path / "two" / "stores" / "cold")
    with pytest.raises(Conflict, match="different catalogues"):
        a_house(tmp_path / "two")


def test_another_houses_disk_under_the_same_name_is_left_alone(tmp_path: Path) -> None:
    with a_house(tmp_path / "one") as one:
        one.store("hot").put("packages/p-000000000000/bag.tar", b"theirs")
    a_house(tmp_path / "two").close()
    hot = Path("stores", "hot")
    (tmp_path / "two" / hot).rename(tmp_path / "unmounted")
    (tmp_path / "one" / hot).rename(tmp_path / "two" / hot)
    with a_house(tmp_path / "two") as two:
        for ask in (
            lambda: two.store("hot").put("a", b""),
            lambda: two.store("hot").head("packages/p-000000000000/bag.tar"),
            lambda: list(two.store("hot").list()),
        ):
            with pytest.raises(Unavailable, match=r"'hot' at .* belongs to another catalogue"):
                ask()
        two.store("cold").put("a", b"")


@pytest.mark.parametrize("damaged", [b"", b"not JSON"])
def test_a_damaged_identity_keeps_nobody_from_what_is_there(tmp_path: Path, damaged: bytes) -> None:
    a_house(tmp_path).close()
    (tmp_path / "stores" / "hot" / IDENTITY_KEY).write_bytes(damaged)
    with a_house(tmp_path) as house:
        assert house.store("hot").put("a", b"").key == "a"


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"format": 1, "catalogue_id": "../x"}'])
def test_an_identity_that_we_never_wrote_is_refused(tmp_path: Path, data: bytes) -> None:
    with a_house(tmp_path) as house:
        house.settings.catalogue.path.unlink()
    (tmp_path / "stores" / "hot" / IDENTITY_KEY).write_bytes(data)
    with pytest.raises(BadInput, match="nothing that Holdfast wrote"):
        a_house(tmp_path)


def test_two_who_open_a_new_house_at_once_agree(tmp_path: Path) -> None:
    a_house(tmp_path).close()
    for path in (*tmp_path.glob("catalogue/*"), *tmp_path.glob(f"stores/*/{IDENTITY_KEY}")):
        path.unlink()
    with ThreadPoolExecutor(4) as pool:
        houses = list(pool.map(lambda _: a_house(tmp_path), range(4)))
    assert len({house.catalogue.catalogue_id for house in houses}) == 1


def test_only_stores_that_may_be_written_are_marked(tmp_path: Path) -> None:
    LocalStore.create("old", tmp_path / "old")
    stores = f"""
[stores.hot]
url = "file:stores/hot"
tier = "hot"
domain = "a"
price_sheet = "local-disk"
[stores.old]
url = "file:{tmp_path / "old"}"
tier = "cold"
domain = "b"
price_sheet = "local-cold"
read_only = true
"""
    with a_house(tmp_path, stores=stores) as house:
        assert list(house.stores) == ["hot", "old"]
        assert [info.key for info in house.store("hot").list()] == [IDENTITY_KEY]
        assert list(house.store("old").list()) == []


_SHEET = """
currency = "EUR"
title = "A sheet"
[storage_per_gb_month]
value = "0.01"
source = "made up"
date = 2026-02-01
confidence = "assumed"
"""
_WAKING = """
[restore_hours]
value = 12
source = "made up"
date = 2026-02-01
confidence = "assumed"
"""


@pytest.mark.parametrize(
    ("endpoint", "sheet", "may_sleep"),
    [
        ("http://127.0.0.1:1", _SHEET, False),
        ("http://127.0.0.1:1", _SHEET + _WAKING, True),
        ("http://127.0.0.1:1", "no sheet", True),
        ("http://127.0.0.1:1", None, True),
        (None, _SHEET, True),
    ],
    ids=["on-premise", "it wakes", "sheet unreadable", "no sheet", "AWS"],
)
def test_a_store_may_sleep_unless_it_is_known_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str | None, sheet: str | None, may_sleep: bool
) -> None:
    found: dict[str, bool] = {}

    def open_s3(spec: StoreSettings, may_sleep: bool) -> Store:
        found[spec.name] = may_sleep
        return MemoryStore(spec.name)

    monkeypatch.setitem(opening._OPENERS, "s3", open_s3)
    spec = StoreSettings(
        name="there", url="s3://b", tier="cold", domain="there", price_sheet="sheet", endpoint=endpoint
    )
    if sheet is not None:
        (tmp_path / "sheet.toml").write_text(sheet)
    with a_house(tmp_path) as house:
        settings = house.settings
    sheets = {} if sheet is None else {"sheet": tmp_path / "sheet.toml"}
    open_stores(replace(settings, stores={"there": spec}, price_sheets=sheets))
    assert found == {"there": may_sleep}
