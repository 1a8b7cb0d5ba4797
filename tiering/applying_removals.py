"""The removals of a plan: on firm ground, under the rule that decides now, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from holdings.errors import Conflict, HoldfastError
from holdings.house import House
from holdings.records import Package
from holdings.stores.reaching import Reachable
from tiering.crew import Crew
from tiering.describing import described
from tiering.ground import firm_ground
from tiering.leasing import Leases
from tiering.locking import Locks
from tiering.plan import Plan, Removal
from tiering.policy import Policy, Rule, place
from tiering.removing import Kept, Remover, kept

_AT_ONCE = 64


def apply_removals(
    house: House,
    plan: Plan,
    removals: Sequence[Removal],
    policy: Policy,
    *,
    leases: Leases,
    locks: Locks,
    crew: Crew,
) -> Iterator[Removal | Kept]:
    """Make `removals`, each only once the other copies were read and proven; tells what became of each.

    Where a clock is off, or two stores are one place, all of them are kept.
    """
    if not removals:
        return
    names = sorted({name for each in removals for name in (each.store, *each.keeps)})
    stop = threading.Event()
    remover = Remover(
        house=house,
        guards=policy.guards,
        run=plan.plan_id,
        leases=leases,
        stores=Reachable(),
        locks=locks,
        crew=crew,
        may_go_on=partial(_refuse_if_stopped, stop),
    )
    made: set[Removal] = set()
    try:
        with firm_ground(house, names):
            rules = _rules_now(house, policy, removals)
            for result in _in_threads(house, remover, removals, rules, stop):
                made.add(result.removal if isinstance(result, Kept) else result)
                yield result
    except HoldfastError as error:
        yield from (kept(each, error) for each in removals if each not in made)


class _Stopped(Exception):
    """The run is over; what was begun is removed to the end by the next run."""


def _refuse_if_stopped(stop: threading.Event) -> None:
    if stop.is_set():
        raise _Stopped


def _rules_now(house: House, policy: Policy, removals: Sequence[Removal]) -> dict[str, Rule]:
    """By package the rule that decides at this moment: a plan for another day removes nothing today."""
    table = described(house, policy, at=house.clock.now())
    named = pa.array([each.package_id for each in removals], pa.string())
    table = table.filter(pc.is_in(table.column("package_id"), value_set=named))
    placed = place(table, policy, at=house.clock.now())
    rules = placed.column("rule").to_pylist()
    return {
        package_id: policy.rules[number]
        for package_id, number in zip(placed.column("package_id").to_pylist(), rules, strict=True)
    }


def _in_threads(
    house: House, remover: Remover, removals: Sequence[Removal], rules: dict[str, Rule], stop: threading.Event
) -> Iterator[Removal | Kept]:
    waiting = iter(removals)
    # As many as a crew of this machine's threads comes to, and more where others work along.
    threads = max(house.settings.limits.threads, remover.crew.at_once // 2)
    with ThreadPoolExecutor(threads, thread_name_prefix="removing") as pool:
        try:
            while batch := list(islice(waiting, _AT_ONCE)):
                found = house.catalogue.packages(package_ids={each.package_id for each in batch})
                packages = {package.package_id: package for package in found}
                yield from pool.map(partial(_one, remover, packages, rules), batch)
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _one(
    remover: Remover, packages: dict[str, Package], rules: dict[str, Rule], removal: Removal
) -> Removal | Kept:
    rule = rules[removal.package_id]
    if rule.name != removal.rule:
        error = Conflict(
            f"The rule '{rule.name}' decides for {removal.package_id} now, and not '{removal.rule}'.",
            hint="A plan for another day removes nothing today; plan again.",
        )
        return kept(removal, error)
    return remover.remove(removal, packages[removal.package_id], rule)
