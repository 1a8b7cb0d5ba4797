from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from holdings.catalogue.interface import Entry
from holdings.catalogue.leasing import Lease, Purpose, holder_of
from holdings.catalogue.manifest import manifest_bytes
from holdings.clock import FixedClock
from holdings.errors import BadInput, PlanRefused, Unavailable
from holdings.house import House
from holdings.observing import Advanced, Happening, Waiting
from holdings.records import JOURNAL_PREFIX, MANIFEST_NAME, Copy, CopyStatus, EventType, Outcome
from holdings.stores import reading
from holdings.stores.counting import CountingStore
from holdings.stores.faulty import Crashed, Fault, FaultyStore, scripted
from holdings.stores.interface import Buffer, Written
from holdings.stores.memory import MemoryStore
from holdings.stores.reaching import PATIENCE
from holdings.stores.wrapper import Wrapper
from tests.kit.houses import TEST_TIME, a_house
from tests.tiering.builders import a_policy, a_rule
from tests.tiering.holding import (
    FOUR_STORES,
    CrashingCatalogue,
    a_memory_house,
    a_package,
    a_plan,
    deposit,
    dying,
    emptied,
    flip_a_bit,
    is_whole,
    lose,
    statuses,
    with_stores,
    write,
)
from tiering import applying, beyond, copying
from tiering.applying import Applied, apply_plan
from tiering.ground import MARKERS
from tiering.hands import Hands
from tiering.plan import Cost, Plan, sealed
from tiering.planning import make_plan
from tiering.policy import Policy, RunCeilings
from tiering.status import status

V, S, M = CopyStatus.VERIFIED, CopyStatus.SUSPECT, CopyStatus.MISSING


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> House:
    return a_memory_house(tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def four_stores(tmp_path_factory: pytest.TempPathFactory) -> House:
    return a_memory_house(tmp_path_factory.mktemp("four"), stores=FOUR_STORES)


@pytest.fixture
def house(two_stores: House) -> House:
    """hot and cold, empty, all in memory."""
    return emptied(two_stores)


@pytest.fixture
def four(four_stores: House) -> House:
    """Two hot and two cold, empty, all in memory."""
    return emptied(four_stores)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[House]:
    """Folders and a DuckDB file, as `holdfast init` makes them."""
    with a_house(tmp_path) as house:
        yield house


@pytest.fixture(params=["small", "large"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Objects are made-up and small; by the large way they are streamed all the same."""
    if request.param == "large":
        monkeypatch.setattr(copying, "WHOLE_BYTES", 0)
        monkeypatch.setattr(reading, "SMALL_BYTES", 0)
    return str(request.param)


READS = {"get", "get_whole"}
PUTS = {"put", "put_stream"}


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "_LOOKED_EVERY_SECONDS", 0.02)


def apply(house: House, plan: Plan | None = None, policy: Policy | None = None) -> Applied:
    return apply_plan(house, plan or a_plan(house), policy or a_policy(), waits=True)


def test_the_journey_on_folders(kept: House) -> None:
    house = kept
    old, young = deposit(house, 1), deposit(house, 2, age_days=3)
    plan = a_plan(house)
    assert [(m.package_id, m.source_store, m.target_store) for m in plan.moves] == [
        (old.package_id, "hot", "cold")
    ]
    applied = apply(house, plan)
    assert (len(applied.done), applied.failed, applied.size_bytes) == (1, (), old.size_bytes)
    assert is_whole(house.store("cold"), old)
    assert is_whole(house.store("hot"), old)
    assert statuses(house, old) == {"hot": V, "cold": V}
    assert statuses(house, young) == {"hot": V}
    assert a_plan(house).moves == ()


def test_history_tells_what_was_done(house: House) -> None:
    package = deposit(house, 1)
    plan = a_plan(house)
    apply(house, plan)
    (event,) = house.catalogue.events(types=[EventType.REPLICATION])
    assert (event.package_id, event.store, event.outcome) == (package.package_id, "cold", Outcome.SUCCESS)
    assert (event.run, event.detail["source"], event.detail["size_bytes"]) == (
        plan.plan_id,
        "hot",
        package.size_bytes,
    )
    assert float(str(event.detail["seconds"])) >= 0
    (copy,) = house.catalogue.copies(store="cold")
    assert (copy.made_by, copy.verified_at) == (plan.plan_id, TEST_TIME)


def test_hours_are_none_until_something_was_measured(house: House) -> None:
    deposit(house, 1)
    assert a_plan(house).totals.hours is None
    apply(house)
    deposit(house, 2)
    assert a_plan(house).totals.hours is not None


def test_a_second_run_has_nothing_left_to_do(house: House) -> None:
    deposit(house, 1)
    plan = a_plan(house)
    assert not apply(house, plan).nothing_left
    again = apply(house, plan)
    assert (again.nothing_left, again.complete, again.already_done) == (True, True, 1)
    assert len(house.catalogue.events(types=[EventType.REPLICATION])) == 1


def test_an_empty_plan_is_done(house: House) -> None:
    assert apply(house).nothing_left


def test_progress_counts_every_byte_once(house: House) -> None:
    package = deposit(house, 1)
    told: list[Happening] = []
    apply(replace(house, observer=told.append))
    moved = sum(one.size_bytes for one in told if isinstance(one, Advanced))
    assert moved == package.size_bytes + house.store("cold").head(package.prefix + MANIFEST_NAME).size_bytes


@pytest.mark.usefixtures("way")
def test_the_manifest_comes_last(house: House) -> None:
    deposit(house, 1)
    order: list[str] = []
    cold = house.store("cold")

    class Listening(FaultyStore):
        def _meets(self, verb: str, key: str) -> Fault | None:
            if verb in PUTS and key.startswith("packages/"):
                order.append(key.rpartition("/")[2])
            return super()._meets(verb, key)

    apply(with_stores(house, cold=Listening(cold, scripted({}))))
    assert set(order[:2]) == {"part-0.bin", "part-1.bin"}
    assert order[2:] == ["manifest.json"]


def test_requests_are_as_many_as_the_plan_says(house: House) -> None:
    deposit(house, 1)
    hot, cold = CountingStore(house.store("hot")), CountingStore(house.store("cold"))
    plan = a_plan(house)
    apply(with_stores(house, hot=hot, cold=cold), plan)
    gets = sum(store.requests[verb] for store in (hot, cold) for verb in ("get", "get_whole", "head"))
    journals = 1
    assert cold.requests["put_stream"] + cold.requests["put"] - journals == plan.totals.put_requests
    assert gets == plan.totals.get_requests


# What no longer fits is refused


def refused(house: House, plan: Plan, policy: Policy | None = None) -> str:
    before = [info.key for info in house.store("cold").list()]
    with pytest.raises((PlanRefused, BadInput)) as caught:
        apply(house, plan, policy)
    assert [info.key for info in house.store("cold").list()] == before
    return caught.value.sentence


def test_a_plan_of_another_catalogue(house: House) -> None:
    deposit(house, 1)
    other = sealed(replace(a_plan(house), catalogue_id="another"))
    assert "another catalogue" in refused(house, other)


def test_a_policy_that_changed(house: House) -> None:
    deposit(house, 1)
    assert "policy changed" in refused(house, a_plan(house), a_policy(a_rule({"hot": 1})))


def test_a_copy_that_is_no_longer_good(house: House) -> None:
    package = deposit(house, 1)
    plan = a_plan(house)
    suspect = replace(house.catalogue.copies(store="hot")[0], status=S)
    house.catalogue.record(Entry(copies=[suspect]))
    assert f"copies of {package.package_id} are no longer" in refused(house, plan)


def test_a_copy_that_somebody_else_made(house: House) -> None:
    package = deposit(house, 1)
    plan = a_plan(house)
    copy = Copy(
        package_id=package.package_id, store="cold", status=V, verified_at=TEST_TIME, made_by="another plan"
    )
    house.catalogue.record(Entry(copies=[copy]))
    assert "cold verified, hot verified now" in refused(house, plan)


def test_our_own_copy_that_went_bad_since(house: House) -> None:
    deposit(house, 1)
    plan = a_plan(house)
    apply(house, plan)
    house.catalogue.record(Entry(copies=[replace(house.catalogue.copies(store="cold")[0], status=S)]))
    assert "cold suspect" in refused(house, plan)


def test_a_fresher_reading_of_the_same_copy_is_no_difference(house: House) -> None:
    deposit(house, 1)
    plan = a_plan(house)
    fresher = replace(house.catalogue.copies(store="hot")[0], verified_at=TEST_TIME + timedelta(days=1))
    house.catalogue.record(Entry(copies=[fresher]))
    assert apply(house, plan).complete


def test_a_store_that_nobody_names(house: House) -> None:
    deposit(house, 1)
    plan = a_plan(house)
    forged = sealed(replace(plan, moves=(replace(plan.moves[0], target_store="tape"),)))
    assert "the store 'tape'" in refused(house, forged)


def test_a_plan_that_goes_beyond_what_one_run_may_copy(house: House) -> None:
    deposit(house, 1)
    deposit(house, 2)
    strict = a_policy(run=RunCeilings(size_bytes=5000))
    assert len(make_plan(house, strict, at=TEST_TIME).moves) == 1
    forged = sealed(replace(a_plan(house), policy_sha256=strict.sha256))
    assert "goes beyond guards.run.size: 9,000, where 5,000 are allowed" in refused(house, forged, strict)


def test_a_plan_that_goes_beyond_what_one_run_may_spend(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit(house, 1)
    cost = Cost(currency="EUR", requests=3.0, retrieval=0.0, egress=0.0, storage_per_month=0.0)
    monkeypatch.setattr(beyond, "costs_of", lambda *_: (cost,))
    strict = a_policy(run=RunCeilings(spend=2.0))
    forged = sealed(replace(a_plan(house), policy_sha256=strict.sha256))
    assert "goes beyond guards.run.spend (EUR): 3, where" in refused(house, forged, strict)


def test_a_package_that_is_not_there(house: House) -> None:
    deposit(house, 1)
    plan = a_plan(house)
    forged = sealed(replace(plan, moves=(replace(plan.moves[0], package_id="nhmuk-ff", seen=()),)))
    assert "nhmuk-ff is not the package" in refused(house, forged)


# What goes wrong with a source or a target


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("part", ["part-0.bin", "part-1.bin"])
def test_a_flipped_bit_at_the_source_is_found_and_nothing_is_claimed(house: House, part: str) -> None:
    package = deposit(house, 1)
    plan = a_plan(house)
    flip_a_bit(house.store("hot"), package.prefix + part)
    applied = apply(house, plan)
    assert [failed.kind for failed in applied.failed] == ["source-corrupt"]
    assert not applied.complete
    assert statuses(house, package) == {"hot": S}
    (event,) = house.catalogue.events(types=[EventType.FIXITY_CHECK])
    assert (event.outcome, event.store, event.detail["found"]) == (Outcome.FAIL, "hot", "other bytes")
    # The wrong bytes are not in the way of the right ones.
    assert package.prefix + part not in {info.key for info in house.store("cold").list()}
    (hot,) = house.catalogue.copies(store="hot")
    assert (hot.made_by, hot.verified_at) == ("deposit-1", TEST_TIME)


def test_a_manifest_of_another_package_is_not_copied(house: House) -> None:
    package = deposit(house, 1)
    plan = a_plan(house)
    lose(house.store("hot"), package.prefix + MANIFEST_NAME)
    house.store("hot").put(package.prefix + MANIFEST_NAME, manifest_bytes(replace(package, images=99)))
    assert apply(house, plan).complete
    assert is_whole(house.store("cold"), package)


def test_wrong_bytes_do_not_reach_even_a_hasty_target(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "WHOLE_BYTES", 0)
    package = deposit(house, 1, objects=1)
    plan = a_plan(house)
    flip_a_bit(house.store("hot"), package.prefix + "part-0.bin")

    class Hasty(Wrapper):
        def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> Written:
            """Takes what it was promised, and does not wait for the end."""
            data, left = b"", iter(chunks)
            while len(data) < size_bytes:
                data += next(left)
            return self._inner.put(key, data)

    assert not apply(with_stores(house, cold=Hasty(house.store("cold"))), plan).complete
    assert list(house.store("cold").list("packages/")) == []


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("part", ["part-0.bin", "part-1.bin"])
def test_an_object_that_is_gone_from_the_source_is_missing(house: House, part: str) -> None:
    package = deposit(house, 1)
    plan = a_plan(house)
    lose(house.store("hot"), package.prefix + part)
    assert [failed.kind for failed in apply(house, plan).failed] == ["not-found"]
    assert statuses(house, package) == {"hot": M}


def test_the_next_good_source_is_taken(four: House) -> None:
    package = deposit(four, 1)
    write(four.store("hot2"), *a_package(1))
    second = Copy(
        package_id=package.package_id, store="hot2", status=V, verified_at=TEST_TIME, made_by="by hand"
    )
    four.catalogue.record(Entry(copies=[second]))
    plan = a_plan(four)
    assert [(move.source_store, move.target_store) for move in plan.moves] == [("hot", "cold")]
    flip_a_bit(four.store("hot"), package.prefix + "part-1.bin")
    applied = apply(four, plan)
    assert (len(applied.done), applied.failed) == (1, ())
    assert statuses(four, package) == {"hot": S, "hot2": V, "cold": V}
    assert is_whole(four.store("cold"), package)
    (event,) = four.catalogue.events(types=[EventType.REPLICATION])
    assert event.detail["source"] == "hot2"


@pytest.mark.usefixtures("way")
def test_a_source_that_does_not_answer_is_not_condemned(house: House) -> None:
    package = deposit(house, 1)
    plan = a_plan(house)
    silent = FaultyStore(house.store("hot"), lambda verb, _: Fault.NO_EFFECT if verb in READS else None)
    applied = apply(with_stores(house, hot=silent), plan)
    assert [failed.kind for failed in applied.failed] == ["transient"]
    assert statuses(house, package) == {"hot": V}
    assert apply(house, plan).complete


def test_while_a_source_does_not_answer_the_next_one_is_taken(four: House) -> None:
    package = deposit(four, 1)
    write(four.store("hot2"), *a_package(1))
    second = Copy(
        package_id=package.package_id, store="hot2", status=V, verified_at=TEST_TIME, made_by="by hand"
    )
    four.catalogue.record(Entry(copies=[second]))
    silent = FaultyStore(four.store("hot"), lambda verb, _: Fault.NO_EFFECT if verb in READS else None)
    assert apply(with_stores(four, hot=silent)).complete
    assert statuses(four, package) == {"hot": V, "hot2": V, "cold": V}


def test_a_copy_into_the_place_that_it_comes_from_is_no_second_one(house: House) -> None:
    package = deposit(house, 1)
    same = MemoryStore("cold", clock=house.clock)
    same._kept = house.store("hot")._kept  # type: ignore[attr-defined]
    same._versions = house.store("hot")._versions  # type: ignore[attr-defined]
    (failed,) = apply(with_stores(house, cold=same)).failed
    assert failed.kind == "conflict"
    assert "are one place" in failed.reason
    assert statuses(house, package) == {"hot": V}
    assert not list(same.list(MARKERS))


def test_other_bytes_under_the_key_are_left_alone(house: House) -> None:
    package, other = deposit(house, 1), deposit(house, 2)
    house.store("cold").put(package.prefix + "part-0.bin", b"somebody else's")
    applied = apply(house)
    assert [(failed.move.package_id, failed.kind) for failed in applied.failed] == [
        (package.package_id, "conflict")
    ]
    assert [move.package_id for move in applied.done] == [other.package_id]
    assert b"".join(house.store("cold").get(package.prefix + "part-0.bin")) == b"somebody else's"
    assert statuses(house, package) == {"hot": V}


@pytest.mark.usefixtures("way")
def test_a_bit_that_flips_on_its_way_is_no_damage(house: House) -> None:
    packages = [deposit(house, n) for n in (1, 2, 3)]
    wet = {
        name: FaultyStore(
            house.store(name), lambda verb, n: Fault.FLIPPED_BIT if verb in READS and n == 2 else None
        )
        for name in ("hot", "cold")
    }
    assert apply(with_stores(house, **wet)).complete
    assert all(store.met for store in wet.values())
    assert all(is_whole(house.store("cold"), package) for package in packages)
    assert all(statuses(house, package) == {"hot": V, "cold": V} for package in packages)


@pytest.mark.usefixtures("way")
def test_a_target_that_gives_back_other_bytes_is_not_believed(house: House) -> None:
    package = deposit(house, 1, objects=1)
    lying = FaultyStore(
        house.store("cold"), lambda verb, n: Fault.FLIPPED_BIT if verb in READS and n in (1, 2) else None
    )
    applied = apply(with_stores(house, cold=lying))
    assert [failed.kind for failed in applied.failed] == ["corrupt"]
    assert statuses(house, package) == {"hot": V}


def test_a_target_that_is_away_stops_only_its_own_moves(four: House) -> None:
    packages = [deposit(four, n) for n in range(1, 41)]
    policy = a_policy(a_rule({"hot": 2, "cold": 1}))
    plan = make_plan(four, policy, at=TEST_TIME)
    assert {move.target_store for move in plan.moves} == {"hot2", "cold"}
    away = FaultyStore(four.store("cold"), lambda *_: Fault.NO_EFFECT)
    applied = apply(with_stores(four, cold=away), plan, policy)
    assert {move.target_store for move in applied.done} == {"hot2"}
    assert len(applied.done) == len(packages)
    assert {failed.kind for failed in applied.failed} == {"transient", "unavailable"}
    asked = [key for verb, key, _ in away.met if verb in PUTS and key.startswith("packages/")]
    # No longer than it takes to be sure: two objects of each package under way.
    assert len(asked) < 2 * (PATIENCE + Hands(four.settings.limits.threads).threads)

    finished = apply(four, plan, policy)
    assert (finished.already_done, len(finished.done), finished.failed) == (40, 40, ())


@pytest.mark.usefixtures("way")
def test_a_full_target_is_told(house: House) -> None:
    deposit(house, 1)
    full = FaultyStore(house.store("cold"), lambda verb, _: Fault.FULL if verb in PUTS else None)
    assert [failed.kind for failed in apply(with_stores(house, cold=full)).failed] == ["store-full"]


def test_a_copy_known_to_be_missing_is_made_again(house: House) -> None:
    package = deposit(house, 1)
    apply(house)
    lose(house.store("cold"), package.prefix + "part-0.bin")
    house.catalogue.record(Entry(copies=[replace(house.catalogue.copies(store="cold")[0], status=M)]))
    assert apply(house).complete
    assert is_whole(house.store("cold"), package)
    assert statuses(house, package) == {"hot": V, "cold": V}


# Crashes


_CALLS = {"small": {"hot": 3, "cold": 7}, "large": {"hot": 3, "cold": 9}}
"""Of one package of two objects and a manifest: two reads and a journal; for each object a put and
a reading back, for a large one also a look, and a journal."""


def test_a_crash_at_any_call_of_a_store_and_another_run(house: House, way: str) -> None:
    number = 0
    for name, calls in _CALLS[way].items():
        for call in range(1, calls + 1):
            for fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER):
                number += 1
                package = deposit(house, number)
                plan = a_plan(house)
                faulty = FaultyStore(house.store(name), scripted({("*", call): fault}))
                with dying():
                    apply(with_stores(house, **{name: faulty}), plan)
                assert faulty.met, f"{name} is not called {call} times"
                if "cold" in statuses(house, package):
                    assert is_whole(house.store("cold"), package)
                finished = apply(house, plan)
                assert finished.complete
                assert len(finished.done) + finished.already_done == 1
                assert is_whole(house.store("cold"), package)
                assert statuses(house, package) == {"hot": V, "cold": V}
                assert apply(house, plan).nothing_left
    assert house.catalogue.events(types=[EventType.FIXITY_CHECK]) == []


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_while_history_is_written_and_another_run(kept: House, after: bool) -> None:
    house = kept
    package = deposit(house, 1)
    plan = a_plan(house)
    crashing = CrashingCatalogue(house.catalogue, at_record=1, after=after)
    with dying():
        apply(replace(house, catalogue=crashing), plan)
    assert apply(house, plan).already_done == int(after)
    (event,) = house.catalogue.events(types=[EventType.REPLICATION])
    assert ("seconds" in event.detail) == after  # what was found from an earlier run measured nothing
    assert is_whole(house.store("cold"), package)
    assert statuses(house, package) == {"hot": V, "cold": V}


def test_a_crash_stops_the_other_threads_soon(house: House) -> None:
    packages = [deposit(house, n) for n in range(1, 41)]
    plan = a_plan(house)
    faulty = FaultyStore(house.store("cold"), scripted({("put", 5): Fault.CRASH_AFTER}))
    with dying():
        apply(with_stores(house, cold=faulty), plan)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("moving")]
    assert len(house.catalogue.copies(store="cold")) < len(packages)
    finished = apply(house, plan)
    assert len(finished.done) + finished.already_done == len(packages)
    assert all(is_whole(house.store("cold"), package) for package in packages)


def test_a_move_under_way_is_given_up_when_the_run_ends(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "WHOLE_BYTES", 0)
    quick, long = deposit(house, 1, objects=1), deposit(house, 2, objects=1)
    begun = threading.Event()
    chunks = 0

    class Slow(Wrapper):
        def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
            nonlocal chunks
            if key.startswith(quick.prefix):
                begun.wait(10)
                yield from self._inner.get(key, start=start, version=version)
                return
            begun.set()
            while chunks < 2000:
                chunks += 1
                time.sleep(0.005)
                yield b""
            yield from self._inner.get(key, start=start, version=version)

    crashing = CrashingCatalogue(house.catalogue, at_record=1, after=False)
    limits = replace(house.settings.limits, threads=2)
    two_threads = replace(house, catalogue=crashing, settings=replace(house.settings, limits=limits))
    with pytest.raises(Crashed) as caught:
        apply(with_stores(two_threads, hot=Slow(house.store("hot"))), a_plan(house))
    assert caught.value  # while the error is held, and with it the frames of the run
    assert 0 < chunks < 1000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("moving")]
    assert list(house.store("cold").list(long.prefix)) == []


def test_whoever_is_stopped_by_hand_keeps_what_is_proven(house: House) -> None:
    packages = [deposit(house, n, objects=1) for n in range(1, 201)]
    plan = a_plan(house)

    class Stopping(Wrapper):
        puts = 0

        def put(self, key: str, data: Buffer) -> Written:
            Stopping.puts += 1
            if Stopping.puts == 40:
                signal.raise_signal(signal.SIGINT)
            if Stopping.puts > 40:
                time.sleep(0.01)
            return super().put(key, data)

    with pytest.raises(KeyboardInterrupt):
        apply(with_stores(house, cold=Stopping(house.store("cold"))), plan)
    recorded = [package for package in packages if statuses(house, package).get("cold") is V]
    whole = [package for package in packages if is_whole(house.store("cold"), package)]
    # Only what was being read back at that moment is whole and not yet proven.
    assert {each.package_id for each in recorded} <= {each.package_id for each in whole}
    assert len(whole) - len(recorded) <= 2 * house.settings.limits.threads
    assert 10 < len(recorded) < 200
    assert apply(house, plan).already_done == len(recorded)


def test_history_that_cannot_be_written_ends_the_run(house: House) -> None:
    deposit(house, 1)
    plan = a_plan(house)

    class Mute(Wrapper):
        def put(self, key: str, data: Buffer) -> Written:
            if key.startswith(JOURNAL_PREFIX):
                raise Unavailable("no history today")
            return super().put(key, data)

    with pytest.raises(Unavailable):
        apply(with_stores(house, **{name: Mute(house.store(name)) for name in ("hot", "cold")}), plan)
    assert house.catalogue.copies(store="cold") == []
    assert apply(house, plan).complete


def test_two_at_once_do_no_harm(kept: House) -> None:
    house = kept
    packages = [deposit(house, n) for n in range(1, 5)]
    plan = a_plan(house)
    results: list[Applied] = []
    threads = [threading.Thread(target=lambda: results.append(apply(house, plan))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.failed for result in results] == [(), (), ()]
    assert all(is_whole(house.store("cold"), package) for package in packages)
    assert all(statuses(house, package) == {"hot": V, "cold": V} for package in packages)
    assert apply(house, plan).nothing_left


def test_two_at_once_carry_the_bytes_once(kept: House) -> None:
    """The first stands still in its first put until the second waits for it."""
    house = kept
    packages = [deposit(house, n) for n in range(1, 5)]
    plan = a_plan(house)
    waited, starting = threading.Event(), threading.Lock()
    counting, before = CountingStore(house.store("cold")), _journal_bytes(house)
    results: list[Applied] = []

    class Standing(Wrapper):
        def put(self, key: str, data: Buffer) -> Written:
            with starting:
                if not second.ident:
                    second.start()
            assert waited.wait(20)
            return super().put(key, data)

    def told(happening: Happening) -> None:
        if isinstance(happening, Waiting) and "another run" in happening.what:
            waited.set()

    def follow() -> None:
        results.append(apply(replace(with_stores(house, cold=counting), observer=told), plan))

    second = threading.Thread(target=follow)
    first = apply(with_stores(house, cold=Standing(counting)), plan)
    second.join()
    assert (len(first.done), first.already_done, first.failed) == (4, 0, ())
    assert (len(results[0].done), results[0].already_done, results[0].complete) == (0, 4, True)
    manifests = sum(len(manifest_bytes(package)) for package in packages)
    journals = _journal_bytes(house) - before
    put = counting.bytes_moved["put"] + counting.bytes_moved["put_stream"]
    assert put == sum(package.size_bytes for package in packages) + manifests + journals


def test_two_that_share_a_plan_do_not_wait_for_each_other(
    kept: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has leased half of it, does that, and finds the other half done."""
    house = replace(kept, settings=replace(kept.settings, limits=replace(kept.settings.limits, threads=1)))
    hands = Hands(1).threads
    packages = [deposit(house, n) for n in range(2 * hands + 2)]
    plan = a_plan(house)
    monkeypatch.setattr(applying, "_AT_ONCE", hands + 1)  # more than are handed out at first
    monkeypatch.setattr(applying, "_QUEUED", 1)
    together = threading.Barrier(2)

    class Meeting(Wrapper):
        """Nothing is put before both runs want to."""

        met = False
        turn = threading.Lock()

        def put(self, key: str, data: Buffer) -> Written:
            with self.turn:
                if not self.met:
                    together.wait(20)
                self.met = True
            return super().put(key, data)

    class Other(Meeting):
        turn = threading.Lock()

    results: list[Applied] = []

    def run(store: Wrapper) -> None:
        results.append(apply(with_stores(house, cold=store), plan))

    stores = (Meeting(house.store("cold")), Other(house.store("cold")))
    threads = [threading.Thread(target=run, args=(store,), daemon=True) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    half = len(packages) // 2
    told = [(len(result.done), result.already_done, result.complete) for result in results]
    assert told == [(half, half, True)] * 2
    assert all(is_whole(house.store("cold"), package) for package in packages)


def _journal_bytes(house: House) -> int:
    return sum(info.size_bytes for info in house.store("cold").list(JOURNAL_PREFIX))


@pytest.mark.parametrize("here", [True, False])
def test_what_a_run_that_died_had_begun_is_taken_over(house: House, here: bool) -> None:
    """At once where it ran on this machine, and once its lease has ended elsewhere."""
    package = deposit(house, 1)
    plan = a_plan(house)
    dead = holder_of("apply-1").replace(str(os.getpid()), str(_ended_process()))
    until = TEST_TIME + timedelta(minutes=5)
    lease = Lease(
        package_id=package.package_id,
        holder=dead if here else f"{dead}-elsewhere",
        purpose=Purpose.COPYING,
        until=until,
    )
    assert house.catalogue.lease([lease], now=TEST_TIME)
    result = apply_plan(house, plan, a_policy())
    assert result.complete == here
    if not here:
        (failed,) = result.failed
        assert "by another run at this moment" in failed.reason
        assert not is_whole(house.store("cold"), package)
    assert apply(house.at(FixedClock(until)), plan).complete
    assert is_whole(house.store("cold"), package)


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


# Status


def test_status_says_what_is_below_and_where_the_bytes_are(house: House) -> None:
    old, young = deposit(house, 1), deposit(house, 2, age_days=3)
    before = status(house, a_policy(), at=TEST_TIME)
    assert (before.packages, before.below_policy) == (2, 1)
    apply(house)
    flip_a_bit(house.store("hot"), old.prefix + "part-0.bin")
    after = status(house, a_policy(), at=TEST_TIME)
    assert after.below_policy == 0
    told = [(each.store, each.tier, each.packages, each.size_bytes, each.doubtful) for each in after.stores]
    assert told == [
        ("hot", "hot", 2, old.size_bytes + young.size_bytes, 0),
        ("cold", "cold", 1, old.size_bytes, 0),
    ]
