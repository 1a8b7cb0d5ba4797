"""What people write for a number, and what is refused."""

from __future__ import annotations

import pytest

from capacity.laws import Lognormal, Normal, Point, Triangular
from capacity.quantities import BYTES, COUNT, FACTOR, RATE, Unit, parse_law


def test_a_terabyte_is_not_a_tebibyte() -> None:
    assert parse_law("1 TB", BYTES) == Point(10**12)
    assert parse_law("1 TiB", BYTES) == Point(2**40)


def test_numbers_units_and_percent() -> None:
    assert parse_law("40 MB", BYTES) == Point(40e6)
    assert parse_law(40_000_000, BYTES) == Point(40e6)
    assert parse_law("-5 %", RATE) == Point(-0.05)
    assert parse_law("12_000", COUNT) == Point(12000)


def test_intervals_take_the_unit_of_either_end() -> None:
    assert parse_law("30 to 60 MB", BYTES) == Lognormal.from_interval(30e6, 60e6)
    assert parse_law("500 kB to 2 MB", BYTES) == Lognormal.from_interval(5e5, 2e6)
    assert parse_law("-5 % to 5 %", RATE) == Normal.from_interval(-0.05, 0.05)


def test_tables() -> None:
    assert parse_law({"p10": 2, "p50": 3, "p90": 7}, COUNT) == Lognormal.from_percentiles(2, 3, 7)
    assert parse_law({"low": "2 MB", "mode": "3 MB", "high": "5 MB"}, BYTES) == Triangular(2e6, 3e6, 5e6)


@pytest.mark.parametrize(
    ("written", "unit", "says"),
    [
        ("40", BYTES, "lacks a unit"),
        (40, BYTES, "40 lacks a unit; write for example '40 MB'"),
        ({"p10": 90, "p50": 103, "p90": 140}, BYTES, "90 lacks a unit"),
        (5, RATE, "5 lacks a unit; write for example '5 %'"),
        ("-5 to 5", RATE, "lacks a unit"),
        ("1e300", COUNT, "more than 1e\\+18"),
        ("2000 PB", BYTES, "more than 1e\\+18"),
        ("40 MBit", BYTES, "no unit here"),
        ("40 mb", BYTES, "there are: B, GB"),
        ("9 to 5", COUNT, "runs downwards"),
        ("0 to 5", COUNT, "begins at zero"),
        ("3,000", COUNT, "not a number"),
        ("5 kg", COUNT, "write the number alone"),
        (-1, COUNT, "not below zero"),
        ("-1 MB", BYTES, "not below zero"),
        (float("inf"), COUNT, "finite"),
        (float("nan"), RATE, "finite"),
        (True, COUNT, "is not a number"),
        ([5], COUNT, "is not a number"),
        ({"p10": 9, "p50": 5, "p90": 11}, COUNT, "p10 \\(9\\) is above p50 \\(5\\)"),
        ({"low": 1, "mode": 3, "high": 2}, FACTOR, "mode \\(3\\) is above high \\(2\\)"),
        ({"p10": 1, "p50": 2, "p95": 3}, COUNT, "'p95' is not known \\(did you mean 'p90'"),
        ({"p10": 1, "p50": 2}, COUNT, "takes p10, p50 and p90"),
        ({"p10": 0, "p50": 2, "p90": 3}, COUNT, "p10 is zero"),
    ],
)
def test_refused_with_the_rule(written: object, unit: Unit, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_law(written, unit)
