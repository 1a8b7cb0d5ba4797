"""A house hands out its stores, and stands in any time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from holdings.clock import FixedClock
from holdings.errors import BadInput
from tests.kit.houses import TEST_TIME, a_house


def test_stores_by_name_and_by_tier(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        assert house.store("cold").name == "cold"
        assert [store.name for store in house.stores_in("hot")] == ["hot"]
        assert house.stores_in("tape") == []
        with pytest.raises(BadInput, match="no store named 'tape'") as caught:
            house.store("tape")
    assert caught.value.hint is not None
    assert "hot, cold" in caught.value.hint


def test_the_same_house_at_another_time(tmp_path: Path) -> None:
    with a_house(tmp_path) as house:
        later = house.at(FixedClock(TEST_TIME + timedelta(days=400)))
        assert later.clock.now() - house.clock.now() == timedelta(days=400)
        assert later.catalogue is house.catalogue
