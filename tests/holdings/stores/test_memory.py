"""The model keeps the contract."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from holdings.clock import FixedClock
from holdings.stores.interface import Store
from holdings.stores.memory import MemoryStore
from tests.holdings.stores.contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore("hot")


def test_time_comes_from_the_clock() -> None:
    at = datetime(2040, 2, 29, tzinfo=UTC)
    assert MemoryStore("hot", clock=FixedClock(at)).put("k", b"").modified_at == at


def test_a_key_of_one_part_and_a_thousand_characters() -> None:
    store = MemoryStore("hot")
    store.put("x" * 1000, b"x")
    assert [info.key for info in store.list("x" * 999)] == ["x" * 1000]
