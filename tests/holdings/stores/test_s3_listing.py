"""Whatever order a server lists in, keys come by their bytes, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.errors import Unavailable
from holdings.stores.interface import ObjectInfo
from holdings.stores.s3_listing import in_byte_order

_PART = st.text("a-. 0ä", min_size=1, max_size=3)
_KEYS = st.sets(st.lists(_PART, min_size=1, max_size=4).map("/".join), max_size=30)


def infos(keys: list[str]) -> list[ObjectInfo]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [ObjectInfo(key=key, size_bytes=1, version="1", modified_at=at) for key in keys]


def by_folders(key: str) -> list[bytes]:
    """The order of a server that walks folders."""
    return [part.encode() for part in key.split("/")]


@given(_KEYS, st.sampled_from(["", "a/", "a/a/"]))
def test_both_orders_of_servers_are_put_right(keys: set[str], folder: str) -> None:
    below = [folder + key for key in keys]
    wanted = sorted(below, key=str.encode)
    for served in (wanted, sorted(below, key=by_folders)):
        assert [info.key for info in in_byte_order(infos(served), folder=folder)] == wanted


def test_no_more_is_held_back_than_must_be() -> None:
    served = infos([f"packages/p{number}/{name}" for number in range(10, 99) for name in "ab"])
    seen = 0

    def counted() -> Iterator[ObjectInfo]:
        nonlocal seen
        for info in served:
            seen += 1
            yield info

    for given_out, _ in enumerate(in_byte_order(counted(), folder="packages/"), 1):
        assert seen - given_out <= 2


@pytest.mark.parametrize("served", [["b", "c", "a"], ["a", "a"], ["a/b", "c/d", "d", "a/c"]])
def test_an_order_that_is_neither_is_refused(served: list[str]) -> None:
    with pytest.raises(Unavailable, match="no order we know"):
        list(in_byte_order(infos(served), folder=""))
