"""The suite that every store passes: what `holdings.stores.interface` promises, tried.

A test class inherits `StoreContract` and has a fixture `store` that gives an empty store.
"""

from __future__ import annotations

import base64
import hashlib
import random
import threading
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from holdings.errors import AlreadyExists, BadInput, Conflict, NotFound
from holdings.stores.interface import Buffer, Store, Written

WRITERS = 16
ODD_KEYS = [
    "with spaces in/it .tar",
    " leading and trailing ",
    "50%",
    "%2F%41",
    "a+b=c&d;e@f,g$h!i(j)k'l",
    "question?mark#hash",
    'quote"<pipe>|*',
    "~tilde",
    "...dots",
    unicodedata.normalize("NFC", "Käfer/Ångström"),
    unicodedata.normalize("NFD", "Käfer/Ångström"),
    "甲虫/標本.tif",
    "emoji 🪲",
    "/".join(["part" * 49 + "abc"] * 5) + "x",  # 1,000 characters
    ".holdfast-not/x",
    "lost+found/x",
    "~lost+found",
    "x/.holdfast",
]


class Interrupted(Exception):
    """What a source raises that breaks."""


def contents(seed: int, size_bytes: int) -> bytes:
    """Bytes that are the same for the same seed and no others."""
    return random.Random(seed).randbytes(size_bytes)


def in_chunks(data: bytes, size_bytes: int = 300_000) -> Iterator[Buffer]:
    """Uneven, with an empty one, and as both kinds of buffer."""
    yield b""
    view = memoryview(data)
    for begin in range(0, len(data), size_bytes):
        chunk = view[begin : begin + size_bytes]
        yield chunk if begin % 2 else bytes(chunk)


def never_read() -> Iterator[Buffer]:
    """A source that must not be touched."""
    return iter(lambda: pytest.fail("nothing need be read"), b"")


def read(store: Store, key: str) -> bytes:
    return b"".join(store.get(key))


def files_only(wanted: list[str]) -> list[str]:
    """Without the keys that others go on below."""
    return [key for key in wanted if not any(other.startswith(key + "/") for other in wanted)]


def keys(store: Store, prefix: str = "") -> list[str]:
    return [info.key for info in store.list(prefix)]


class StoreContract:
    """Inherit, and give a fixture `store`."""

    large_bytes = 3_000_001
    """Enough for several chunks; stores with another way for large objects ask for more."""
    race_bytes = 3_000_001
    """Enough for the way of large objects."""
    many_keys = 1_030
    """More than a page of an S3 listing."""

    # One object, whole

    @pytest.mark.parametrize("size", [0, 1, 70_000])
    def test_what_was_put_is_there(self, store: Store, size: int) -> None:
        data = contents(size, size)
        put = store.put("a/b.bin", data)
        info = store.head("a/b.bin")
        assert (put.key, put.size_bytes, put.version) == ("a/b.bin", size, info.version)
        assert (info.key, info.size_bytes) == ("a/b.bin", size)
        assert read(store, "a/b.bin") == data
        assert list(store.list()) == [info]
        assert abs(info.modified_at - datetime.now(UTC)) < timedelta(minutes=1)

    @pytest.mark.parametrize("size", [0, 1, 300_000, 1 << 20, None])
    def test_what_was_streamed_is_there(self, store: Store, size: int | None) -> None:
        data = contents(1, self.large_bytes if size is None else size)
        put = store.put_stream("a/b.bin", in_chunks(data), size_bytes=len(data))
        assert (put.size_bytes, put.version) == (len(data), store.head("a/b.bin").version)
        assert read(store, "a/b.bin") == data

    def test_chunks_that_were_read_stay_as_they_were(self, store: Store) -> None:
        data = contents(1, self.large_bytes)
        store.put_stream("k", in_chunks(data), size_bytes=len(data))
        kept = list(store.get("k"))
        assert b"".join(kept) == data
        assert max(map(len, kept)) <= 16 << 20

    def test_a_key_that_is_there_is_not_put_again(self, store: Store) -> None:
        store.put("k", b"first")
        before = store.head("k")
        with pytest.raises(AlreadyExists):
            store.put("k", b"second")
        with pytest.raises(AlreadyExists):
            store.put("k", b"first")
        for size in (7, self.large_bytes):
            with pytest.raises(AlreadyExists):
                store.put_stream("k", in_chunks(contents(2, size)), size_bytes=size)
        assert read(store, "k") == b"first"
        assert store.head("k") == before

    @pytest.mark.parametrize("said", [-1, 1])
    @pytest.mark.parametrize("large", [False, True])
    def test_a_stream_of_another_size_leaves_nothing(self, store: Store, said: int, large: bool) -> None:
        data = contents(3, self.large_bytes if large else 1000)
        with pytest.raises(BadInput, match="nothing was written"):
            store.put_stream("k", in_chunks(data), size_bytes=len(data) + said)
        self.nothing_is_there(store)

    def test_an_endless_stream_is_not_read_to_its_end(self, store: Store) -> None:
        def endless() -> Iterator[Buffer]:
            while True:
                yield b"x" * 100_000

        with pytest.raises(BadInput):
            store.put_stream("k", endless(), size_bytes=self.large_bytes)
        self.nothing_is_there(store)

    @pytest.mark.parametrize("large", [False, True])
    def test_a_source_that_breaks_leaves_nothing(self, store: Store, large: bool) -> None:
        data = contents(4, self.large_bytes if large else 1000)

        def breaking() -> Iterator[Buffer]:
            yield data[:-1]
            raise Interrupted

        with pytest.raises(Interrupted):
            store.put_stream("k", breaking(), size_bytes=len(data))
        self.nothing_is_there(store)

    def nothing_is_there(self, store: Store) -> None:
        with pytest.raises(NotFound):
            store.head("k")
        with pytest.raises(NotFound):
            read(store, "k")
        assert list(store.list()) == []
        store.put("k", b"now")
        assert read(store, "k") == b"now"

    # Many writers

    def race(self, store: Store, put: Callable[[int], Written], expected: Callable[[int], bytes]) -> None:
        together = threading.Barrier(WRITERS)

        def write(number: int) -> Written | None:
            together.wait()
            try:
                return put(number)
            except AlreadyExists:
                return None

        with ThreadPoolExecutor(WRITERS) as pool:
            outcomes = list(pool.map(write, range(WRITERS)))
        winners = [number for number, info in enumerate(outcomes) if info]
        assert len(winners) == 1
        assert read(store, "race") == expected(winners[0])
        won = outcomes[winners[0]]
        assert won is not None
        assert store.head("race").version == won.version
        assert keys(store) == ["race"]

    def test_of_sixteen_puts_one_wins(self, store: Store) -> None:
        self.race(store, lambda n: store.put("race", contents(n, 5000)), lambda n: contents(n, 5000))

    def test_of_sixteen_streams_one_wins(self, store: Store) -> None:
        def data(number: int) -> bytes:
            return contents(number, 5000)

        self.race(store, lambda n: store.put_stream("race", in_chunks(data(n)), size_bytes=5000), data)

    def test_of_sixteen_large_streams_one_wins(self, store: Store) -> None:
        size = self.race_bytes

        def data(number: int) -> bytes:
            return bytes([number]) * size

        self.race(store, lambda n: store.put_stream("race", in_chunks(data(n)), size_bytes=size), data)

    def test_what_was_put_is_seen_by_others_at_once(self, store: Store) -> None:
        with ThreadPoolExecutor(1) as other:
            for number in range(20):
                store.put(f"k{number:02}", b"%d" % number)
                assert other.submit(read, store, f"k{number:02}").result() == b"%d" % number
                assert len(other.submit(keys, store).result()) == number + 1

    # Parts of an object

    def test_ranges(self, store: Store) -> None:
        data = contents(5, 100_000)
        store.put("k", data)
        for start, length in [(0, 1), (0, 100_000), (99_999, 1), (12_345, 54_321), (0, 0), (100_000, 0)]:
            assert store.get_range("k", start, length) == data[start : start + length]

    @pytest.mark.parametrize(("start", "length"), [(0, 11), (5, 6), (10, 1), (11, 1), (50, 5), (11, 0)])
    def test_a_range_beyond_the_end_is_refused(self, store: Store, start: int, length: int) -> None:
        store.put("k", b"0123456789")
        with pytest.raises(BadInput, match="has 10 bytes"):
            store.get_range("k", start, length)

    @pytest.mark.parametrize(("start", "length"), [(-1, 2), (0, -1)])
    def test_a_range_that_is_none_is_refused(self, store: Store, start: int, length: int) -> None:
        store.put("k", b"0123456789")
        with pytest.raises(BadInput):
            store.get_range("k", start, length)

    def test_reading_from_the_middle(self, store: Store) -> None:
        data = contents(6, self.large_bytes)
        store.put_stream("k", in_chunks(data), size_bytes=len(data))
        for start in (0, 1, 1_234_567, len(data) - 1, len(data)):
            assert b"".join(store.get("k", start=start)) == data[start:]
        with pytest.raises(BadInput):
            list(store.get("k", start=len(data) + 1))
        with pytest.raises(BadInput):
            list(store.get("k", start=-1))

    def test_reading_a_version(self, store: Store) -> None:
        info = store.put("k", b"first")
        assert b"".join(store.get("k", version=info.version)) == b"first"
        assert b"".join(store.get("k", start=2, version=info.version)) == b"rst"
        store.delete("k", version=info.version)
        other = store.put("k", b"other")
        assert other.version != info.version
        with pytest.raises(Conflict):
            list(store.get("k", version=info.version))
        assert b"".join(store.get("k", version=other.version)) == b"other"

    # What is not there

    def test_what_is_not_there_is_not_found(self, store: Store) -> None:
        store.put("k/x", b"x")
        asked: list[Callable[[], object]] = [
            lambda: store.head("nope"),
            lambda: list(store.get("nope")),
            lambda: list(store.get("nope", start=3)),
            lambda: list(store.get("nope", version="1")),
            lambda: store.get_range("nope", 0, 1),
            lambda: store.get_range("nope", 0, 0),
            lambda: store.copy("nope", "copy"),
            lambda: store.delete("nope", version="1"),
            lambda: store.is_online("nope"),
            lambda: store.told_sum("nope"),
            lambda: store.warm("nope"),
            lambda: store.head("k"),
            lambda: store.head("k/x/y"),
        ]
        for ask in asked:
            with pytest.raises(NotFound):
                ask()
        assert keys(store) == ["k/x"]

    @pytest.mark.parametrize(
        "key", ["", "/a", "a/", "a//b", ".", "a/../b", "a\x00b", "a\nb", "a\\b", "x" * 1025]
    )
    def test_keys_that_are_none_are_refused(self, store: Store, key: str) -> None:
        asked: list[Callable[[], object]] = [
            lambda: store.head(key),
            lambda: list(store.get(key)),
            lambda: store.get_range(key, 0, 1),
            lambda: store.put(key, b""),
            lambda: store.put_stream(key, [], size_bytes=0),
            lambda: store.copy(key, "k"),
            lambda: store.delete(key, version="1"),
        ]
        for ask in asked:
            with pytest.raises(BadInput):
                ask()
        assert keys(store) == []

    # Listing

    def test_many_keys_are_listed_in_the_order_of_their_bytes(self, store: Store) -> None:
        wanted = [
            f"many/{number:04}/{name}" for number in range(self.many_keys // 2) for name in ("a", "b-c")
        ]
        wanted += [
            "many",
            "many-more/x",
            "many.x",
            "many0",
            "aß",
            "a\u00df\u0301",
            "z",
            "~",
            "many/0007-v2/x",
        ]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key: store.put(key, b""), self.without_conflicts(wanted)))
        wanted = sorted(self.without_conflicts(wanted), key=str.encode)
        assert keys(store) == wanted
        for prefix in (
            "many",
            "many/",
            "many/000",
            "many/0007/",
            "many/0007",
            "many-",
            "a",
            "q",
            "many/0007/b-",
        ):
            assert keys(store, prefix) == [key for key in wanted if key.startswith(prefix)]

    def without_conflicts(self, wanted: list[str]) -> list[str]:
        """Where keys are files, none can go on below another."""
        return wanted

    @pytest.mark.parametrize("prefix", ["../", "a//", "/", "a/./b"])
    def test_prefixes_that_no_key_has_are_refused(self, store: Store, prefix: str) -> None:
        with pytest.raises(BadInput):
            list(store.list(prefix))

    def test_an_empty_store_lists_nothing(self, store: Store) -> None:
        assert list(store.list()) == []
        assert list(store.list("packages/")) == []

    @pytest.mark.parametrize("size", [0, 1, 70_000])
    def test_a_small_object_in_one_request(self, store: Store, size: int) -> None:
        data = contents(size, size)
        put = store.put("k", data)
        for at_most, version in ((size, None), (size + 1, put.version)):
            info, found = store.get_whole("k", at_most=at_most, version=version)
            assert (bytes(found), info) == (data, store.head("k"))

    def test_an_object_that_is_not_small_is_not_taken_into_memory(self, store: Store) -> None:
        store.put("k", b"0123456789")
        with pytest.raises(BadInput, match="has 10 bytes; at most 9"):
            store.get_whole("k", at_most=9)
        with pytest.raises(Conflict):
            store.get_whole("k", at_most=10, version='"another"')
        with pytest.raises(NotFound):
            store.get_whole("l", at_most=10)

    # Keys as people make them

    @pytest.mark.parametrize("key", ODD_KEYS)
    def test_odd_keys_come_back_as_they_were(self, store: Store, key: str) -> None:
        data = key.encode()
        assert store.put_stream(key, [data], size_bytes=len(data)).key == key
        info = store.head(key)
        assert read(store, key) == data
        assert store.get_range(key, 0, len(data)) == data
        assert list(store.list()) == [info]
        assert keys(store, key) == [key]
        assert keys(store, key[:-1]) == [key]
        store.copy(key, "copied")
        store.delete(key, version=info.version)
        assert keys(store) == ["copied"]

    def test_odd_keys_are_not_confused(self, store: Store) -> None:
        for key in ODD_KEYS:
            store.put(key, key.encode())
        assert keys(store) == sorted(ODD_KEYS, key=str.encode)
        for key in ODD_KEYS:
            assert read(store, key) == key.encode()

    # Copying and forgetting

    @pytest.mark.parametrize("size", [0, 10, None])
    def test_a_copy_has_the_same_bytes_and_its_own_life(self, store: Store, size: int | None) -> None:
        data = contents(7, self.large_bytes if size is None else size)
        store.put_stream("source", in_chunks(data), size_bytes=len(data))
        source = store.head("source")
        copied = store.copy("source", "there/copy")
        assert copied.version == store.head("there/copy").version
        assert store.head("source") == source
        store.delete("source", version=source.version)
        assert read(store, "there/copy") == data

    def test_a_copy_never_replaces(self, store: Store) -> None:
        store.put("source", b"source")
        store.put("target", b"target")
        for source in ("source", "target"):
            with pytest.raises(AlreadyExists):
                store.copy(source, "target")
        assert read(store, "target") == b"target"

    def test_only_the_version_that_was_meant_is_deleted(self, store: Store) -> None:
        first = store.put("k", b"first")
        with pytest.raises(Conflict):
            store.delete("k", version="another")
        assert read(store, "k") == b"first"
        store.delete("k", version=first.version)
        with pytest.raises(NotFound):
            store.delete("k", version=first.version)
        store.put("k", b"second")
        with pytest.raises(Conflict):
            store.delete("k", version=first.version)
        assert read(store, "k") == b"second"

    def test_what_is_deleted_leaves_its_neighbours(self, store: Store) -> None:
        for key in ("a/b/c", "a/b/d", "a/e"):
            store.put(key, b"x")
        store.delete("a/b/c", version=store.head("a/b/c").version)
        store.delete("a/b/d", version=store.head("a/b/d").version)
        assert keys(store) == ["a/e"]
        store.put("a/b/d", b"again")
        assert keys(store) == ["a/b/d", "a/e"]

    # Cold storage

    def test_what_never_sleeps_is_online(self, store: Store) -> None:
        store.put("k", b"x")
        assert store.is_online("k")
        store.warm("k", days=1)
        assert read(store, "k") == b"x"

    # The store's own word

    def test_a_checksum_that_a_store_tells_is_the_one_of_the_bytes(self, store: Store) -> None:
        put = store.put("k", b"some bytes")
        told = store.told_sum("k")
        assert (told.key, told.size_bytes, told.version) == ("k", 10, put.version)
        if told.algorithm == "SHA256" and told.of_all_bytes:
            assert base64.b64decode(told.value) == hashlib.sha256(b"some bytes").digest()

    # The store itself

    def test_a_store_says_who_it_is(self, store: Store) -> None:
        assert store.name == "hot"
        assert ":" in store.url
