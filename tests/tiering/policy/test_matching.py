"""Rules that can never match are found by trying; those that can are left in peace."""

from __future__ import annotations

import pytest

from tests.tiering.builders import a_policy, a_rule
from tiering.policy.matching import unmatched


def never(*conditions: str) -> list[str]:
    rules = [a_rule({"hot": 1}, where=where, name=where) for where in (*conditions, "true")]
    return [rule.name for rule in unmatched(a_policy(*rules))]


@pytest.mark.parametrize(
    "where",
    [
        "kind = 'bag' and kind = 'collection'",
        "age_days > 365 and age_days < 30",
        "kind = 'tarball'",
        "bytes < 0",
        "false",
        "country = 'Kenya' and country = 'Uganda'",
    ],
)
def test_what_contradicts_itself(where: str) -> None:
    assert never(where) == [where]


def test_what_a_rule_before_takes_away() -> None:
    assert never("age_days >= 365", "age_days >= 366") == ["age_days >= 366"]
    assert never("kind = 'bag' or images > 5", "kind = 'bag' and images > 5") == [
        "kind = 'bag' and images > 5"
    ]


@pytest.mark.parametrize(
    "conditions",
    [
        ("age_days >= 366", "age_days >= 365"),
        ("kind = 'bag' and age_days >= 365", "age_days >= 365"),
        ("contains(country, 'Kenya')", "contains(country, 'Uganda')"),
        ("typestatus ilike '%holotype%'",),
        ("contains(country, 'Kenya') and contains(country, 'Uganda')",),
        ("bytes > 1000000000000 and idle_days > 90 and reads_90d = 0",),
        ("family is null and holds > 0",),
        ("bytes / images > 1000000",),
        ("withdrawn_days > 3650", "withdrawn_days is null and age_days > 9"),
    ],
    ids=str,
)
def test_what_can_match_is_not_warned_of(conditions: tuple[str, ...]) -> None:
    assert never(*conditions) == []


def test_a_large_product_of_columns_is_tried_by_chance() -> None:
    many = " and ".join(f"{name} > {n}" for n, name in enumerate(("bytes", "images", "objects", "holds")))
    assert never(f"{many} and age_days > 7 and contains(family, 'Apidae')") == []
