"""Two buckets of one server: it copies by itself, and what it copied is read back all the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from holdings.house import House
from holdings.records import CopyStatus
from holdings.stores.beside import is_beside
from holdings.stores.counting import CountingStore
from tests.kit.houses import TEST_TIME, a_house, s3_stores
from tests.kit.seaweed import Seaweed
from tests.tiering.builders import a_policy, a_rule
from tests.tiering.holding import deposit, is_whole, lose, statuses, with_stores
from tiering.applying import Applied, apply_plan
from tiering.planning import make_plan

V, S = CopyStatus.VERIFIED, CopyStatus.SUSPECT
BOTH = a_policy(a_rule({"hot": 1, "cold": 1}, domains=2))
LARGE = 5_000_000


@pytest.fixture(scope="module")
def house(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    tables = s3_stores(seaweed.endpoint, hot=seaweed.make_bucket("hot"), cold=seaweed.make_bucket("cold"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in seaweed.environment.items():
            patch.setenv(name, value)
        with a_house(tmp_path_factory.mktemp("one"), stores=tables) as opened:
            yield opened


def counted(house: House) -> tuple[House, CountingStore, CountingStore]:
    hot, cold = CountingStore(house.store("hot")), CountingStore(house.store("cold"))
    return with_stores(house, hot=hot, cold=cold), hot, cold


def apply(house: House) -> Applied:
    return apply_plan(house, make_plan(house, BOTH, at=TEST_TIME), BOTH)


def test_large_objects_stay_on_the_server_and_are_read_back(house: House) -> None:
    package = deposit(house, 1, objects=1, size=LARGE)
    watched, hot, cold = counted(house)
    assert apply(watched).complete
    assert (hot.requests["get"], hot.requests["get_whole"], cold.requests["put_stream"]) == (0, 0, 0)
    assert (cold.requests["copy"], cold.bytes_moved["get"]) == (1, LARGE)
    assert is_whole(house.store("cold"), package)
    assert statuses(house, package) == {"hot": V, "cold": V}


def test_wrong_bytes_that_a_server_copied_do_not_stay_in_the_way(house: House) -> None:
    package = deposit(house, 2, objects=1, size=LARGE)
    key = package.prefix + "part-0.bin"
    lose(house.store("hot"), key)
    house.store("hot").put_stream(key, [b"x" * LARGE], size_bytes=LARGE)
    assert [failed.kind for failed in apply(house).failed] == ["source-corrupt"]
    assert statuses(house, package) == {"hot": S}
    assert list(house.store("cold").list(package.prefix)) == []


def test_a_server_that_may_not_read_there_lets_the_bytes_pass_through_us(house: House) -> None:
    package = deposit(house, 3, objects=1, size=LARGE)
    elsewhere = replace(house.settings.stores["hot"], url="s3://nobodys-bucket")
    settings = replace(house.settings, stores={**house.settings.stores, "hot": elsewhere})
    watched, hot, _ = counted(replace(house, settings=settings))
    assert apply(watched).complete
    assert hot.bytes_moved["get_whole"] == LARGE
    assert is_whole(house.store("cold"), package)


def test_only_one_account_of_one_server_is_beside(house: House, tmp_path: Path) -> None:
    hot, cold = house.settings.stores["hot"], house.settings.stores["cold"]
    assert is_beside(hot, cold)
    assert not is_beside(hot, replace(cold, endpoint="http://127.0.0.1:1"))
    assert not is_beside(hot, replace(cold, profile="another"))
    assert not is_beside(replace(hot, url=tmp_path.as_uri()), cold)
