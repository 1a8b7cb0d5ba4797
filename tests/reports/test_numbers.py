"""How numbers look."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from reports.numbers import count, day_of, joined, money, month, percent, plural, rough_count, si_bytes, three


def plain(text: str) -> str:
    """With ordinary spaces."""
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", "_")


@pytest.mark.parametrize(
    ("size", "told"),
    [(0, "0 B"), (1, "1.00 B"), (999, "999 B"), (999.6, "1.00 kB"), (1000, "1.00 kB"), (1234567, "1.23 MB"),
     (35.1e12, "35.1 TB"), (999.4e12, "999 TB"), (999.6e12, "1.00 PB"), (5e21, "5_000 EB")],
)  # fmt: skip
def test_bytes(size: float, told: str) -> None:
    assert plain(si_bytes(size)) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(0, "0"), (0.0123456, "0.0123"), (9.996, "10.0"), (99.96, "100"), (12.34, "12.3"), (12345, "12_300")],
)
def test_three_figures(value: float, told: str) -> None:
    assert plain(three(value)) == told


@pytest.mark.parametrize(
    ("amount", "told"),
    [(0, "0.00 EUR"), (0.001, "under 0.01 EUR"), (3.456, "3.46 EUR"), (345.6, "346 EUR"),
     (84567, "84_600 EUR"), (2.345e6, "2.35 million EUR"), (-12.3, "-12.30 EUR")],
)  # fmt: skip
def test_money(amount: float, told: str) -> None:
    assert plain(money(amount, "EUR")) == told


def test_counts_months_and_words() -> None:
    assert plain(count(12000000)) == "12_000_000"
    assert plain(rough_count(12.0e6)) == "12.0 million"
    assert plain(rough_count(934065)) == "934_000"
    assert month(date(2036, 12, 1)) == month(np.datetime64("2036-12-01", "s")) == "December 2036"
    assert day_of(datetime(2026, 11, 22, tzinfo=UTC)) == "22 November 2026"
    assert plain(percent(0.427)) == "43 %"
    assert (plural(1, "copy", "copies"), plural(2, "copy", "copies"), plural(0, "bag")) == (
        "1 copy",
        "2 copies",
        "0 bags",
    )
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(["a"]) == "a"
