"""Object Lock on a real server: set where the policy wants it, read before a removal, never forced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from holdings.clock import FixedClock, SystemClock
from holdings.errors import BadInput, Conflict
from holdings.house import House
from holdings.records import MANIFEST_NAME, CopyStatus, EventType, Package
from holdings.settings.model import StoreSettings
from holdings.stores.probing import LOCKS_HOLD, probe
from holdings.stores.s3_locking import locking
from tests.kit.houses import TEST_TIME, a_house, s3_stores
from tests.kit.seaweed import Seaweed
from tests.tiering.builders import REMOVING, a_policy, a_rule
from tests.tiering.holding import deposit, is_whole, statuses
from tiering.applying import Applied, apply_plan
from tiering.holding import lay_hold, release_hold
from tiering.planning import make_plan
from tiering.policy import Policy, RemovalCeilings, Rule

V, R = CopyStatus.VERIFIED, CopyStatus.RETIRED
CLOCK = SystemClock()
LOCKED = replace(a_rule({"hot": 1, "cold": 1}), lock_days={"cold": 400})
ONLY_HOT = a_rule({"hot": 1}, name="only hot")


def wanting(rule: Rule, *, removing: bool = False) -> Policy:
    return a_policy(rule, removal=REMOVING if removing else None, settle_days=0)


@pytest.fixture(scope="module")
def house(seaweed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Its cold bucket has locks, and a probe proved it."""
    tables = s3_stores(
        seaweed.endpoint, hot=seaweed.make_bucket("hot"), cold=seaweed.make_bucket("cold", locks=True)
    )
    with pytest.MonkeyPatch.context() as patch:
        for name, value in seaweed.environment.items():
            patch.setenv(name, value)
        folder = tmp_path_factory.mktemp("locked")
        with a_house(folder, stores=f"{tables}object_lock = true\n") as opened:
            # Locks are timed by the server's clock, so this house lives in the present.
            now = replace(opened, clock=CLOCK)
            found = probe(now.settings.stores["cold"], now.store("cold"), CLOCK)
            assert [each for each in found if not each.holds] == []
            assert LOCKS_HOLD in {each.claim for each in found}
            yield now


def apply(house: House, policy: Policy) -> Applied:
    return apply_plan(house, make_plan(house, policy, at=house.clock.now()), policy)


def locks(house: House, package: Package, client: Any) -> list[tuple[bool, bool]]:
    """Of each object in the cold store: is it retained for long, and under legal hold?"""
    bucket = house.settings.stores["cold"].url.removeprefix("s3://")
    keys = [info.key for info in house.store("cold").list(package.prefix)]
    heads = [client.head_object(Bucket=bucket, Key=key) for key in keys]
    later = CLOCK.now() + timedelta(days=399)
    return [
        (
            (until := head.get("ObjectLockRetainUntilDate")) is not None and until > later,
            head.get("ObjectLockLegalHoldStatus") == "ON",
        )
        for head in heads
    ]


def test_a_copy_is_locked_when_the_rule_wants_it_and_then_planned_around(
    house: House, seaweed: Seaweed
) -> None:
    package = deposit(house, 1)
    assert apply(house, wanting(LOCKED)).complete
    assert locks(house, package, seaweed.client()) == [(True, False)] * 3
    assert is_whole(house.store("cold"), package)
    (event,) = house.catalogue.events(package_id=package.package_id, types=[EventType.REPLICATION])
    assert str(event.detail["locked_until"])[:4] > str(CLOCK.now().year)
    plan = make_plan(house, wanting(ONLY_HOT, removing=True), at=house.clock.now())
    assert ({each.guard for each in plan.refused}, plan.removals) == ({"lock_days"}, ())
    (refused,) = plan.refused
    assert refused.says == f"not forced; locked until {CLOCK.now() + timedelta(days=400):%Y-%m-%d}"
    # Also when the rule of today, which asks for no locks, has been there for long.
    later = house.at(FixedClock(CLOCK.now() + timedelta(days=300)))
    plan = make_plan(later, wanting(ONLY_HOT, removing=True), at=later.clock.now())
    assert ({each.guard for each in plan.refused}, plan.removals) == ({"lock_days"}, ())
    later = house.at(FixedClock(CLOCK.now() + timedelta(days=401)))
    plan = make_plan(later, wanting(ONLY_HOT, removing=True), at=later.clock.now())
    assert (plan.refused, len(plan.removals)) == ((), 1)
    assert statuses(house, package) == {"hot": V, "cold": V}
    assert is_whole(house.store("cold"), package)


def test_a_legal_hold_is_laid_with_a_hold_and_taken_away_with_the_last(
    house: House, seaweed: Seaweed
) -> None:
    package = deposit(house, 2)
    assert apply(house, wanting(a_rule({"hot": 1, "cold": 1}))).complete
    assert locks(house, package, seaweed.client()) == [(False, False)] * 3
    first = lay_hold(house, package.package_id, owner="J. Curator", reason="on loan")
    second = lay_hold(house, package.package_id, owner="A. Lawyer", reason="in court")
    assert first.unlocked == second.unlocked == ()
    assert locks(house, package, seaweed.client()) == [(False, True)] * 3
    release_hold(house, first.hold_id, reason="it is back")
    assert locks(house, package, seaweed.client()) == [(False, True)] * 3
    release_hold(house, second.hold_id, reason="settled")
    assert locks(house, package, seaweed.client()) == [(False, False)] * 3


def test_a_lock_that_somebody_else_set_is_respected(house: House) -> None:
    package = deposit(house, 3)
    assert apply(house, wanting(a_rule({"hot": 1, "cold": 1}))).complete
    with locking(house.settings.stores["cold"]) as theirs:
        theirs.hold(package.prefix + "part-1.bin", on=True)
        (kept,) = [
            each
            for each in apply(house, wanting(ONLY_HOT, removing=True)).kept
            if each.removal.package_id == package.package_id
        ]
        assert kept.reason == f"{package.prefix}part-1.bin in cold stays: a legal hold lies on it."
        assert statuses(house, package) == {"hot": V, "cold": V}
        theirs.hold(package.prefix + "part-1.bin", on=False)
    apply(house, wanting(ONLY_HOT, removing=True))
    assert statuses(house, package) == {"hot": V, "cold": R}


def test_a_retention_that_somebody_else_set_is_planned_around(house: House) -> None:
    """As a bucket's own default does: the catalogue knows nothing of it."""
    locked, free = deposit(house, 4), deposit(house, 5)
    assert apply(house, wanting(a_rule({"hot": 1, "cold": 1}))).complete
    until = CLOCK.now() + timedelta(days=40)
    with locking(house.settings.stores["cold"]) as theirs:
        for key in ("part-0.bin", "part-1.bin", MANIFEST_NAME):
            theirs.retain(locked.prefix + key, until=until)
    one = RemovalCeilings(packages=1, size_bytes=10**12, share=1.0)
    these = replace(ONLY_HOT, where="images in (4, 5)")
    policy = a_policy(these, a_rule({"hot": 1, "cold": 1}), removal=one, settle_days=0)
    blind = make_plan(house, policy, at=CLOCK.now())
    assert [each.package_id for each in blind.removals] == [locked.package_id]
    plan = make_plan(house, policy, at=CLOCK.now(), asks=True)
    assert [each.package_id for each in plan.removals] == [free.package_id], "it takes the other's place"
    assert f"{until:%Y-%m-%d}" in next(each.says for each in plan.refused if each.guard == "lock_days")
    assert apply_plan(house, plan, policy).complete


def test_a_bucket_without_versions_or_locks_or_proof_is_refused(house: House, seaweed: Seaweed) -> None:
    bare = seaweed.spec("cold", seaweed.make_bucket("bare"))
    with locking(bare) as found, pytest.raises(Conflict, match="keeps no versions"):
        found.refuse_unless_locking(house.store("hot"))
    spec = house.settings.stores["cold"]
    with locking(spec) as found, pytest.raises(Conflict, match="Nobody has proved yet"):
        found.refuse_unless_locking(house.store("hot"))  # which holds no record of a probe


def without_locks(house: House) -> House:
    def plain(spec: StoreSettings) -> StoreSettings:
        return replace(spec, object_lock=False)

    stores = {name: plain(spec) for name, spec in house.settings.stores.items()}
    return replace(house, settings=replace(house.settings, stores=stores))


def test_a_policy_that_wants_locks_where_there_are_none(house: House) -> None:
    with pytest.raises(BadInput, match="wants copies in 'cold' locked, and the store 'cold' has no"):
        make_plan(without_locks(house), wanting(LOCKED), at=TEST_TIME)
