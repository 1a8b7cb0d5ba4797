"""A store that is used only once it has said whose it is."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdings.catalogue.identity import IDENTITY_KEY, OwnStore
from holdings.errors import Unavailable
from holdings.stores.counting import CountingStore
from holdings.stores.faulty import Fault, FaultyStore, scripted
from holdings.stores.memory import MemoryStore

OURS, OTHERS = "0" * 32, "1" * 32


def a_store(catalogue_id: str) -> MemoryStore:
    store = MemoryStore("hot")
    store.put(IDENTITY_KEY, json.dumps({"catalogue_id": catalogue_id, "format": 1}).encode())
    store.put("k", b"bytes")
    return store


def test_many_threads_that_begin_at_once_ask_once() -> None:
    counting = CountingStore(a_store(OURS))
    visits: list[str] = []
    together = threading.Barrier(16)

    def identity() -> str:
        visits.append("to the catalogue")
        return OURS

    own = OwnStore(counting, identity)

    def read(_: int) -> bytes:
        together.wait()
        return b"".join(own.get("k"))

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(read, range(16))) == [b"bytes"] * 16
    assert len(visits) == 1
    assert counting.requests["get"] == 17


def test_a_store_of_another_catalogue_is_refused_to_every_thread() -> None:
    own = OwnStore(a_store(OTHERS), lambda: OURS)

    def is_refused(_: int) -> bool:
        with pytest.raises(Unavailable, match="belongs to another catalogue"):
            own.head("k")
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_refused, range(32)))


def test_after_an_error_it_is_asked_again() -> None:
    own = OwnStore(FaultyStore(a_store(OURS), scripted({("get", 1): Fault.NO_EFFECT})), lambda: OURS)
    with pytest.raises(Unavailable):
        own.head("k")
    assert own.head("k").size_bytes == 5
