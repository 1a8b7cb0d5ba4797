from __future__ import annotations

from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from archive.splitting import Bounds, Piece, placed


def pieces(*groups: list[int]) -> list[Piece]:
    """Files by their sizes, those of one specimen in one list."""
    found: list[Piece] = []
    for number, sizes in enumerate(groups):
        found += [
            Piece(len(found) + at, size, str(number), sum(sizes), len(sizes)) for at, size in enumerate(sizes)
        ]
    return found


def bags(bounds: Bounds, *groups: list[int]) -> list[list[int]]:
    """The sizes in each bag."""
    of = {piece.number: piece.size_bytes for piece in pieces(*groups)}
    split = [(bag, of[number]) for number, bag in placed(pieces(*groups), bounds)]
    return [[size for _, size in members] for _, members in groupby(split, key=lambda item: item[0])]


BOUNDS = Bounds(size_bytes=10, files=4)


def test_a_bag_is_filled_before_the_next_is_begun() -> None:
    assert bags(BOUNDS, [4], [4], [4], [4]) == [[4, 4], [4, 4]]


def test_a_specimen_is_not_torn_apart() -> None:
    assert bags(BOUNDS, [4], [4, 4], [1]) == [[4], [4, 4, 1]]


def test_a_file_beyond_the_bound_has_a_bag_of_its_own() -> None:
    assert bags(BOUNDS, [4], [40], [4]) == [[4], [40], [4]]


def test_a_specimen_beyond_the_bound_takes_several() -> None:
    assert bags(BOUNDS, [1], [6, 6, 6], [3]) == [[1], [6], [6], [6, 3]]


def test_many_small_files_are_bounded_by_their_number() -> None:
    assert [len(bag) for bag in bags(BOUNDS, *[[1]] * 9)] == [4, 4, 1]


@given(
    st.lists(st.lists(st.integers(1, 15), min_size=1, max_size=6), min_size=1, max_size=30),
    st.integers(1, 20),
    st.integers(1, 8),
)
def test_every_bound_holds_and_nothing_is_lost(groups: list[list[int]], size: int, files: int) -> None:
    bounds = Bounds(size_bytes=size, files=files)
    found = bags(bounds, *groups)
    assert [item for bag in found for item in bag] == [item for group in groups for item in group]
    for bag in found:
        assert len(bag) == 1 or (sum(bag) <= size and len(bag) <= files)
    placement = dict(placed(pieces(*groups), bounds))
    for _, members in groupby(pieces(*groups), key=lambda piece: piece.together):
        specimen = list(members)
        if specimen[0].together_bytes <= size and specimen[0].together_files <= files:
            assert len({placement[piece.number] for piece in specimen}) == 1
