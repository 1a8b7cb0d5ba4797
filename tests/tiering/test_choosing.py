from __future__ import annotations

from dataclasses import replace

import pytest

from holdings.records import CopyStatus
from tests.tiering.builders import a_rule, a_store
from tiering.choosing import Choice, StoreFacts, choose

V, W, S, M, R, X = (
    CopyStatus.VERIFIED,
    CopyStatus.WRITING,
    CopyStatus.SUSPECT,
    CopyStatus.MISSING,
    CopyStatus.RECALLED,
    CopyStatus.RETIRED,
)
HOT, COLD, COLD2 = a_store("hot"), a_store("cold"), a_store("cold2", cost=5)


def targets(choice: Choice) -> list[str]:
    return [target.store for target in choice.targets]


def test_enough_is_left_alone() -> None:
    assert choose([V, V], a_rule({"hot": 1, "cold": 1}, domains=2), [HOT, COLD]) == Choice(
        below=False, surplus={}, safe=True
    )


def test_a_missing_copy_comes_from_the_one_there_is() -> None:
    choice = choose([V, None], a_rule({"hot": 1, "cold": 1}, domains=2), [HOT, COLD])
    assert (choice.below, choice.source, targets(choice), choice.blocked) == (True, "hot", ["cold"], ())
    assert choice.targets[0].reason == "cold has 0 of 1 copies"


@pytest.mark.parametrize("status", [W, S, M, R, X])
def test_only_verified_copies_count(status: CopyStatus) -> None:
    assert choose([V, status], a_rule({"hot": 1, "cold": 1}), [HOT, COLD]).below


@pytest.mark.parametrize("status", [W, R])
def test_where_other_bytes_may_lie_nothing_is_written(status: CopyStatus) -> None:
    choice = choose([V, status], a_rule({"hot": 1, "cold": 1}), [HOT, COLD])
    assert targets(choice) == []
    assert choice.blocked == (
        f"1 of 1 copies in cold cannot be made: no store there is free (cold: {status})",
    )


def test_bytes_in_doubt_stay_until_they_are_repaired() -> None:
    choice = choose([V, S], a_rule({"hot": 1, "cold": 1}), [HOT, COLD])
    assert targets(choice) == []
    (blocked,) = choice.blocked
    assert blocked.endswith(
        "(cold: suspect); run holdfast repair: it mends cold and keeps the wrong bytes aside"
    )


def test_what_may_not_be_written_is_not_said_to_be_repaired() -> None:
    rule = a_rule({"hot": 1, "cold": 2})
    (blocked,) = choose([V, S, S], rule, [HOT, COLD, replace(COLD, name="old", read_only=True)]).blocked
    assert "run holdfast repair: it mends cold and keeps" in blocked
    assert blocked.endswith("; old is read-only, and holdfast repair mends nothing there")


@pytest.mark.parametrize("status", [M, X])
def test_what_is_known_to_be_gone_is_made_again(status: CopyStatus) -> None:
    assert targets(choose([V, status], a_rule({"hot": 1, "cold": 1}), [HOT, COLD])) == ["cold"]


@pytest.mark.parametrize("status", [None, W, S, M])
def test_nothing_is_copied_from_what_is_not_verified(status: CopyStatus | None) -> None:
    choice = choose([status, None], a_rule({"hot": 1, "cold": 1}), [HOT, COLD])
    assert (choice.source, targets(choice)) == (None, [])
    assert choice.blocked[0].startswith("no verified copy to copy from (hot: ")


def test_the_cheapest_reading_is_the_source_and_hot_before_cold() -> None:
    rule = a_rule({"hot": 3})
    stores = [a_store("cold1", cost=1), a_store("hot1", cost=2), a_store("hot2", cost=1), a_store("hot3")]
    assert choose([V, V, V, None], rule, stores).source == "hot2"


def test_a_new_domain_is_preferred_while_domains_are_missing() -> None:
    same, other = a_store("cold1", domain=HOT.domain), a_store("cold2")
    rule = a_rule({"hot": 1, "cold": 1}, domains=2)
    assert targets(choose([V, None, None], rule, [HOT, same, other])) == ["cold2"]
    enough = a_rule({"hot": 1, "cold": 1}, domains=1)
    assert targets(choose([V, None, None], enough, [HOT, same, other])) == ["cold1"]


def test_one_tier_does_not_take_the_only_domain_of_the_next() -> None:
    stores = [
        a_store("hot1", domain="a"),
        a_store("hot2", domain="b"),
        a_store("hot3", domain="c"),
        a_store("cold1", domain="b"),
    ]
    rule = a_rule({"hot": 2, "cold": 1}, domains=3)
    assert targets(choose([V, None, None, None], rule, stores)) == ["hot3", "cold1"]


def test_enough_copies_in_too_few_domains_gain_one_elsewhere() -> None:
    stores = [a_store("hot", domain="a"), a_store("cold1", domain="a"), a_store("cold2", domain="b")]
    choice = choose([V, V, None], a_rule({"hot": 1, "cold": 1}, domains=2), stores)
    assert targets(choice) == ["cold2"]
    assert choice.targets[0].reason == "copies in 2 domains need one in b"


def test_too_few_domains_are_told_and_the_copy_is_made_all_the_same() -> None:
    stores = [a_store("hot", domain="a"), a_store("cold", domain="a")]
    choice = choose([V, None], a_rule({"hot": 1, "cold": 1}, domains=2), stores)
    assert targets(choice) == ["cold"]
    assert choice.blocked == ("copies can lie in 1 of 2 domains (a)",)


def test_a_read_only_store_is_read_and_never_written() -> None:
    frozen = a_store("cold", read_only=True)
    rule = a_rule({"hot": 1, "cold": 1})
    assert choose([None, V], rule, [HOT, frozen]).source == "cold"
    choice = choose([V, None], rule, [HOT, frozen])
    assert targets(choice) == []
    assert "cold: no copy, read-only" in choice.blocked[0]


def test_a_tier_without_stores_is_told() -> None:
    assert "no store is in it" in choose([V], a_rule({"hot": 1, "tape": 1}), [HOT]).blocked[0]


def test_more_than_asked_is_told_and_left_alone() -> None:
    choice = choose([V, V, V], a_rule({"hot": 1, "cold": 1}), [HOT, COLD, COLD2])
    assert (choice.below, choice.surplus, targets(choice)) == (False, {"cold": 1}, [])


def test_many_stores_are_no_trouble() -> None:
    stores = [StoreFacts(name=f"s{n}", tier="cold", domain=f"d{n}") for n in range(60)]
    choice = choose([V, *[None] * 59], a_rule({"cold": 40}, domains=40), stores)
    assert len(choice.targets) == 39
    assert choice.blocked == ()
