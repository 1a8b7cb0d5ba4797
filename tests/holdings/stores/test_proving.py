"""What is said to be held was read back; everything else is said to be wrong, by its right name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.errors import Conflict, Corrupt, SourceCorrupt, Transient
from holdings.observing import Advanced, Finished, Happening, Started
from holdings.records import sha256_hex
from holdings.stores.counting import CountingStore
from holdings.stores.faulty import Crashed, Fault, FaultyStore, scripted
from holdings.stores.interface import Buffer, Store
from holdings.stores.memory import MemoryStore
from holdings.stores.proving import Proven, put_and_prove
from tests.holdings.stores.contract import contents, in_chunks, keys, never_read, read

DATA = contents(1, 1_000_000)


def prove(store: Store, data: bytes = DATA, *, sha256: str | None = None) -> Proven:
    return put_and_prove(store, "k", lambda: in_chunks(data), size_bytes=len(data), sha256=sha256)


@pytest.fixture
def model() -> MemoryStore:
    return MemoryStore("hot")


@pytest.mark.parametrize("sha256", [None, sha256_hex(DATA)])
def test_what_was_put_is_proven(model: MemoryStore, sha256: str | None) -> None:
    first = prove(model, sha256=sha256)
    assert (first.size_bytes, first.sha256, first.was_there) == (len(DATA), sha256_hex(DATA), False)
    assert first.version == model.head("k").version
    again = prove(model, sha256=sha256)
    assert (again.sha256, again.version, again.was_there) == (first.sha256, first.version, True)


def test_bytes_that_are_there_and_known_are_not_asked_of_the_source(model: MemoryStore) -> None:
    prove(model)
    store = CountingStore(model)
    proven = put_and_prove(store, "k", never_read, size_bytes=len(DATA), sha256=sha256_hex(DATA))
    assert proven.was_there
    assert store.bytes_moved == {"get_whole": len(DATA)}


@pytest.mark.parametrize("fault", [Fault.FLIPPED_BIT, Fault.CUT_SHORT])
def test_a_store_that_gives_other_bytes_back_is_found(model: MemoryStore, fault: Fault) -> None:
    with pytest.raises(Corrupt, match="holds other bytes"):
        prove(FaultyStore(model, scripted({("get_whole", 1): fault, ("get_whole", 2): fault})))


def test_bytes_that_are_hurt_on_their_way_back_are_read_again(model: MemoryStore) -> None:
    store = FaultyStore(model, scripted({("get_whole", 1): Fault.FLIPPED_BIT}))
    assert prove(store).sha256 == sha256_hex(DATA)
    assert len(store.met) == 1


@pytest.mark.parametrize("sha256", [None, sha256_hex(DATA)])
def test_other_bytes_under_the_key_are_left_alone(model: MemoryStore, sha256: str | None) -> None:
    model.put("k", b"somebody else's")
    with pytest.raises(Conflict):
        prove(model, sha256=sha256)
    assert read(model, "k") == b"somebody else's"


@pytest.mark.parametrize("wrong", [DATA[:-1] + b"!", DATA[:-1], DATA + b"!", b""])
def test_a_source_of_other_bytes_is_named_and_nothing_is_written(model: MemoryStore, wrong: bytes) -> None:
    with pytest.raises(SourceCorrupt):
        put_and_prove(model, "k", lambda: in_chunks(wrong), size_bytes=len(DATA), sha256=sha256_hex(DATA))
    assert keys(model) == []


def test_whoever_was_faster_with_the_same_bytes_did_our_work(model: MemoryStore) -> None:
    tries = 0

    def chunks() -> Iterator[Buffer]:
        nonlocal tries
        tries += 1
        if tries == 1:
            yield DATA[:10]
            model.put("k", DATA)
            yield DATA[10:]
        else:
            yield DATA

    assert put_and_prove(model, "k", chunks, size_bytes=len(DATA)).was_there


def test_a_lost_reply_is_sorted_out_by_the_next_run(model: MemoryStore) -> None:
    store = FaultyStore(model, scripted({("put_stream", 1): Fault.LOST_REPLY}))
    with pytest.raises(Transient):
        prove(store)
    assert prove(store).was_there


@given(st.integers(1, 8), st.sampled_from([Fault.CRASH_BEFORE, Fault.CRASH_AFTER]))
def test_killed_at_any_call_it_runs_again_and_does_it_once(call: int, fault: Fault) -> None:
    model = MemoryStore("hot")
    store = FaultyStore(model, scripted({("*", call): fault}))
    try:
        prove(store)
    except Crashed:
        assert keys(model) in ([], ["k"])
    prove(model)
    assert read(model, "k") == DATA


def test_progress_is_told_from_begin_to_end(model: MemoryStore) -> None:
    happened: list[Happening] = []
    put_and_prove(model, "k", lambda: in_chunks(DATA), size_bytes=len(DATA), observer=happened.append)
    jobs = [happening.job for happening in happened if isinstance(happening, Started)]
    assert jobs == ["writing k to hot", "reading back k from hot"]
    assert [happening.job for happening in happened if isinstance(happening, Finished)] == jobs
    for job in jobs:
        advances = [each for each in happened if isinstance(each, Advanced) and each.job == job]
        assert sum(each.size_bytes for each in advances) == len(DATA)
