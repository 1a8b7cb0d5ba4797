from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.wording import count, money_told, size, table


@pytest.mark.parametrize(
    ("size_bytes", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.00 kB"),
        (1234, "1.23 kB"),
        (12_345, "12.3 kB"),
        (999_499, "999 kB"),
        (999_500, "1.00 MB"),
        (9_999, "10.0 kB"),
        (123_456_789, "123 MB"),
        (1.5e18, "1.50 EB"),
        (2e21, "2000 EB"),
    ],
)
def test_sizes_have_three_figures_and_a_decimal_unit(size_bytes: float, words: str) -> None:
    assert size(size_bytes) == words


@given(st.integers(0, 10**20))
def test_a_size_reads_back_within_half_a_percent(size_bytes: int) -> None:
    number, unit = size(size_bytes).split()
    power = ("B", "kB", "MB", "GB", "TB", "PB", "EB").index(unit)
    assert float(number) * 1000**power == pytest.approx(size_bytes, rel=0.006)


def test_one_is_singular() -> None:
    assert count(1, "image") == "1 image"
    assert count(12_000, "copy", "copies") == "12,000 copies"


def test_what_is_less_than_a_cent_is_not_nothing() -> None:
    assert [money_told(amount) for amount in (0, 0.0009, 1234.5)] == ["0.00", "under 0.01", "1,234.50"]


def test_columns_stand_under_each_other() -> None:
    assert table([("a", "long"), ("abc", "x")]) == ["a    long", "abc  x"]
    assert table([]) == []
