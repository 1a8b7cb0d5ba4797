"""Asking twice does once what was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.errors import AlreadyExists, Conflict, HoldfastError, NotFound, StoreFull, Transient
from holdings.observing import Happening, Retried
from holdings.records import sha256_hex
from holdings.stores.faulty import Fault, FaultyStore, scripted, seeded
from holdings.stores.interface import ObjectInfo
from holdings.stores.memory import MemoryStore
from holdings.stores.proving import put_and_prove
from holdings.stores.retrying import RetryingStore
from tests.holdings.stores.contract import contents, keys, read


class Tried:
    """A retrying store around a faulty one around the model; waits are noted, not waited."""

    def __init__(self, faults: dict[tuple[str, int], Fault]) -> None:
        self.model = MemoryStore("hot")
        self.faulty = FaultyStore(self.model, scripted(faults), sleep=lambda _: None)
        self.waits: list[float] = []
        self.happened: list[Happening] = []
        self.store = RetryingStore(
            self.faulty, observer=self.happened.append, sleep=self.waits.append, chance=lambda: 1.0
        )


@pytest.mark.parametrize("fault", [Fault.NO_EFFECT, Fault.LOST_REPLY])
@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_put_that_failed_is_done_once(fault: Fault, times: int) -> None:
    tried = Tried({("put", number): fault for number in range(1, times + 1)})
    info = tried.store.put("k", b"mine")
    assert info == tried.model.head("k")
    assert read(tried.model, "k") == b"mine"
    assert len(tried.happened) == (times if fault is Fault.NO_EFFECT else 1)


@pytest.mark.parametrize("other", [b"ours", b"longer than mine"])
def test_anothers_object_is_not_taken_for_our_own_put(other: bytes) -> None:
    tried = Tried({("put", 1): Fault.NO_EFFECT})
    tried.model.put("k", other)
    with pytest.raises(AlreadyExists):
        tried.store.put("k", b"mine")
    assert read(tried.model, "k") == other


def test_a_put_that_is_refused_at_once_is_not_compared() -> None:
    tried = Tried({})
    tried.model.put("k", b"mine")
    with pytest.raises(AlreadyExists):
        tried.store.put("k", b"mine")
    assert tried.waits == []


def test_an_iterator_is_sent_once() -> None:
    tried = Tried({("put_stream", 1): Fault.LOST_REPLY})
    with pytest.raises(Transient):
        tried.store.put_stream("k", iter([b"mi", b"ne"]), size_bytes=4)
    assert tried.waits == []
    assert put_and_prove(tried.store, "k", lambda: [b"mine"], size_bytes=4).was_there


@pytest.mark.parametrize("known", [None, sha256_hex(b"mine")])
def test_proving_begins_a_broken_stream_anew(known: str | None) -> None:
    tried = Tried({("put_stream", 1): Fault.NO_EFFECT, ("put_stream", 2): Fault.NO_EFFECT})
    proven = put_and_prove(tried.store, "k", lambda: iter([b"mi", b"ne"]), size_bytes=4, sha256=known)
    assert (proven.was_there, proven.sha256) == (False, sha256_hex(b"mine"))
    assert len(tried.waits) == 2


def test_a_stream_that_arrived_without_an_answer_is_found_by_reading_it_back() -> None:
    tried = Tried({("put_stream", 1): Fault.LOST_REPLY})
    proven = put_and_prove(tried.store, "k", lambda: iter([b"mi", b"ne"]), size_bytes=4)
    assert (proven.was_there, proven.sha256) == (True, sha256_hex(b"mine"))


def test_a_stream_is_not_begun_for_ever() -> None:
    tried = Tried({("put_stream", number): Fault.NO_EFFECT for number in range(1, 100)})
    with pytest.raises(Transient):
        put_and_prove(tried.store, "k", lambda: iter([b"mi", b"ne"]), size_bytes=4)
    assert len(tried.waits) < 10


@pytest.mark.parametrize("fault", [Fault.NO_EFFECT, Fault.BROKEN_OFF, Fault.LOST_REPLY])
@pytest.mark.parametrize("start", [0, 12_345])
def test_a_read_goes_on_where_it_broke(fault: Fault, start: int) -> None:
    data = contents(1, 100_000)
    tried = Tried({("get", number): fault for number in (1, 2, 3)})
    tried.model.put("k", data)
    assert b"".join(tried.store.get("k", start=start)) == data[start:]
    assert isinstance(tried.happened[0], Retried)
    assert (tried.happened[0].store, tried.happened[0].verb, tried.happened[0].attempt) == ("hot", "get", 1)


def test_a_read_does_not_go_on_in_another_version() -> None:
    tried = Tried({("get", 1): Fault.BROKEN_OFF})
    info = tried.model.put("k", contents(1, 1000))
    chunks = tried.store.get("k")
    next(chunks)
    tried.model.delete("k", version=info.version)
    tried.model.put("k", contents(2, 1000))
    with pytest.raises(Conflict):
        list(chunks)


def test_progress_renews_patience() -> None:
    """A read of hours may break more often than a request may fail."""
    data = contents(1, 1 << 16)
    tried = Tried({("get", number): Fault.BROKEN_OFF for number in range(1, 12)})
    tried.model.put("k", data)
    assert b"".join(tried.store.get("k")) == data


def test_a_listing_that_broke_tells_each_key_once() -> None:
    tried = Tried({("list", 1): Fault.BROKEN_OFF, ("list", 2): Fault.BROKEN_OFF})
    for number in range(10):
        tried.model.put(f"{number}", b"")
    assert keys(tried.store) == [f"{number}" for number in range(10)]


@pytest.mark.parametrize("fault", [Fault.NO_EFFECT, Fault.LOST_REPLY])
def test_a_delete_that_failed_is_done_once(fault: Fault) -> None:
    tried = Tried({("delete", 1): fault})
    info = tried.model.put("k", b"x")
    tried.store.delete("k", version=info.version)
    assert keys(tried.model) == []
    with pytest.raises(NotFound):
        tried.store.delete("k", version=info.version)


def test_patience_ends() -> None:
    tried = Tried({("head", number): Fault.NO_EFFECT for number in range(1, 100)})
    tried.model.put("k", b"")
    with pytest.raises(Transient, match="did not answer to head k"):
        tried.store.head("k")
    assert tried.waits == [0.25, 0.5, 1.0]
    assert len(tried.happened) == 3


def test_patience_ends_in_time_when_each_try_takes_long() -> None:
    now = 0.0

    class Slow(MemoryStore):
        def head(self, key: str) -> ObjectInfo:
            nonlocal now
            now += 6
            raise Transient("no answer in time")

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    store = RetryingStore(Slow("hot"), sleep=sleep, now=lambda: now)
    with pytest.raises(Transient):
        store.head("k")
    assert now < 13


def test_only_what_may_pass_is_tried_again() -> None:
    tried = Tried({("put", 1): Fault.FULL})
    with pytest.raises(StoreFull):
        tried.store.put("k", b"")
    with pytest.raises(NotFound):
        tried.store.head("k")
    assert tried.waits == []


@given(st.integers(), st.lists(st.sampled_from("abc"), max_size=12))
def test_whatever_fails_a_put_that_succeeded_is_there_and_none_is_replaced(
    seed: int, puts: list[str]
) -> None:
    model = MemoryStore("hot")
    faults = [Fault.NO_EFFECT, Fault.LOST_REPLY, Fault.BROKEN_OFF]
    store = RetryingStore(
        FaultyStore(model, seeded(seed, rate=0.3, faults=faults)), attempts=3, sleep=lambda _: None
    )
    held: dict[str, bytes] = {}
    for number, key in enumerate(puts):
        data = b"%d" % number
        try:
            store.put(key, data)
        except HoldfastError:
            if key not in held and key in keys(model):
                held[key] = read(model, key)
        else:
            assert key not in held
            held[key] = data
    assert {key: read(model, key) for key in keys(model)} == held
