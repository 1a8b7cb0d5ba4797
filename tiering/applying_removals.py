"""The removals of a plan: on firm ground, under the rule that decides now, several at a time."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from queue import SimpleQueue
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from holdings.catalogue.leasing import Purpose
from holdings.errors import Conflict, HoldfastError
from holdings.house import House
from holdings.records import Copy, Package
from holdings.stores.reaching import Reachable
from tiering.circumstances import Circumstances, find_young, withheld_for
from tiering.collecting import at_hand
from tiering.crew import Crew
from tiering.describing import described
from tiering.ground import firm_ground
from tiering.leasing import Leases, somebody_else
from tiering.locking import Locks
from tiering.plan import Plan, Removal
from tiering.policy import Policy, Rule, place
from tiering.removing import Kept, Proven, Remover, a_hold, kept

_AT_ONCE = 64
"""Removals for which the catalogue is visited at once; as many packages are leased before their turn."""
_RECORDED_EVERY_SECONDS = 2.0
"""A proof is good for minutes: what is proven does not wait longer for others."""
_QUEUED = 4
"""Removals handed out for each thread, so that threads have work while history is written."""

_What = TypeVar("_What")
_End = TypeVar("_End", Removal, Kept, Removal | Kept)


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
            for result in _Run(house=house, remover=remover, rules=rules, stop=stop).all(removals):
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


@dataclass(frozen=True, kw_only=True, slots=True)
class _Task:
    """A removal on leased ground, whose other copies are to be read."""

    removal: Removal
    package: Package
    rule: Rule
    copies: Mapping[str, Copy]


@dataclass(kw_only=True, eq=False)
class _Run:
    """Threads that read and remove, and the caller's thread, which alone leases and writes history.

    ```
    lease ──> [read, prove] ──> proven ──> given up ──> [remove objects] ──> gone ──> removed
    ```
    What is in brackets is done by threads, a removal each; the rest for many removals in one visit to the
    catalogue, which takes longer than removing a small package.
    """

    house: House
    remover: Remover
    rules: Mapping[str, Rule]
    stop: threading.Event

    def __post_init__(self) -> None:
        self._under_way: dict[Future[Proven | Kept], list[Proven]] = {}
        """With where each goes that ends well: `_proven` or `_gone`."""
        self._ended: SimpleQueue[Future[Proven | Kept]] = SimpleQueue()
        self._proven: list[Proven] = []
        self._gone: list[Proven] = []
        self._left: Counter[str] = Counter()
        self._free: set[str] = set()
        self._waiting_since = time.monotonic()

    def all(self, removals: Sequence[Removal]) -> Iterator[Removal | Kept]:
        """What became of each."""
        self._left.update(each.package_id for each in removals)
        work = self._work(removals)
        # As many as a crew of this machine's threads comes to, and more where others work along.
        threads = max(self.house.settings.limits.threads, self.remover.crew.at_once // 2)
        with ThreadPoolExecutor(threads, thread_name_prefix="removing") as pool:
            try:
                while True:
                    for task in islice(work, max(0, _QUEUED * threads - len(self._under_way))):
                        if isinstance(task, Kept):
                            yield self._over(task)
                        else:
                            self._submit(pool, self._proven, self._prove, task)
                    if not (self._under_way or self._proven or self._gone):
                        break
                    yield from self._collected()
                    if self._is_time():
                        yield from map(self._over, self._recorded(pool))
                        self._give_back()
            finally:
                self.stop.set()
                pool.shutdown(cancel_futures=True)

    def _work(self, removals: Sequence[Removal]) -> Iterator[_Task | Kept]:
        """Each removal with what it takes; or why it is not begun."""
        settle = timedelta(days=self.remover.guards.settle_days)
        for begin in range(0, len(removals), _AT_ONCE):
            part = removals[begin : begin + _AT_ONCE]
            named = {each.package_id for each in part}
            packages = {each.package_id: each for each in self.house.catalogue.packages(package_ids=named)}
            leased = self.remover.leases.take(sorted(named), Purpose.REMOVING)
            # Only what is looked up from here on is sure to stay as it is.
            copies: dict[str, dict[str, Copy]] = defaultdict(dict)
            for copy in self.house.catalogue.copies(package_ids=named):
                copies[copy.package_id][copy.store] = copy
            since = self.house.clock.now() - settle
            around = find_young(self.house.catalogue, since=since, withheld=withheld_for(self.house))
            for each in part:
                try:
                    if each.package_id not in leased:
                        raise somebody_else(each.package_id)
                    self._refuse_if_bound(each, around, since)
                except HoldfastError as error:
                    yield kept(each, error)
                    continue
                yield _Task(
                    removal=each,
                    package=packages[each.package_id],
                    rule=self.rules[each.package_id],
                    copies=copies[each.package_id],
                )

    def _refuse_if_bound(self, removal: Removal, around: Circumstances, since: datetime) -> None:
        """The rule, holds and young copies, as they are now and not as they were when the plan was made."""
        rule = self.rules[removal.package_id]
        if rule.name != removal.rule:
            raise Conflict(
                f"The rule '{rule.name}' decides for {removal.package_id} now, and not '{removal.rule}'.",
                hint="A plan for another day removes nothing today; plan again.",
            )
        if removal.package_id in around.on_hold:
            raise a_hold(removal)
        if (until := around.withheld_until.get(removal.package_id, since)) > self.house.clock.now():
            raise Conflict(
                f"{removal.package_id}, or an image of it, was withdrawn: its bytes stay until "
                f"{until:%Y-%m-%d}.",
                hint="hold under [withdrawals] in the settings says for how long.",
            )
        if young := around.settling(removal.package_id, removal.keeps, since=since):
            days = self.remover.guards.settle_days
            raise Conflict(f"The copy in {', '.join(young)} has not been there for {days} days.")

    def _prove(self, task: _Task) -> Proven | Kept:
        return self.remover.prove(task.removal, task.package, task.rule, task.copies)

    def _submit(
        self,
        pool: ThreadPoolExecutor,
        then: list[Proven],
        step: Callable[[_What], Proven | Kept],
        what: _What,
    ) -> None:
        self._under_way[future := pool.submit(step, what)] = then
        future.add_done_callback(self._ended.put)

    def _collected(self) -> Iterator[Kept]:
        """What ended meanwhile; waited for no longer than until history is to be written."""
        if not self._under_way:
            return
        waiting = bool(self._proven or self._gone)
        rest = self._waiting_since + _RECORDED_EVERY_SECONDS - time.monotonic() if waiting else None
        for future in at_hand(self._ended, seconds=None if rest is None else max(0.0, rest)):
            then, result = self._under_way.pop(future), future.result()
            if isinstance(result, Kept):
                yield self._over(result)
                continue
            if not (self._proven or self._gone):
                self._waiting_since = time.monotonic()
            then.append(result)

    def _is_time(self) -> bool:
        late = time.monotonic() - self._waiting_since >= _RECORDED_EVERY_SECONDS
        return late or not self._under_way or len(self._proven) + len(self._gone) >= _AT_ONCE

    def _recorded(self, pool: ThreadPoolExecutor) -> list[Removal | Kept]:
        """Write what happened, and let what was given up be removed."""
        gone = self._gone[:]
        # One copy of a package at a time: of two that each stand for the other, the second is refused.
        now = {each.package.package_id: each for each in reversed(self._proven)}
        later = [each for each in self._proven if now[each.package.package_id] is not each]
        self._gone.clear()
        self._proven[:] = later
        removed = self.remover.record_removed(gone)
        given_up, stay = self.remover.give_up(list(now.values()))
        for each in given_up:
            self._submit(pool, self._gone, self.remover.remove_objects, each)
        self._waiting_since = time.monotonic()
        return [*removed, *stay]

    def _over(self, result: _End) -> _End:
        package_id = (result.removal if isinstance(result, Kept) else result).package_id
        self._left[package_id] -= 1
        if not self._left[package_id]:
            self._free.add(package_id)
        return result

    def _give_back(self) -> None:
        """End the leases of packages whose removals are all over."""
        if self._free:
            self.remover.leases.give_back(self._free)
            self._free.clear()
