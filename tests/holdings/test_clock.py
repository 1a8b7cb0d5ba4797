"""Moments as people write them, and as files hold them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdings.clock import FixedClock, SystemClock, from_iso, iso, parse_moment
from holdings.errors import BadInput

BASE = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2040-01-31", datetime(2040, 1, 31, tzinfo=UTC)),
        ("2040-01-31T12:00:00Z", datetime(2040, 1, 31, 12, tzinfo=UTC)),
        ("2040-01-31T12:00:00+02:00", datetime(2040, 1, 31, 10, tzinfo=UTC)),
        ("2040-01-31T12:00:00", datetime(2040, 1, 31, 12, tzinfo=UTC)),
        ("+400d", BASE + timedelta(days=400)),
        ("+36h", BASE + timedelta(hours=36)),
        ("+2w", BASE + timedelta(days=14)),
        ("+30y", BASE + timedelta(days=30 * 365)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert parse_moment(text, base=BASE) == moment


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "400d", "+d", "+1m", "2040-13-01", "31.1.2040", "+1.5d", "+1d\n"]
)
def test_no_moments(text: str) -> None:
    with pytest.raises(BadInput, match="is not a moment"):
        parse_moment(text, base=BASE)


@given(st.datetimes(datetime(1000, 1, 1), timezones=st.timezones()))  # noqa: DTZ001  # Hypothesis adds the zone
def test_what_is_written_is_read(moment: datetime) -> None:
    utc = moment.astimezone(UTC)
    assert from_iso(iso(utc)) == utc


def test_clocks() -> None:
    assert FixedClock(BASE).now() == BASE
    assert SystemClock().now().tzinfo is UTC


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "+99999y", "+99999999999999999999d"])
def test_the_ends_of_time_are_no_moments(text: str) -> None:
    with pytest.raises(BadInput, match="is not a moment"):
        parse_moment(text, base=BASE)
