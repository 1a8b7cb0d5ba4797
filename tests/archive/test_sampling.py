"""The bound is the textbook's, and a seed draws the same copies again."""

from __future__ import annotations

from math import comb

import pytest

from archive.sampling import Sample, draw, parse_share, upper_bound
from holdings.errors import BadInput
from holdings.records import Copy, CopyStatus


def copies(count: int) -> list[Copy]:
    return [
        Copy(package_id=f"p-{n}", store="hot", status=CopyStatus.VERIFIED, verified_at=None, made_by="x")
        for n in range(count)
    ]


@pytest.mark.parametrize(
    ("population", "read", "bad"), [(20, 5, 0), (20, 5, 1), (31, 30, 2), (1, 1, 0), (7, 0, 0)]
)
def test_the_bound_is_exact(population: int, read: int, bad: int) -> None:
    def so_few(worst: int) -> float:
        ways = sum(comb(worst, k) * comb(population - worst, read - k) for k in range(bad + 1))
        return ways / comb(population, read)

    possible = range(bad, population - (read - bad) + 1)
    assert upper_bound(population=population, read=read, bad=bad) == max(
        k for k in possible if so_few(k) > 0.05
    )


def test_reading_all_leaves_no_doubt() -> None:
    assert upper_bound(population=1009, read=1009, bad=3) == 3


def test_three_in_a_hundred_for_a_hundred_of_many() -> None:
    # The rule of three: none in n leaves at most 3/n, for a large population.
    assert 0.028 < upper_bound(population=1_000_000, read=100, bad=0) / 1_000_000 < 0.03


def test_a_seed_draws_the_same_and_another_draws_others() -> None:
    held = copies(1009)
    first = draw(held, Sample(share=0.05, seed=7))
    assert len(first) == 51
    assert first == draw(held, Sample(share=0.05, seed=7))
    assert first != draw(held, Sample(share=0.05, seed=8))
    assert first == sorted(first, key=held.index)
    assert len(draw(held[:1], Sample(share=0.001, seed=1))) == 1
    assert draw([], Sample(share=0.5, seed=1)) == []


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("0.05", 0.05), ("100 %", 1.0), ("1", 1.0)])
def test_a_share(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["0", "0%", "101%", "5", "-1%", "", "five"])
def test_no_share(text: str) -> None:
    with pytest.raises(BadInput):
        parse_share(text)
