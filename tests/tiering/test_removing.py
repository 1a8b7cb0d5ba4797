"""Removals: only with a proof in hand, under every guard, and safe to be killed anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.withdrawing import withdraw
from holdings.catalogue.interface import Catalogue, Entry
from holdings.catalogue.leasing import Lease, Purpose
from holdings.catalogue.recollecting import _removed
from holdings.clock import FixedClock
from holdings.errors import Conflict, PlanRefused
from holdings.house import House
from holdings.records import MANIFEST_NAME, CopyStatus, EventType, Package
from holdings.stores.faulty import Crashed, Fault, FaultyStore, scripted
from holdings.stores.interface import Buffer, ObjectInfo
from holdings.stores.memory import MemoryStore
from holdings.stores.removing import ReadObject, RemovalProof, Witness, remove
from tests.kit.houses import TEST_TIME
from tests.tiering.builders import REMOVING, a_policy, a_rule
from tests.tiering.holding import (
    FOUR_STORES,
    CrashingCatalogue,
    a_memory_house,
    deposit,
    dying,
    emptied,
    flip_a_bit,
    forget_leases,
    is_whole,
    lose,
    statuses,
    with_stores,
)
from tiering.applying import Applied, Only, apply_plan
from tiering.holding import holds_on, lay_hold, release_hold
from tiering.plan import Plan, sealed
from tiering.planning import make_plan
from tiering.policy import RemovalCeilings, RunCeilings

V, R, S, M = CopyStatus.VERIFIED, CopyStatus.RETIRED, CopyStatus.SUSPECT, CopyStatus.MISSING
TO_COLD = a_rule({"cold": 2}, domains=2, name="only in cold")
POLICY = a_policy(TO_COLD, removal=REMOVING)
COPY_ONLY = a_policy(TO_COLD)
LATER = TEST_TIME + timedelta(days=30)


@pytest.fixture(scope="module")
def four_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_memory_house(tmp_path_factory.mktemp("four"), stores=FOUR_STORES) as house:
        yield house


@pytest.fixture
def house(four_stores: House) -> House:
    """Two hot, two cold, in memory, empty; a month after what `tiered` does."""
    later = replace(four_stores, clock=FixedClock(LATER))
    return emptied(later)


def tiered(house: House, number: int = 1) -> Package:
    """A package in hot and, copied a month ago, in both cold stores."""
    then = house.at(FixedClock(TEST_TIME))
    package = deposit(then, number)
    plan = make_plan(then, COPY_ONLY, at=TEST_TIME)
    assert apply_plan(then, plan, COPY_ONLY).complete
    return package


def planned(house: House, policy: object = POLICY) -> Plan:
    return make_plan(house, policy, at=house.clock.now())  # type: ignore[arg-type]


def applied(house: House, plan: Plan | None = None) -> Applied:
    return apply_plan(house, plan or planned(house), POLICY)


def test_a_copy_that_the_rule_can_do_without_is_removed_with_a_proof(house: House) -> None:
    package = tiered(house)
    plan = planned(house)
    assert [(each.store, each.keeps) for each in plan.removals] == [("hot", ("cold", "cold2"))]
    result = applied(house, plan)
    assert (result.complete, len(result.removed), result.kept) == (True, 1, ())
    assert statuses(house, package) == {"hot": R, "cold": V, "cold2": V}
    assert list(house.store("hot").list("packages/")) == []
    assert is_whole(house.store("cold"), package)
    (given_up,) = house.catalogue.events(types={EventType.RETIREMENT})
    assert package.objects[0].sha256 in str(given_up.detail["proof"])
    assert len(house.catalogue.events(types={EventType.DELETION})) == 1
    assert list(house.store("cold").list("holdfast/markers/")) == []
    assert applied(house, plan).nothing_left
    assert planned(house).removals == ()


def test_by_default_nothing_is_removed_and_the_plan_says_why(house: House) -> None:
    tiered(house)
    plan = planned(house, COPY_ONLY)
    assert plan.removals == ()
    assert [(each.guard, each.packages) for each in plan.refused] == [("guards.removal", 1)]


def test_what_is_withdrawn_leaves_by_policy_and_after_the_hold_time(house: House) -> None:
    package, other = tiered(house, 1), tiered(house, 2)
    fewer = a_policy(
        a_rule({"cold": 1}, where="withdrawn_days > 365", name="withdrawn for long"),
        TO_COLD,
        removal=REMOVING,
    )
    before = make_plan(house, fewer, at=LATER)
    withdraw(house, [package.package_id], reason="not ours to keep")
    plan = make_plan(house, fewer, at=LATER)
    assert [each.package_id for each in plan.removals] == [other.package_id]
    (refused,) = plan.refused
    assert (refused.guard, refused.packages) == ("withdrawals.hold", 1)
    result = apply_plan(house, before, fewer)
    assert [each.package_id for each in result.removed] == [other.package_id]
    (kept,) = result.kept
    assert kept.reason.endswith("was withdrawn: its bytes stay until 2026-06-29.")
    assert is_whole(house.store("hot"), package)
    held_over = house.at(FixedClock(LATER + timedelta(days=400)))
    for store in house.stores.values():
        store._clock = held_over.clock  # type: ignore[attr-defined]
    last = make_plan(held_over, fewer, at=held_over.clock.now())
    assert {(each.package_id, each.store) for each in last.removals} == {
        (package.package_id, "hot"),
        (package.package_id, "cold2"),
    }
    assert apply_plan(held_over, last, fewer).complete
    assert statuses(house, package) == {"hot": R, "cold": V, "cold2": R}


@pytest.mark.parametrize(
    ("ceilings", "guard"),
    [
        (RemovalCeilings(packages=1, size_bytes=10**12, share=1.0), "guards.removal.packages"),
        (RemovalCeilings(packages=9, size_bytes=5000, share=1.0), "guards.removal.size"),
        (RemovalCeilings(packages=9, size_bytes=10**12, share=0.5), "guards.removal.share"),
    ],
)
def test_a_run_removes_no_more_than_the_ceilings_allow(
    house: House, ceilings: RemovalCeilings, guard: str
) -> None:
    tiered(house, 1)
    tiered(house, 2)
    strict = a_policy(TO_COLD, removal=ceilings)
    plan = planned(house, strict)
    assert len(plan.removals) == 1
    assert [(each.guard, each.packages) for each in plan.refused] == [(guard, 1)]
    # However a plan came about that goes beyond: it is not applied.
    forged = sealed(replace(planned(house), policy_sha256=strict.sha256))
    assert len(forged.removals) == 2
    with pytest.raises(PlanRefused, match=f"goes beyond {guard}"):
        apply_plan(house, forged, strict)


def test_young_copies_do_not_allow_a_removal(house: House) -> None:
    package = tiered(house)
    soon = house.at(FixedClock(TEST_TIME + timedelta(days=6)))
    plan = planned(soon)
    assert (plan.removals, [each.guard for each in plan.refused]) == ((), ["guards.settle_days"])
    for name in house.stores:
        house.store(name)._clock = soon.clock  # type: ignore[attr-defined]
    result = apply_plan(soon, planned(house), POLICY)
    assert "has not been there for 7 days" in result.kept[0].reason
    assert is_whole(house.store("hot"), package)


def test_a_plan_for_another_day_removes_nothing_today(house: House) -> None:
    package = tiered(house)
    rules = a_policy(
        a_rule({"cold": 2}, domains=2, where="age_days > 5000", name="very old"),
        a_rule({"hot": 1, "cold": 2}, domains=2, name="else"),
        removal=REMOVING,
    )
    plan = make_plan(house, rules, at=LATER + timedelta(days=9000))
    assert len(plan.removals) == 1
    result = apply_plan(house, plan, rules)
    assert "The rule 'else' decides" in result.kept[0].reason
    assert is_whole(house.store("hot"), package)


def test_what_is_on_hold_stays(house: House) -> None:
    package = tiered(house)
    plan = planned(house)
    hold = lay_hold(house, package.package_id, owner="J. Curator", reason="on loan to Nairobi")
    result = applied(house, plan)
    assert "A hold lies on" in result.kept[0].reason
    assert [each.guard for each in planned(house).refused] == ["hold"]
    assert [each.reason for each in holds_on(house.catalogue)] == ["on loan to Nairobi"]
    release_hold(house, hold.hold_id, reason="it is back")
    assert holds_on(house.catalogue) == []
    assert applied(house, plan).removed == plan.removals


@pytest.mark.parametrize("hurt", [flip_a_bit, lose])
@pytest.mark.parametrize("part", ["part-0.bin", MANIFEST_NAME])
def test_a_copy_that_is_not_what_it_should_be_allows_nothing_and_is_recorded(
    house: House, hurt: Callable[..., None], part: str
) -> None:
    package = tiered(house)
    plan = planned(house)
    hurt(house.store("cold2"), package.prefix + part)
    result = applied(house, plan)
    assert "Only 1 of 2 copies" in result.kept[0].reason
    assert statuses(house, package) == {"hot": V, "cold": V, "cold2": M if hurt is lose else S}
    assert is_whole(house.store("hot"), package)


def test_a_store_that_is_away_allows_nothing_and_is_not_condemned(house: House) -> None:
    package = tiered(house)
    away = FaultyStore(house.store("cold2"), lambda verb, _: Fault.NO_EFFECT if verb == "get_whole" else None)
    result = applied(with_stores(house, cold2=away))
    assert result.kept[0].kind == "transient"
    assert statuses(house, package) == {"hot": V, "cold": V, "cold2": V}
    assert is_whole(house.store("hot"), package)


def test_two_stores_that_are_one_place_are_no_two_copies(house: House) -> None:
    package = tiered(house)
    same = MemoryStore("cold2", clock=house.clock)
    same._kept = house.store("cold")._kept  # type: ignore[attr-defined]
    same._versions = house.store("cold")._versions  # type: ignore[attr-defined]
    result = applied(with_stores(house, cold2=same))
    assert "are one place" in result.kept[0].reason
    assert is_whole(house.store("hot"), package)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_clock_that_is_off_stops_every_removal(house: House, minutes: int) -> None:
    package = tiered(house)
    house.store("cold")._clock = FixedClock(LATER + timedelta(minutes=minutes))  # type: ignore[attr-defined]
    result = applied(house)
    assert "The clock of the store 'cold'" in result.kept[0].reason
    assert is_whole(house.store("hot"), package)


def test_what_somebody_copies_from_is_not_removed(house: House) -> None:
    package = tiered(house)
    plan = planned(house)
    until = LATER + timedelta(minutes=5)
    lease = Lease(package_id=package.package_id, holder="another run", purpose=Purpose.READING, until=until)
    assert house.catalogue.lease([lease], now=LATER)
    (kept,) = applied(house, plan).kept
    assert "Somebody else is at work" in kept.reason
    assert "free after 15 minutes" in (kept.hint or "")
    assert is_whole(house.store("hot"), package)
    house.catalogue.give_back("another run")
    assert applied(house, plan).complete


def test_while_a_copy_is_removed_nothing_is_copied_from_it(house: House) -> None:
    package = deposit(house, 1)
    plan = planned(house)
    until = LATER + timedelta(minutes=5)
    lease = Lease(package_id=package.package_id, holder="x", purpose=Purpose.REMOVING, until=until)
    assert house.catalogue.lease([lease], now=LATER)
    result = applied(house, plan)
    assert {each.reason for each in result.failed} == {
        f"A copy of {package.package_id} is being made or removed by another run at this moment."
    }
    later = house.at(FixedClock(until))
    assert apply_plan(later, plan, POLICY).complete, "a lease whose holder died ends by itself"


def test_two_removals_that_rely_on_each_other_are_not_both_made(house: House) -> None:
    """Between the reading of the copies and the retirement, another run retires one of them."""
    package = tiered(house)

    class Racing(CrashingCatalogue):
        def record(self, entry: Entry) -> None:
            if entry.expecting and self.at_record > 0:
                self.at_record = 0
                (cold,) = [c for c in self.inner.copies(store="cold") if c.package_id == package.package_id]
                self.inner.record(Entry(copies=[replace(cold, status=R)]))
            self.inner.record(entry)

    racing = replace(house, catalogue=Racing(house.catalogue, at_record=1, after=False))
    result = applied(racing, planned(house))
    assert "somebody else is at work on it" in result.kept[0].reason
    assert statuses(house, package)["hot"] is V
    assert is_whole(house.store("hot"), package)


class Counting:
    """How often a catalogue is visited."""

    def __init__(self, inner: Catalogue) -> None:
        self.inner, self.visits = inner, 0

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        self.visits += callable(found)
        return found


def test_the_catalogue_is_visited_for_many_removals_at_once(house: House) -> None:
    """Opening its file takes longer than removing a small package."""
    packages = [tiered(house, number) for number in range(1, 41)]
    counting = Counting(house.catalogue)
    plan = planned(house)
    result = apply_plan(replace(house, catalogue=counting), plan, POLICY)
    assert result.removed == plan.removals
    assert {statuses(house, package)["hot"] for package in packages} == {R}
    assert counting.visits < 40, "less than once for each removal"


def test_of_many_removals_only_those_whose_copies_changed_are_not_made(house: House) -> None:
    first, second, third = (tiered(house, number) for number in (1, 2, 3))

    class Racing(CrashingCatalogue):
        def record(self, entry: Entry) -> None:
            if entry.expecting and self.at_record > 0:
                self.at_record = 0
                (cold,) = [c for c in self.inner.copies(package_id=second.package_id) if c.store == "cold"]
                self.inner.record(Entry(copies=[replace(cold, status=R)]))
            self.inner.record(entry)

    racing = replace(house, catalogue=Racing(house.catalogue, at_record=1, after=False))
    result = applied(racing, planned(house))
    assert [each.removal.package_id for each in result.kept] == [second.package_id]
    assert "somebody else is at work on it" in result.kept[0].reason
    assert [statuses(house, each)["hot"] for each in (first, second, third)] == [R, V, R]
    assert is_whole(house.store("hot"), second)


def test_a_hold_that_is_laid_while_the_others_are_read_is_met(house: House) -> None:
    """By somebody who found the lease of a run that slept ended."""
    package, other = tiered(house, 1), tiered(house, 2)
    plan, once = planned(house), iter([True])

    class Meanwhile(MemoryStore):
        def get_whole(
            self, key: str, *, at_most: int, version: str | None = None
        ) -> tuple[ObjectInfo, Buffer]:
            if next(once, False):
                forget_leases(house)
                lay_hold(house, package.package_id, owner="us", reason="being looked at")
            return super().get_whole(key, at_most=at_most, version=version)

    slow = Meanwhile("cold", clock=house.clock)
    inner = house.store("cold")
    assert isinstance(inner, MemoryStore)
    slow._kept = inner._kept
    result = apply_plan(with_stores(house, cold=slow), plan, POLICY)
    assert [each.reason for each in result.kept] == [f"A hold lies on {package.package_id}."]
    assert [each.package_id for each in result.removed] == [other.package_id]
    assert is_whole(house.store("hot"), package)


def test_two_copies_that_stand_for_each_other_do_not_both_go(house: House) -> None:
    """Whoever made such a plan: no one history entry gives up two copies of a package."""
    package = tiered(house)
    one_in_cold = a_policy(a_rule({"cold": 1}, name="one in cold"), removal=REMOVING)
    plan = make_plan(house, one_in_cold, at=LATER)
    begin = plan.removals[0]
    each_other = tuple(
        replace(begin, store=store, keeps=(keeps,)) for store, keeps in (("cold", "cold2"), ("cold2", "cold"))
    )
    result = apply_plan(house, sealed(replace(plan, removals=each_other)), one_in_cold)
    assert (len(result.removed), len(result.kept)) == (1, 1)
    assert sum(is_whole(house.store(name), package) for name in ("cold", "cold2")) == 1


def test_a_crash_at_any_call_and_another_run_removes_to_the_end(house: House) -> None:
    begun_again = 0
    for number in range(1, 20):
        fresh = emptied(house)
        package = tiered(fresh)
        plan = planned(fresh)
        hot = FaultyStore(
            fresh.store("hot"),
            scripted({("*", number): Fault.CRASH_AFTER if number % 3 else Fault.CRASH_BEFORE}),
        )
        with dying():
            apply_plan(with_stores(fresh, hot=hot), plan, POLICY)
        assert is_whole(fresh.store("cold"), package)
        assert is_whole(fresh.store("cold2"), package)
        if not is_whole(fresh.store("hot"), package):
            begun_again += 1
            assert statuses(fresh, package)["hot"] is R, "half a copy counts no more"
        assert apply_plan(fresh, plan if number % 2 else planned(fresh), POLICY).complete
        assert statuses(fresh, package) == {"hot": R, "cold": V, "cold2": V}
        assert list(fresh.store("hot").list("packages/")) == []
    assert begun_again > 2


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("record", range(1, 6))
def test_a_crash_while_history_is_written(house: House, record: int, after: bool) -> None:
    package = tiered(house)
    plan = planned(house)
    crashing = CrashingCatalogue(house.catalogue, at_record=record, after=after)
    try:
        apply_plan(replace(house, catalogue=crashing), plan, POLICY)
    except Crashed:
        assert is_whole(house.store("cold"), package)
    assert apply_plan(house, plan, POLICY).complete
    assert statuses(house, package) == {"hot": R, "cold": V, "cold2": V}
    assert list(house.store("hot").list("packages/")) == []


def test_copies_and_removals_may_be_two_jobs(house: House) -> None:
    tiered(house, 1)
    other = deposit(house, 2)
    plan = planned(house)
    assert len(plan.moves) == 2
    copies = apply_plan(house, plan, POLICY, only=Only.COPIES)
    assert (len(copies.done), copies.removed, copies.left) == (2, (), 0)
    removals = apply_plan(house, plan, POLICY, only=Only.REMOVALS)
    assert (removals.done, len(removals.removed), removals.complete) == ((), 1, True)
    assert is_whole(house.store("hot"), other)


def test_outside_the_hours_of_the_policy_nothing_begins(house: House) -> None:
    tiered(house, 1)
    deposit(house, 2)
    at_night = a_policy(TO_COLD, removal=REMOVING, run=RunCeilings(hours=(22 * 60, 6 * 60)))
    plan = planned(house, at_night)
    result = apply_plan(house, plan, at_night)  # it is noon
    assert (result.done, result.removed, result.left, result.complete) == ((), (), 3, False)
    night = datetime(2026, 4, 1, 23, tzinfo=LATER.tzinfo)
    for store in house.stores.values():
        store._clock = FixedClock(night)  # type: ignore[attr-defined]
    assert apply_plan(house.at(FixedClock(night)), plan, at_night).complete


# The proof itself


def a_witness(store: str = "cold", domain: str = "site-b", at: datetime = LATER) -> Witness:
    objects = (ReadObject(key="packages/nhmuk-1/part-0.bin", version="1", sha256="0" * 64),)
    return Witness(store=store, tier="cold", domain=domain, objects=objects, read_at=at)


def a_proof(*witnesses: Witness, copies: int = 1, domains: int = 1) -> RemovalProof:
    return RemovalProof(
        package_id="nhmuk-1",
        store="hot",
        witnesses=witnesses,
        fewest_copies=copies,
        fewest_domains=domains,
    )


@pytest.mark.parametrize(
    ("witnesses", "copies", "domains"),
    [
        ([], 0, 0),
        ([a_witness("hot")], 1, 1),
        ([a_witness(), a_witness()], 2, 1),
        ([a_witness()], 2, 1),
        ([a_witness(), a_witness("cold2")], 2, 2),
    ],
    ids=["nobody", "itself", "twice the same", "too few", "one domain"],
)
def test_there_is_no_proof_without_enough_other_copies(
    witnesses: list[Witness], copies: int, domains: int
) -> None:
    with pytest.raises(Conflict):
        a_proof(*witnesses, copies=copies, domains=domains)


@pytest.mark.parametrize("minutes", [-1, 10, 600])
def test_a_proof_is_good_for_minutes(minutes: int) -> None:
    store = MemoryStore("hot")
    version = store.put("packages/nhmuk-1/part-0.bin", b"bytes").version
    now = LATER + timedelta(minutes=minutes)
    with pytest.raises(Conflict, match="too old"):
        remove(store, "packages/nhmuk-1/part-0.bin", version=version, proof=a_proof(a_witness()), now=now)
    assert store.head("packages/nhmuk-1/part-0.bin")


@pytest.mark.parametrize(
    ("name", "key"), [("hot", "packages/nhmuk-2/part-0.bin"), ("cold", "packages/nhmuk-1/part-0.bin")]
)
def test_a_proof_is_about_one_copy(name: str, key: str) -> None:
    store = MemoryStore(name)
    version = store.put(key, b"bytes").version
    with pytest.raises(Conflict, match="is not about"):
        remove(store, key, version=version, proof=a_proof(a_witness()), now=LATER)
    assert store.head(key)


def test_the_catalogue_tells_of_a_removal_also_after_its_loss(tmp_path: Path) -> None:
    """A removal that was begun is not believed to be a copy by a rebuild."""
    with a_memory_house(tmp_path, stores=FOUR_STORES) as four:
        house = emptied(replace(four, clock=FixedClock(LATER)))
        package = tiered(house)
        plan = planned(house)
        hot = FaultyStore(house.store("hot"), scripted({("delete", 2): Fault.CRASH_BEFORE}))
        with pytest.raises(Crashed):
            apply_plan(with_stores(house, hot=hot), plan, POLICY)
        assert (package.package_id, "hot") in _removed(house.catalogue.events())
