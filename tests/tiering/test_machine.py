"""Deposits, plans, applies and holds in any order, stores that fail in every way, a process that dies.

What holds after every step:

* An acknowledged package always has a copy whose bytes hash right.
* A VERIFIED row is never false, unless a bit was flipped (or an object lost) behind our back.
* What is under a key is never replaced.
* What is removed was given up, lies under no hold, and leaves as many whole copies, in as many
  domains, as the policy that allowed it asks for.

And at the end, when every store answers again: plan and apply reach what the policy wants.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from holdings.clock import FixedClock
from holdings.errors import HoldfastError, PlanRefused
from holdings.house import House
from holdings.records import MANIFEST_NAME, CopyStatus, Package, sha256_hex
from holdings.stores.faulty import Crashed, Fault, FaultyStore, seeded
from holdings.stores.interface import Store
from holdings.stores.wrapper import Answer, Wrapper
from tests.kit.houses import TEST_TIME
from tests.tiering.builders import REMOVING, a_policy, a_rule
from tests.tiering.holding import (
    FOUR_STORES,
    CrashingCatalogue,
    a_memory_house,
    deposit,
    emptied,
    flip_a_bit,
    forget_leases,
    is_whole,
    lose,
    statuses,
    with_stores,
)
from tiering.applying import apply_plan
from tiering.holding import lay_hold, release_hold
from tiering.plan import Plan
from tiering.planning import make_plan
from tiering.policy import Policy, Rule

NAMES = ("hot", "hot2", "cold", "cold2")
ALLOWING = (
    a_rule({"cold": 2}, domains=2, name="only cold"),
    a_rule({"hot": 1, "cold": 1}, domains=2, name="one of each"),
    a_rule({"cold": 1}, name="one in cold"),
)
"""A run of the machine may remove by one of these; all its other policies remove nothing."""
POLICIES = (
    a_policy(),
    a_policy(a_rule({"hot": 1, "cold": 2}, domains=3)),
    a_policy(
        a_rule({"hot": 2, "cold": 1}, domains=2, where="images % 2 = 0", name="even"), a_rule({"hot": 1})
    ),
    a_policy(a_rule({"cold": 1})),
)
HARMLESS = (
    Fault.NO_EFFECT,
    Fault.LOST_REPLY,
    Fault.BROKEN_OFF,
    Fault.FULL,
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
)
"""Faults of which the store tells, or of which nobody can."""
LYING = (*HARMLESS, Fault.CUT_SHORT, Fault.FLIPPED_BIT)
"""With faults that give wrong bytes as if they were right, on their way to us."""


class MovableClock:
    """The time, as the machine wants it."""

    def __init__(self) -> None:
        self.at = TEST_TIME

    def now(self) -> datetime:
        self.at += timedelta(microseconds=1)  # so that history has an order
        return self.at


class InterruptedStore(Wrapper):
    """Something else happens before its n-th call goes on."""

    def __init__(self, inner: Store, at_call: int, meanwhile: Callable[[], None]) -> None:
        super().__init__(inner)
        self._left, self._meanwhile = at_call, meanwhile

    def _ask(self, verb: str, key: str, call: Callable[[], Answer]) -> Answer:
        self._left -= 1
        if self._left == 0:
            self._meanwhile()
        return super()._ask(verb, key, call)


class Tiering(RuleBasedStateMachine):
    """The house, the plans made so far, and what was done behind its back."""

    def __init__(self, house: House) -> None:
        super().__init__()
        # One thread, so that what Hypothesis found happens again in the same order.
        limits = replace(house.settings.limits, threads=1)
        self.clock = MovableClock()
        settled = replace(house, settings=replace(house.settings, limits=limits), clock=self.clock)
        self.house = emptied(settled)
        self.allowing = ALLOWING[0]
        self.packages: list[Package] = []
        self.plans: list[tuple[Plan, Policy]] = []
        self.on_hold: dict[str, str] = {}
        self.hurt: set[tuple[str, str]] = set()
        """(package, store) that somebody damaged behind our back."""
        self.written: dict[tuple[str, str], str] = {}

    @initialize(allowing=st.sampled_from(ALLOWING))
    def begin(self, allowing: Rule) -> None:
        self.allowing = allowing
        self.deposit(store="hot")
        self.deposit(store="cold")
        self.copy_everywhere()

    @rule()
    def copy_everywhere(self) -> None:
        """So that there is something to remove, once it has settled."""
        policy = a_policy(a_rule({"hot": 2, "cold": 2}, domains=3))
        apply_plan(self.house, make_plan(self.house, policy, at=self.clock.at), policy)
        self.time_passes(8)

    @rule(days=st.sampled_from([1, 8, 400]))
    def time_passes(self, days: int) -> None:
        self.clock.at += timedelta(days=days)
        for store in self.house.stores.values():
            store._clock = self.clock  # type: ignore[attr-defined]  # somebody set them right

    @rule(name=st.sampled_from(NAMES), minutes=st.sampled_from([-600, 3, 600]))
    def a_clock_jumps(self, name: str, minutes: int) -> None:
        jumped = FixedClock(self.clock.at + timedelta(minutes=minutes))
        self.house.store(name)._clock = jumped  # type: ignore[attr-defined]

    @rule(data=st.data())
    def hold(self, data: st.DataObject) -> None:
        package = data.draw(st.sampled_from(self.packages))
        if package.package_id not in self.on_hold:
            laid = lay_hold(self.house, package.package_id, owner="us", reason="being looked at")
            self.on_hold[package.package_id] = laid.hold_id

    @precondition(lambda self: self.on_hold)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        package_id = data.draw(st.sampled_from(sorted(self.on_hold)))
        release_hold(self.house, self.on_hold.pop(package_id), reason="done")

    @rule()
    def plan_with_removals(self) -> None:
        policy = a_policy(self.allowing, removal=REMOVING)
        self.plans.append((make_plan(self.house, policy, at=self.clock.at), policy))

    @rule(store=st.sampled_from(NAMES))
    def deposit(self, store: str) -> None:
        number = len(self.packages) + 1
        self.packages.append(deposit(self.house, number, store=store, size=64, objects=1 + number % 3))

    @rule(policy=st.sampled_from(POLICIES))
    def plan(self, policy: Policy) -> None:
        self.plans.append((make_plan(self.house, policy, at=self.clock.at), policy))

    @rule(data=st.data(), what=st.sampled_from(["damage", "hold", "nothing"]), name=st.sampled_from(NAMES))
    def something_happens_between_plan_and_removal(self, data: st.DataObject, what: str, name: str) -> None:
        self.copy_everywhere()
        self.plan_with_removals()
        for package in self.packages:
            if what == "damage":
                self.damage(package, name, seed=len(self.packages), gone=len(name) % 2 == 0)
        if what == "hold":
            self.hold(data)
        plan, policy = self.plans[-1]
        apply_plan(self.house, plan, policy)

    @precondition(lambda self: self.plans)
    @rule(data=st.data())
    def apply(self, data: st.DataObject) -> None:
        plan, policy = data.draw(st.sampled_from(self.plans[-2:]))
        try:
            applied = apply_plan(self.house, plan, policy)
        except PlanRefused:
            return
        ends = len(applied.done) + len(applied.failed) + len(applied.removed) + len(applied.kept)
        assert ends + applied.already_done == len(plan.moves) + len(plan.removals)

    @precondition(lambda self: self.plans)
    @rule(data=st.data(), name=st.sampled_from(NAMES), at_call=st.integers(1, 25), slept=st.booleans())
    def two_at_once(self, data: st.DataObject, name: str, at_call: int, slept: bool) -> None:
        """While one waits for a store's answer, another one runs from its beginning to its end.

        slept : so long that the leases of the first have ended.
        """
        plan, policy = data.draw(st.sampled_from(self.plans[-2:]))
        other, its_policy = data.draw(st.sampled_from(self.plans[-2:]))

        def meanwhile() -> None:
            if slept:
                forget_leases(self.house)
            with suppress(PlanRefused):
                apply_plan(self.house, other, its_policy)

        interrupted = InterruptedStore(self.house.store(name), at_call, meanwhile)
        with suppress(PlanRefused):
            apply_plan(with_stores(self.house, **{name: interrupted}), plan, policy)

    @precondition(lambda self: self.plans)
    @rule(data=st.data(), seed=st.integers(0, 2**32), lying=st.booleans())
    def apply_on_a_bad_day(self, data: st.DataObject, seed: int, lying: bool) -> None:
        plan, policy = data.draw(st.sampled_from(self.plans[-2:]))
        rate = data.draw(st.sampled_from([0.02, 0.1, 0.4]))
        faulty: dict[str, Store] = {
            name: FaultyStore(
                self.house.store(name), seeded(seed + n, rate=rate, faults=LYING if lying else HARMLESS)
            )
            for n, name in enumerate(NAMES)
        }
        with suppress(HoldfastError, Crashed):
            apply_plan(with_stores(self.house, **faulty), plan, policy)

    @precondition(lambda self: self.plans)
    @rule(data=st.data(), record=st.integers(1, 3), after=st.booleans())
    def die_while_recording(self, data: st.DataObject, record: int, after: bool) -> None:
        plan, policy = data.draw(st.sampled_from(self.plans[-2:]))
        crashing = CrashingCatalogue(self.house.catalogue, at_record=record, after=after)
        with suppress(PlanRefused, Crashed):
            apply_plan(replace(self.house, catalogue=crashing), plan, policy)

    @rule(data=st.data(), name=st.sampled_from(NAMES), seed=st.integers(0, 2**32), gone=st.booleans())
    def damage_one_of_several_copies(self, data: st.DataObject, name: str, seed: int, gone: bool) -> None:
        """Never the last good copy: against that no tiering helps."""
        self.damage(data.draw(st.sampled_from(self.packages)), name, seed=seed, gone=gone)

    def damage(self, package: Package, name: str, *, seed: int, gone: bool) -> None:
        whole = [other for other in NAMES if is_whole(self.house.store(other), package)]
        # Drawn from all stores, not from `whole`: a dying thread may have got further in another run.
        if len(whole) < 2 or name not in whole:
            return
        key = random.Random(seed).choice([item.key for item in package.objects] + [MANIFEST_NAME])
        (lose if gone else flip_a_bit)(self.house.store(name), package.prefix + key)
        self.hurt.add((package.package_id, name))
        self.written.pop((name, package.prefix + key), None)

    @invariant()
    def every_package_has_a_good_copy(self) -> None:
        for package in self.packages:
            assert any(is_whole(self.house.store(name), package) for name in NAMES), package.package_id

    @invariant()
    def what_is_called_verified_is_right(self) -> None:
        packages = {package.package_id: package for package in self.packages}
        for copy in self.house.catalogue.copies():
            if copy.status is CopyStatus.VERIFIED and (copy.package_id, copy.store) not in self.hurt:
                assert is_whole(self.house.store(copy.store), packages[copy.package_id]), copy

    @invariant()
    def nothing_is_replaced_and_what_is_removed_can_be_done_without(self) -> None:
        now = {
            (name, info.key): sha256_hex(b"".join(self.house.store(name).get(info.key)))
            for name in NAMES
            for info in self.house.store(name).list("packages/")
        }
        gone = set()
        for place, digest in self.written.items():
            if place in now:
                assert now[place] == digest or self.is_hurt(place), place
            elif not self.is_hurt(place):
                gone.add((place[1].split("/")[1], place[0]))
        for package_id, name in gone:
            self.may_be_gone(package_id, name)
        self.written = now

    def is_hurt(self, place: tuple[str, str]) -> bool:
        return (place[1].split("/")[1], place[0]) in self.hurt

    def may_be_gone(self, package_id: str, name: str) -> None:
        (package,) = (each for each in self.packages if each.package_id == package_id)
        assert package_id not in self.on_hold
        assert statuses(self.house, package)[name] is CopyStatus.RETIRED
        whole = [other for other in NAMES if is_whole(self.house.store(other), package)]
        assert name not in whole
        for tier, wanted in self.allowing.copies.items():
            assert sum(self.house.settings.stores[other].tier == tier for other in whole) >= wanted
        domains = {self.house.settings.stores[other].domain for other in whole}
        assert len(domains) >= self.allowing.domains

    def teardown(self) -> None:
        """All stores answer again: what can be reached is reached, and then there is nothing left to do."""
        policy = POLICIES[1]
        for _ in range(8):  # each finds at most one more damaged source of a package
            apply_plan(self.house, make_plan(self.house, policy, at=self.clock.at), policy)
        self.every_package_has_a_good_copy()
        self.what_is_called_verified_is_right()
        if not self.hurt and not self.doubted():
            rest = make_plan(self.house, policy, at=self.clock.at)
            assert (rest.moves, rest.blocked) == ((), ())

    def doubted(self) -> bool:
        """Whether a lie of a store made us doubt a good copy; `verify` believes it again, not tiering."""
        sound = (CopyStatus.VERIFIED, CopyStatus.RETIRED)
        return any(copy.status not in sound for copy in self.house.catalogue.copies())


def _run(folder: Path, *, examples: int, steps: int) -> None:
    """Settings and prices are read once; each run has stores and a catalogue of its own."""
    patient = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    with a_memory_house(folder, stores=FOUR_STORES) as house:
        run_state_machine_as_test(lambda: Tiering(house), settings=patient)  # type: ignore[arg-type]  # takes factories, too


def test_no_order_of_events_loses_anything(tmp_path: Path) -> None:
    _run(tmp_path, examples=25, steps=15)


@pytest.mark.soak
def test_no_order_of_events_loses_anything_for_long(tmp_path: Path) -> None:
    _run(tmp_path, examples=250, steps=40)
