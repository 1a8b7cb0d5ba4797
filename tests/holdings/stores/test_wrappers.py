"""Every wrapper around the model is a store like any other, and does what it is for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from holdings.errors import AccessDenied
from holdings.stores.counting import CountingStore
from holdings.stores.faulty import FaultyStore, scripted
from holdings.stores.interface import Store
from holdings.stores.memory import MemoryStore
from holdings.stores.readonly import ReadOnlyStore
from holdings.stores.retrying import RetryingStore
from holdings.stores.throttled import Rate, ThrottledStore
from holdings.stores.wrapper import Wrapper
from tests.holdings.stores.contract import StoreContract, contents, in_chunks, keys, read


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.seconds += seconds


WRAPPERS: dict[str, Callable[[Store], Store]] = {
    "bare": Wrapper,
    "counting": CountingStore,
    "retrying": RetryingStore,
    "throttled": lambda store: ThrottledStore(store, requests_per_second=1e6, bytes_per_second=1e12),
    "faultless": lambda store: FaultyStore(store, scripted({})),
    "all of them": lambda store: RetryingStore(
        ThrottledStore(CountingStore(FaultyStore(store, scripted({}))), requests_per_second=1e6)
    ),
}


class TestWrappers(StoreContract):
    many_keys = 60

    @pytest.fixture(params=WRAPPERS)
    def store(self, request: pytest.FixtureRequest) -> Store:
        return WRAPPERS[request.param](MemoryStore("hot"))


@pytest.mark.parametrize("wrapper", [Wrapper, *Wrapper.__subclasses__()])
def test_a_wrapper_forgets_no_verb(wrapper: type[Wrapper]) -> None:
    for name, verb in inspect.getmembers(Store, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(getattr(wrapper, name)) == inspect.signature(verb), name


# Read-only


def test_a_read_only_store_is_read_and_never_written() -> None:
    inner = MemoryStore("cold")
    info = inner.put("k", b"x")
    store = ReadOnlyStore(inner)
    writes: list[Callable[[], object]] = [
        lambda: store.put("l", b"y"),
        lambda: store.put_stream("l", [b"y"], size_bytes=1),
        lambda: store.copy("k", "l"),
        lambda: store.delete("k", version=info.version),
    ]
    for write in writes:
        with pytest.raises(AccessDenied, match="cold is read-only"):
            write()
    assert keys(store) == ["k"]
    assert (read(store, "k"), store.get_range("k", 0, 1), store.head("k")) == (b"x", b"x", info)
    store.warm("k")
    assert store.is_online("k")


# Counting


def test_requests_and_bytes_are_counted_by_verb() -> None:
    store = CountingStore(MemoryStore("hot"))
    data = contents(1, 5_000_000)
    store.put("a", data[:100])
    store.put_stream("b", in_chunks(data), size_bytes=len(data))
    read(store, "b")
    store.get_range("b", 10, 20)
    store.get_whole("a", at_most=100)
    list(store.list())
    store.delete("a", version=store.head("a").version)
    assert store.requests == {
        "put": 1,
        "put_stream": 1,
        "get": 1,
        "get_range": 1,
        "get_whole": 1,
        "list": 1,
        "head": 1,
        "delete": 1,
    }
    assert store.bytes_moved == {
        "put": 100,
        "put_stream": len(data),
        "get": len(data),
        "get_range": 20,
        "get_whole": 100,
    }


def test_what_was_not_read_is_not_counted() -> None:
    store = CountingStore(MemoryStore("hot"))
    store.put("b", bytes(5_000_000))
    next(store.get("b"))
    assert store.bytes_moved["get"] == 1 << 20


def test_no_count_is_lost_between_threads() -> None:
    store = CountingStore(MemoryStore("hot"))
    store.put("k", b"x")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.get_range("k", 0, 1), range(2000)))
    assert store.requests["get_range"] == store.bytes_moved["get_range"] == 2000


# Throttled


def test_requests_come_no_faster_than_allowed() -> None:
    time = Time()
    inner = MemoryStore("hot")
    store = ThrottledStore(inner, requests_per_second=10, now=time.now, sleep=time.sleep)
    inner.put("k", b"x")
    for _ in range(100):
        store.head("k")
    assert time.seconds == pytest.approx(9, abs=0.2)  # the first second's worth was saved up


def test_bytes_come_no_faster_than_allowed_in_either_direction() -> None:
    time = Time()
    store = ThrottledStore(MemoryStore("hot"), bytes_per_second=1e6, now=time.now, sleep=time.sleep)
    data = bytes(4_000_000)
    store.put_stream("k", in_chunks(data), size_bytes=len(data))
    assert time.seconds == pytest.approx(3, abs=0.4)
    read(store, "k")
    store.get_range("k", 0, 3_000_000)
    store.put("l", data[:1_000_000])
    store.put("m", b"x")
    assert time.seconds == pytest.approx(11, abs=1.2)


def test_a_listing_pays_for_its_pages() -> None:
    time = Time()
    inner = MemoryStore("hot")
    for number in range(5000):
        inner.put(f"{number}", b"")
    store = ThrottledStore(inner, requests_per_second=1, now=time.now, sleep=time.sleep)
    assert len(list(store.list())) == 5000
    assert time.seconds == pytest.approx(4, abs=1)


def test_idle_time_is_saved_up_for_one_second_only() -> None:
    time = Time()
    rate = Rate(10, now=time.now, sleep=time.sleep)
    time.seconds = 1000.0
    for _ in range(20):
        rate.take(1)
    assert time.seconds == pytest.approx(1000.9, abs=0.11)


def test_nothing_waits_without_a_rate() -> None:
    def never(_: float) -> None:
        pytest.fail("waited")

    rate = Rate(None, sleep=never)
    for _ in range(1000):
        rate.take(1e12)


def test_what_breaks_in_a_throttled_stream_passes_through() -> None:
    def breaking() -> Iterator[bytes]:
        yield b"x"
        raise ZeroDivisionError

    store = ThrottledStore(MemoryStore("hot"), bytes_per_second=1e9)
    with pytest.raises(ZeroDivisionError):
        store.put_stream("k", breaking(), size_bytes=2)
