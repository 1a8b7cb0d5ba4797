"""Every key has a path of its own, and every path tells its key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.errors import BadInput
from holdings.stores.interface import check_key
from holdings.stores.local_paths import NEVER_KEYS, Place, path_of, place_of
from tests.holdings.stores.contract import ODD_KEYS


def _is_key(text: str) -> bool:
    try:
        check_key(text)
    except BadInput:
        return False
    return True


_AWKWARD = st.sampled_from(
    [".holdfast", "~", "lost+found", "+", "x" * 236, "ü" * 118, "x", "é", ".", "甲" * 80]
)
_KEYS = st.lists(st.lists(_AWKWARD, min_size=1, max_size=8).map("".join), min_size=1, max_size=4).map(
    "/".join
)
keys = st.one_of(_KEYS, st.text(min_size=1, max_size=300)).filter(_is_key)


def key_at(path: bytes) -> bytes:
    """What listing makes of a path, name by name."""
    place = Place(b"")
    names = path.split(b"/")
    for depth, name in enumerate(names, 1):
        place = place.below(name, is_folder=depth < len(names))
    return place.keys_begin


@given(keys)
def test_a_path_tells_its_key_and_fits_any_file_system(key: str) -> None:
    path = path_of(key)
    assert key_at(path).decode() == key
    for name in path.split(b"/"):
        assert 1 <= len(name) <= 255
        name.decode()  # cut between characters
        assert name not in (b".", b"..")
    assert path.split(b"/")[0] not in NEVER_KEYS


@given(st.lists(keys, min_size=2, max_size=2, unique=True))
def test_two_keys_have_two_paths(pair: list[str]) -> None:
    assert path_of(pair[0]) != path_of(pair[1])


@given(keys, st.integers(0, 400))
def test_the_place_of_a_prefix_holds_what_begins_with_it(key: str, cut: int) -> None:
    place = place_of(key[:cut])
    assert key.encode().startswith(place.keys_begin)
    assert path_of(key).startswith(place.path)


@pytest.mark.parametrize("key", ["packages/nhmuk-7f3a/bag.tar", "events/2026/11/22/x.jsonl", "Käfer.tif"])
def test_ordinary_keys_are_their_own_paths(key: str) -> None:
    assert path_of(key) == key.encode()


def test_what_is_reserved_is_set_apart() -> None:
    assert path_of("lost+found/x") == b"~lost+found/x"
    assert path_of("~lost+found") == b"~~lost+found"
    assert path_of("x" * 300 + "/y") == b"x" * 237 + b"/+" + b"x" * 63 + b"/y"
    assert len({path_of(key) for key in ODD_KEYS}) == len(ODD_KEYS)
