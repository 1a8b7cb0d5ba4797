"""Copies over a line that goes wrong: found every time, nothing lost, and the run finishes afterwards."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

from holdings.house import House
from holdings.records import CopyStatus, EventType, Outcome, Package
from tests.kit.houses import TEST_TIME, a_house, s3_stores
from tests.kit.proxy import FaultyNetwork, Request, Trouble, at_random, faulty_network, nothing
from tests.kit.seaweed import Seaweed
from tests.tiering.builders import a_policy, a_rule
from tests.tiering.holding import deposit, is_whole, statuses
from tiering.applying import apply_plan
from tiering.auditing import audit
from tiering.plan import Plan
from tiering.planning import make_plan

V = CopyStatus.VERIFIED
BOTH = a_policy(a_rule({"hot": 1, "cold": 1}, domains=2))


@dataclass(frozen=True, kw_only=True)
class Far:
    """A house whose two stores are each behind a line of its own; `near` sees the same past the lines."""

    house: House
    near: House
    hot: FaultyNetwork
    cold: FaultyNetwork
    numbers: Iterator[int]

    def deposit(self, packages: int, *, size: int = 20_000, objects: int = 1) -> list[Package]:
        return [deposit(self.near, next(self.numbers), objects=objects, size=size) for _ in range(packages)]

    def all_is_well(self, packages: list[Package]) -> None:
        for package in packages:
            assert is_whole(self.near.store("cold"), package), package.package_id
            assert is_whole(self.near.store("hot"), package), package.package_id
            assert statuses(self.house, package) == {"hot": V, "cold": V}

    def nobody_is_accused(self) -> None:
        told = self.house.catalogue.events(types=[EventType.FIXITY_CHECK])
        assert [event.detail for event in told if event.outcome is Outcome.FAIL] == []


@pytest.fixture(scope="module")
def lines(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    folder = tmp_path_factory.mktemp("far")
    tables = s3_stores(seaweed.endpoint, hot=seaweed.make_bucket("hot"), cold=seaweed.make_bucket("cold"))
    with (
        pytest.MonkeyPatch.context() as patch,
        faulty_network(seaweed.endpoint) as to_hot,
        faulty_network(seaweed.endpoint) as to_cold,
    ):
        for name, value in seaweed.environment.items():
            patch.setenv(name, value)
        with a_house(folder, stores=tables) as near:
            here, named, there = tables.partition("[stores.cold]")
            here = here.replace(seaweed.endpoint, to_hot.endpoint)
            there = there.replace(seaweed.endpoint, to_cold.endpoint)
            settings = folder / "holdfast.toml"
            settings.write_text(settings.read_text().replace(tables, here + named + there))
            with a_house(folder) as house:
                yield Far(house=house, near=near, hot=to_hot, cold=to_cold, numbers=count(1))


@pytest.fixture
def far(lines: Far) -> Far:
    """Both lines as good as new."""
    for line in (lines.hot, lines.cold):
        line.plan, line.down = nothing, False
        line.met.clear()
    return lines


def apply_until_done(house: House, plan: Plan, *, runs: int) -> int:
    """How many runs it took."""
    for number in range(1, runs + 1):
        if apply_plan(house, plan, BOTH).complete:
            return number
    raise AssertionError(f"not done after {runs} runs")


@dataclass
class Once:
    """The first request of a method about an object meets the trouble."""

    trouble: Trouble
    method: str
    met: bool = False

    def __call__(self, request: Request) -> Trouble | None:
        if self.met or request.method != self.method or "/packages/" not in request.path:
            return None
        self.met = True
        return self.trouble


@pytest.mark.parametrize("trouble", Trouble)
def test_whatever_a_line_does_it_is_found_and_nothing_is_lost(far: Far, trouble: Trouble) -> None:
    packages = far.deposit(2)
    plan = make_plan(far.near, BOTH, at=TEST_TIME)
    far.hot.plan = Once(trouble, "GET")
    far.cold.plan = Once(trouble, "GET" if trouble is Trouble.FLIPPED_REPLY else "PUT")
    assert apply_until_done(far.house, plan, runs=2) == 1
    # A GET has no body of its own that could be hurt.
    assert far.hot.met[trouble] == (0 if trouble is Trouble.FLIPPED_REQUEST else 1)
    assert far.cold.met[trouble] == 1
    far.nobody_is_accused()
    far.hot.plan = far.cold.plan = nothing
    far.all_is_well(packages)


def test_a_line_that_is_down_stops_the_run_and_the_next_one_finishes(far: Far) -> None:
    packages = far.deposit(2)
    plan = make_plan(far.near, BOTH, at=TEST_TIME)
    far.cold.down = True
    applied = apply_plan(far.house, plan, BOTH)
    assert (len(applied.failed), applied.done) == (2, ())
    assert {each.kind for each in applied.failed} == {"transient"}
    far.nobody_is_accused()
    far.cold.down = False
    assert apply_plan(far.house, plan, BOTH).complete
    far.all_is_well(packages)


@pytest.mark.soak
def test_a_bad_night_on_both_lines(far: Far) -> None:
    """Every tenth request meets something; copies, then audits, until all is done and all was read."""
    seed = int(os.environ.get("HOLDFAST_SEED", "11"))
    sizes = random.Random(seed)
    packages = [
        package
        for _ in range(60)
        for package in far.deposit(1, objects=4, size=sizes.choice([1_000, 90_000, 5_000_000]))
    ]
    far.hot.plan = at_random(seed, rate=0.1, troubles=list(Trouble))
    far.cold.plan = at_random(seed + 1, rate=0.1, troubles=list(Trouble))
    plan = make_plan(far.near, BOTH, at=TEST_TIME)
    apply_until_done(far.house, plan, runs=10)
    found = audit(far.house)
    assert found.wrong == []
    assert set(far.hot.met) | set(far.cold.met) == set(Trouble)
    far.nobody_is_accused()
    far.hot.plan = far.cold.plan = nothing
    assert not audit(far.house).unknown
    far.all_is_well(packages)
