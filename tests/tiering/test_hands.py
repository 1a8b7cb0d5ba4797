"""So many at a time: small ones in the place of a large one, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest

from tiering.hands import Hands, Places

SMALL, MIDDLE, LARGE = 64_000, 4_000_000, 16_000_000


def is_let_in(call: Callable[[], object]) -> bool:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    thread.join(0.1)
    return not thread.is_alive()


@pytest.mark.parametrize(("size_bytes", "at_once"), [(LARGE, 3), (MIDDLE, 4), (SMALL, 16)])
def test_so_many_and_no_more(size_bytes: int, at_once: int) -> None:
    places = Places(4)
    with ExitStack() as stack:
        for _ in range(at_once):
            stack.enter_context(places.taken(size_bytes))
        assert not is_let_in(places.taken(size_bytes).__enter__)


def test_a_large_one_comes_in_as_soon_as_there_is_room_though_small_ones_keep_coming() -> None:
    places, entered = Places(1), threading.Event()

    def large() -> None:
        with places.taken(LARGE):
            entered.set()

    with places.taken(SMALL):
        thread = threading.Thread(target=large)
        thread.start()
        assert not entered.wait(0.1)
        # There is room for it, but it is not its turn.
        assert not is_let_in(places.taken(SMALL).__enter__)
    assert entered.wait(10)
    thread.join()


def test_room_is_given_back_after_a_failure() -> None:
    places = Places(1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), places.taken(LARGE):
            raise ZeroDivisionError
    assert is_let_in(places.taken(LARGE).__enter__)


def test_answers_come_in_order_and_an_error_ends_it() -> None:
    done: list[int] = []

    def call(number: int) -> int:
        if number == 300:
            raise ZeroDivisionError
        done.append(number)
        return number

    with Hands(2) as hands:
        assert list(hands.each([partial(call, number) for number in range(50)])) == list(range(50))
        with pytest.raises(ZeroDivisionError):
            list(hands.each([partial(call, number) for number in range(2000)]))
    assert len(done) < 1000
