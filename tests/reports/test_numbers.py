"""How numbers look."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from reports.document import Column
from reports.numbers import (
    chance_in,
    count,
    day_of,
    day_of_text,
    headed,
    joined,
    money,
    month,
    month_of_text,
    months_before,
    percent,
    plural,
    rough_count,
    si_bytes,
    signed,
    three,
    tick,
    told,
    tonnes,
)  # fmt: skip


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


def test_small_words_of_reports() -> None:
    assert plain(tonnes(9_590_000)) == "9_590 t CO2e"
    assert plain(tonnes(37.6)) == "37.6 kg CO2e"
    assert plain(chance_in(21_300 / 1.34e9)) == "one in 62_900"
    assert plain(chance_in(0.2)) == "20 %"
    assert chance_in(0) == "none"
    assert plain(signed(-3e12, si_bytes)) == "3.00 TB less"
    assert plain(signed(3e12, si_bytes)) == "3.00 TB more"
    assert signed(0, si_bytes) == "the same"
    assert [plain(tick(value)) for value in (0, 0.2, 1, 1000, 1e6)] == [
        "0", "0.2", "1", "1_000", "1_000_000",
    ]  # fmt: skip
    assert months_before("2028-02", 4) == "2027-10"
    assert month_of_text("2036-12") == "December 2036"
    assert day_of_text("2026-11-22T04:05:06Z") == "22 November 2026"


@pytest.mark.parametrize(
    ("value", "column", "shown"),
    [
        (None, Column(heading="x", kind="bytes"), ""),
        ("2031-02", Column(heading="x", kind="month"), "2031-02"),
        (2031, Column(heading="x", kind="year"), "2031"),
        (0.25, Column(heading="x", kind="share"), "25 %"),
        (12.5, Column(heading="x", kind="money", unit="EUR"), "12.50 EUR"),
        (1.5, Column(heading="x", kind="number", unit="Gbit/s"), "1.50"),
        (1e7, Column(heading="x", kind="about"), "10.0 million"),
        (1e7, Column(heading="x", kind="count"), "10_000_000"),
        (3e9, Column(heading="x", kind="bytes"), "3.00 GB"),
    ],
)
def test_a_cell_is_told_by_what_its_column_holds(
    value: float | str | None, column: Column, shown: str
) -> None:
    assert plain(told(value, column)) == shown


def test_headings_have_the_unit_that_cells_do_not_tell() -> None:
    assert headed(Column(heading="line", kind="number", unit="Gbit/s")) == "line, Gbit/s"
    assert headed(Column(heading="cost", kind="money", unit="EUR")) == "cost"
