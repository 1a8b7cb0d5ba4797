from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdings.errors import BadInput
from tests.tiering.builders import NOON, a_policy, a_rule, packages_table
from tiering.policy import place
from tiering.policy.placing import age_days

_MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_the_first_rule_that_matches_decides() -> None:
    policy = a_policy(
        a_rule({"cold": 2}, domains=2, where="age_days >= 365", name="old"),
        a_rule({"hot": 1, "cold": 1}, where="age_days >= 30", name="settled"),
        a_rule({"hot": 1}, name="fresh"),
    )
    placed = place(packages_table({"a": 400, "b": 365, "c": 364, "d": 30, "e": 29}), policy, at=NOON)
    assert placed.to_pydict() == {
        "package_id": ["a", "b", "c", "d", "e"],
        "rule": [0, 0, 1, 1, 2],
        "rule_name": ["old", "old", "settled", "settled", "fresh"],
        "because": ["so it was decided"] * 5,
        "domains": [2, 2, 1, 1, 1],
        "copies_cold": [2, 2, 1, 1, 0],
        "copies_hot": [0, 0, 1, 1, 1],
    }


def test_a_condition_that_is_null_does_not_match() -> None:
    policy = a_policy(a_rule({"cold": 1}, where="nullif(images, 7) > 0", name="known"), a_rule({"hot": 1}))
    assert place(packages_table({"a": 1}), policy, at=NOON)["rule"].to_pylist() == [1]


def test_withdrawn_days_are_of_the_withdrawal_and_null_without_one() -> None:
    policy = a_policy(
        a_rule({"cold": 1}, where="withdrawn_days > 3650", name="long gone"),
        a_rule({"cold": 2}, where="withdrawn_days is not null", name="gone"),
        a_rule({"hot": 1}),
    )
    days = {"a": 3652, "b": 3650, "c": 0, "d": None}
    packages = packages_table(dict.fromkeys(days, 5000))
    withdrawn = [None if n is None else NOON - timedelta(days=n) for n in days.values()]
    told = packages.append_column("withdrawn_at", pa.array(withdrawn, pa.timestamp("us", "UTC")))
    assert place(told, policy, at=NOON)["rule"].to_pylist() == [0, 1, 1, 2]
    assert place(told, policy, at=NOON + timedelta(days=1))["rule"].to_pylist() == [0, 0, 1, 2]
    assert place(packages, policy, at=NOON)["rule"].to_pylist() == [2, 2, 2, 2], "cohorts are not withdrawn"


def test_each_row_may_have_its_own_moment() -> None:
    packages = packages_table({"a": 0, "b": 0, "c": 0})
    later = [NOON, NOON + timedelta(days=365), NOON + timedelta(days=364, hours=23)]
    placed = place(packages, a_policy(), at=pa.array(later, pa.timestamp("us", "UTC")))
    assert placed["rule"].to_pylist() == [1, 0, 1]


def test_nothing_gives_nothing_with_the_same_columns() -> None:
    some, none = (place(packages_table(ages), a_policy(), at=NOON) for ages in ({"a": 1}, {}))
    assert none.schema == some.schema
    assert len(none) == 0


def test_tables_in_pieces_and_coarser_timestamps_are_the_same() -> None:
    packages = packages_table({"a": 400, "b": 3})
    pieces = pa.concat_tables([packages.slice(0, 1), packages.slice(1)])
    coarse = packages.set_column(3, "created_at", packages["created_at"].cast(pa.timestamp("s", "UTC")))
    expected = place(packages, a_policy(), at=NOON)["rule"].to_pylist()
    assert place(pieces, a_policy(), at=NOON)["rule"].to_pylist() == expected
    assert place(coarse, a_policy(), at=NOON)["rule"].to_pylist() == expected


def test_a_condition_that_fails_on_some_package_is_bad_input() -> None:
    policy = a_policy(a_rule({"hot": 2}, where="bytes // (images - 7) > 1", name="odd"), a_rule({"hot": 1}))
    with pytest.raises(BadInput, match="cannot be evaluated"):
        place(packages_table({"a": 1}), policy, at=NOON)


def test_a_package_without_a_creation_is_bad_input() -> None:
    packages = packages_table({"a": 1})
    lost = packages.set_column(3, "created_at", pa.nulls(1, pa.timestamp("us", "UTC")))
    with pytest.raises(BadInput, match="no moment of creation"):
        place(lost, a_policy(), at=NOON)


def test_a_moment_without_a_zone_is_our_fault() -> None:
    with pytest.raises(ValueError, match="zone"):
        place(packages_table({"a": 1}), a_policy(), at=datetime(2026, 1, 1))  # noqa: DTZ001


@settings(deadline=None)
@given(created=_MOMENTS, at=_MOMENTS)
def test_age_is_the_floor_of_the_days_exactly(created: datetime, at: datetime) -> None:
    column = pa.chunked_array([pa.array([created], pa.timestamp("us", "UTC"))])
    assert age_days(column, at).tolist() == [(at - created) // timedelta(days=1)]


def test_a_moment_before_a_full_day_does_not_count() -> None:
    column = pa.chunked_array([pa.array([NOON], pa.timestamp("us", "UTC"))])
    moment = timedelta(microseconds=1)
    ages = [age_days(column, NOON + timedelta(days=2) + step).tolist() for step in (-moment, 0 * moment)]
    assert ages == [[1], [2]]
    assert age_days(column, NOON - moment).tolist() == [-1]
