"""A TB is not a TiB."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.settings.quantities import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (0, 0),
        (12345, 12345),
        ("5 B", 5),
        ("256 MiB", 256 * 2**20),
        ("256MiB", 256 * 2**20),
        ("1 GB", 10**9),
        ("1 TB", 10**12),
        ("1 TiB", 2**40),
        ("1.5 kB", 1500),
        ("0.5 KiB", 512),
        ("7 PB", 7 * 10**15),
    ],
)
def test_sizes(text: object, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["", "1", "GB", "1 gb", "1 mb", "-1 MB", "1,5 GB", "1 GB/s", "0.3 B", "\u0661 GB", 1.5, -1, True, None],
)
def test_no_sizes(text: object) -> None:
    with pytest.raises(ValueError, match="a size is"):
        parse_size(text)


@given(st.integers(0, 10**12), st.sampled_from(["kB", "MB", "GB", "KiB", "MiB", "GiB"]))
def test_sizes_are_exact(number: int, unit: str) -> None:
    base = 1024 if "i" in unit else 1000
    assert parse_size(f"{number} {unit}") == number * base ** ("KMG".index(unit[0].upper()) + 1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(30, 30), (0.5, 0.5), ("30 s", 30), ("250 ms", 0.25), ("2 min", 120), ("1 h", 3600), ("1 d", 86400)],
)
def test_durations(text: object, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["30", "1 m", "soon", -1, float("inf"), float("nan"), False, None])
def test_no_durations(text: object) -> None:
    with pytest.raises(ValueError, match="a duration is"):
        parse_duration(text)
