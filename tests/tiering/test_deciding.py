from __future__ import annotations

from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdings.records import CopyStatus
from tests.tiering.builders import NOON, a_policy, a_rule, a_store, copies_table, packages_table
from tiering.choosing import ABSENT, StoreFacts
from tiering.deciding import decide
from tiering.plan import Seen
from tiering.policy import Policy
from tiering.situations import find_situations

V = CopyStatus.VERIFIED
HOT, COLD = a_store("hot"), a_store("cold")
Rows = list[tuple[str, str, CopyStatus]]


def test_the_handbook_case() -> None:
    packages = packages_table({"old": 400, "kept": 400, "young": 3}, size=17)
    rows: Rows = [("old", "hot", V), ("kept", "hot", V), ("kept", "cold", V), ("young", "hot", V)]
    decision = decide(packages, copies_table(rows), [HOT, COLD], a_policy(), at=NOON)
    assert (decision.packages, decision.below, decision.blocked) == (3, 1, ())
    (move,) = decision.moves
    assert (move.package_id, move.source_store, move.target_store) == ("old", "hot", "cold")
    assert (move.size_bytes, move.objects, move.rule) == (17, 2, "old bags also rest in cold")
    assert move.reason == "cold has 0 of 1 copies"
    assert move.seen == (Seen(store="hot", status="verified"),)


def test_the_moment_decides() -> None:
    packages, copies = packages_table({"a": 0}), copies_table([("a", "hot", V)])
    for days, moves in ((364, 0), (365, 1)):
        later = NOON + timedelta(days=days)
        assert len(decide(packages, copies, [HOT, COLD], a_policy(), at=later).moves) == moves


def test_copies_in_stores_that_nobody_names_do_not_count_and_are_seen() -> None:
    copies = copies_table([("a", "hot", V), ("a", "gone", V)])
    decision = decide(packages_table({"a": 400}), copies, [HOT, COLD], a_policy(), at=NOON)
    assert [seen.store for seen in decision.moves[0].seen] == ["gone", "hot"]


def test_a_package_without_any_copy_is_told() -> None:
    decision = decide(packages_table({"a": 400}), copies_table([]), [HOT, COLD], a_policy(), at=NOON)
    assert decision.moves == ()
    assert decision.blocked[0].reason == "no verified copy to copy from (hot: no copy; cold: no copy)"


def test_empty_holdings_want_nothing() -> None:
    decision = decide(packages_table({}), copies_table([]), [HOT, COLD], a_policy(), at=NOON)
    assert (decision.packages, decision.below, decision.moves, decision.blocked) == (0, 0, (), ())
    assert (decision.due, decision.surplus, decision.removals) == ((), (), ())


def test_copies_of_unknown_packages_are_left_out() -> None:
    copies = copies_table([("a", "hot", V), ("stranger", "hot", V), ("stranger", "cold", V)])
    decision = decide(packages_table({"a": 3}), copies, [HOT, COLD], a_policy(), at=NOON)
    assert (decision.below, decision.moves, decision.surplus) == (0, (), ())


def test_tables_in_pieces_are_the_same() -> None:
    packages = packages_table({"a": 400, "b": 400, "c": 3})
    copies = copies_table([("a", "hot", V), ("b", "hot", V), ("c", "hot", V)])
    whole = decide(packages, copies, [HOT, COLD], a_policy(), at=NOON)
    pieces = [pa.concat_tables([table.slice(0, 1), table.slice(1)]) for table in (packages, copies)]
    assert decide(pieces[0], pieces[1], [HOT, COLD], a_policy(), at=NOON) == whole
    assert [move.package_id for move in whole.moves] == ["a", "b"]


def test_stale_readings_are_due_and_still_count() -> None:
    packages = packages_table({"a": 400, "b": 400}, size=13)
    rows: Rows = [("a", "hot", V), ("a", "cold", V), ("b", "hot", V), ("b", "cold", CopyStatus.SUSPECT)]
    stale = copies_table(rows, verified_at=NOON - timedelta(days=91))
    decision = decide(packages, stale, [HOT, COLD], a_policy(verified_within_days=90), at=NOON)
    told = [(due.store, due.copies, due.size_bytes, due.oldest) for due in decision.due]
    assert told == [("hot", 2, 26, NOON - timedelta(days=91)), ("cold", 1, 13, NOON - timedelta(days=91))]
    assert decision.below == 1
    assert decide(packages, stale, [HOT, COLD], a_policy(verified_within_days=91), at=NOON).due == ()


def test_never_read_is_due_with_no_date() -> None:
    copies = copies_table([("a", "hot", V)], verified_at=None)
    (due,) = decide(packages_table({"a": 3}), copies, [HOT, COLD], a_policy(), at=NOON).due
    assert (due.copies, due.oldest) == (1, None)


def test_more_than_asked_is_counted() -> None:
    packages = packages_table({"a": 3, "b": 3}, size=11)
    copies = copies_table([("a", "hot", V), ("a", "cold", V), ("b", "hot", V), ("b", "cold", V)])
    (surplus,) = decide(packages, copies, [HOT, COLD], a_policy(), at=NOON).surplus
    assert (surplus.tier, surplus.packages, surplus.size_bytes) == ("cold", 2, 22)


@pytest.mark.parametrize("stores", [1, 22, 23, 24, 60])
def test_packages_that_differ_in_any_one_store_differ_in_situation(stores: int) -> None:
    names = [f"s{n}" for n in range(stores)]
    packages = packages_table({f"p{n:03}": 0 for n in range(2 * stores + 1)})
    rows = [(f"p{n:03}", names[n % stores], (V, CopyStatus.RETIRED)[n // stores]) for n in range(2 * stores)]
    found = find_situations(
        packages.column("package_id"),
        np.zeros(len(packages), dtype=np.int32),
        copies_table(rows),
        names,
    )
    assert sorted(found.of_row.tolist()) == list(range(2 * stores + 1))
    assert found.distinct[found.of_row[0]].statuses == (V, *[None] * (stores - 1))
    assert found.distinct[found.of_row[2 * stores]].seen == ()
    assert found.sums(np.arange(len(packages))) == np.argsort(found.of_row).tolist()


def test_statuses_that_would_add_up_to_a_whole_turn_of_64_bits_stay_apart() -> None:
    names, rest, rows = [f"s{n}" for n in range(24)], 2**64, []
    for name in reversed(names):  # the digits of 2**64 to the base of 7, one for each store
        rest, digit = divmod(rest, 7)
        rows += [("a", name, list(CopyStatus)[digit - 1])] if digit else []
    package_ids = packages_table({"a": 0, "b": 0}).column("package_id")
    found = find_situations(package_ids, np.zeros(2, dtype=np.int32), copies_table(rows), names)
    assert len(found.distinct) == 2


_STORES = st.lists(
    st.builds(
        lambda tier, domain, cost, read_only: (tier, domain, cost, read_only),
        st.sampled_from(["hot", "cold", "tape"]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([0.0, 1.0, 2.0]),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
).map(
    lambda many: [
        StoreFacts(name=f"s{n}", tier=tier, domain=domain, read_cost_per_gb=cost, read_only=read_only)
        for n, (tier, domain, cost, read_only) in enumerate(many)
    ]
)
_COPIES = st.dictionaries(st.sampled_from(["hot", "cold", "tape"]), st.integers(0, 3), min_size=1).filter(
    lambda copies: sum(copies.values()) > 0
)
_RULES = st.tuples(_COPIES, st.integers(1, 3)).map(lambda pair: a_rule(pair[0], domains=pair[1]))
_POLICIES = st.tuples(_RULES, _RULES).map(
    lambda rules: a_policy(
        a_rule(rules[0].copies, domains=rules[0].domains, where="age_days > 5", name="old"), rules[1]
    )
)
_PACKAGES = [f"p{n}" for n in range(5)]


@st.composite
def holdings(draw: st.DrawFn) -> tuple[pa.Table, Rows, list[StoreFacts], Policy]:
    stores = draw(_STORES)
    places = st.tuples(st.sampled_from(_PACKAGES), st.sampled_from([*(s.name for s in stores), "unnamed"]))
    state = draw(st.dictionaries(places, st.sampled_from(CopyStatus), max_size=20))
    ages = {name: draw(st.integers(0, 10)) for name in _PACKAGES}
    rows = [(package, store, status) for (package, store), status in state.items()]
    return packages_table(ages), rows, stores, draw(_POLICIES)


@settings(deadline=None)
@given(holdings())
def test_laws_of_every_plan(held: tuple[pa.Table, Rows, list[StoreFacts], Policy]) -> None:
    packages, rows, stores, policy = held
    before = decide(packages, copies_table(rows), stores, policy, at=NOON)
    state = {(package, store): status for package, store, status in rows}
    writable = {store.name for store in stores if not store.read_only}
    targets = [(move.package_id, move.target_store) for move in before.moves]

    assert len(set(targets)) == len(targets)
    for move in before.moves:
        assert state[move.package_id, move.source_store] is V
        assert state.get((move.package_id, move.target_store)) in ABSENT
        assert move.target_store in writable
        assert {(move.package_id, seen.store): seen.status for seen in move.seen} == {
            place: str(status) for place, status in state.items() if place[0] == move.package_id
        }

    after = {**state, **dict.fromkeys(targets, V)}
    again = decide(
        packages, copies_table([(*place, status) for place, status in after.items()]), stores, policy, at=NOON
    )
    assert again.moves == ()
    assert again.below <= before.below
    blocked = {found.package_id for found in before.blocked}
    assert again.below == len(blocked)
    assert {found.package_id for found in again.blocked} == blocked
