"""The faults are what their names say: other tests believe them."""

from __future__ import annotations

import pytest

from holdings.errors import StoreFull, Transient
from holdings.stores.faulty import Crashed, Fault, FaultyStore, scripted, seeded
from holdings.stores.interface import Store
from holdings.stores.memory import MemoryStore
from tests.holdings.stores.contract import contents, in_chunks, keys, read


@pytest.fixture
def model() -> MemoryStore:
    return MemoryStore("hot")


def faulty(model: Store, **faults: Fault) -> FaultyStore:
    """The first call of each verb named meets its fault."""
    return FaultyStore(model, scripted({(verb, 1): fault for verb, fault in faults.items()}))


def test_no_effect_and_lost_reply(model: MemoryStore) -> None:
    store = faulty(model, put=Fault.NO_EFFECT, put_stream=Fault.LOST_REPLY)
    with pytest.raises(Transient):
        store.put("a", b"x")
    with pytest.raises(Transient):
        store.put_stream("b", [b"x"], size_bytes=1)
    assert keys(model) == ["b"]
    assert store.met == [("put", "a", Fault.NO_EFFECT), ("put_stream", "b", Fault.LOST_REPLY)]
    store.put("a", b"x")


def test_reads_are_hurt(model: MemoryStore) -> None:
    data = contents(1, 1000)
    model.put("k", data)
    assert read(faulty(model, get=Fault.CUT_SHORT), "k") == data[:500]
    hurt = read(faulty(model, get=Fault.FLIPPED_BIT), "k")
    assert sum((a ^ b).bit_count() for a, b in zip(hurt, data, strict=True)) == 1
    assert faulty(model, get_range=Fault.FLIPPED_BIT).get_range("k", 0, 10) != data[:10]
    chunks = faulty(model, get=Fault.BROKEN_OFF).get("k")
    assert bytes(next(chunks)) == data[:250]
    with pytest.raises(Transient):
        list(chunks)


def test_a_stream_breaks_half_way(model: MemoryStore) -> None:
    data = contents(1, 1_000_000)
    with pytest.raises(Transient, match="broke"):
        faulty(model, put_stream=Fault.BROKEN_OFF).put_stream("k", in_chunks(data), size_bytes=len(data))
    assert keys(model) == []


def test_listings_are_hurt(model: MemoryStore) -> None:
    for key in "abcd":
        model.put(key, b"")
    assert keys(faulty(model, list=Fault.CUT_SHORT)) == ["a", "b"]
    assert keys(faulty(model, list=Fault.REORDERED)) == ["d", "c", "b", "a"]
    with pytest.raises(Transient):
        keys(faulty(model, list=Fault.BROKEN_OFF))
    stale = FaultyStore(model, scripted({("list", 2): Fault.STALE, ("head", 2): Fault.STALE}))
    before = keys(stale), stale.head("a")
    model.delete("a", version=before[1].version)
    assert (keys(stale), stale.head("a")) == before


def test_full_slow_and_dead(model: MemoryStore) -> None:
    with pytest.raises(StoreFull):
        faulty(model, put=Fault.FULL).put("k", b"")
    slept: list[float] = []
    slow = FaultyStore(model, scripted({("put", 1): Fault.SLOW}), sleep=slept.append, slow_seconds=7)
    slow.put("k", b"")
    assert slept == [7]
    for fault, there in ((Fault.CRASH_BEFORE, []), (Fault.CRASH_AFTER, ["l"])):
        with pytest.raises(Crashed):
            faulty(model, put=fault).put("l", b"")
        assert keys(model) == ["k", *there]


def test_a_crash_may_come_at_any_call(model: MemoryStore) -> None:
    store = FaultyStore(model, scripted({("*", 3): Fault.CRASH_AFTER}))
    store.put("a", b"")
    store.head("a")
    with pytest.raises(Crashed):
        store.put("b", b"")
    assert keys(model) == ["a", "b"]


def test_the_same_seed_gives_the_same_faults(model: MemoryStore) -> None:
    def met(seed: int) -> list[tuple[str, str, Fault]]:
        store = FaultyStore(model, seeded(seed, rate=0.3, faults=[Fault.CUT_SHORT, Fault.REORDERED]))
        for _ in range(50):
            keys(store)
        return store.met

    assert met(1) == met(1) != met(2)
    assert 5 < len(met(1)) < 30
