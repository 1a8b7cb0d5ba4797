"""Doing exactly what a plan says, and nothing else; again and again until nothing is left.

```
plan ──fits?──> moves not done yet ──threads──> copy, prove ──> record (one writer) ─┐
          no ──> PlanRefused                                                         ├──> Applied
               removals, on firm ground ──> prove the others, retire, remove ────────┘
```
A move is done when its copy is in the catalogue, verified, made by this plan. Whatever a
killed run left half done is met again under the same keys and proven before it counts.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import islice
from queue import SimpleQueue

from archive.asserting import kept_word, sleeping_stores
from archive.recording import fixity_event, new_event, new_run
from holdings.catalogue.interface import Entry
from holdings.catalogue.leasing import Purpose
from holdings.clock import iso
from holdings.errors import HoldfastError, NotOnline
from holdings.house import House
from holdings.ledger import copy_after
from holdings.observing import Advanced, CopyVerified, Finished, Happening, Started, Waiting
from holdings.records import MANIFEST_NAME, Event, EventType, Package
from holdings.stores.reaching import GivenUp, Reachable
from tiering.applying_removals import apply_removals
from tiering.collecting import at_hand
from tiering.copying import SourceAway, SourceLost
from tiering.crew import Crew, Here
from tiering.fitting import Fitting, fit, is_made_by
from tiering.ground import refuse_one_place
from tiering.holding import packages_on_hold
from tiering.leasing import LIVES, Leases, leases
from tiering.locking import Locks, locked_until
from tiering.plan import Move, Plan, Removal
from tiering.policy import Policy
from tiering.recalling import wake
from tiering.removing import Kept

_AT_ONCE = 1024
_AWAKE_DAYS = 7
"""What is woken for a copy stays so for that long: enough for the run of the next nights."""
_QUEUED = 4
"""Moves handed out for each thread, so that threads have work while history is written."""
_RECORDED = 1024
_RECORDED_EVERY_SECONDS = 2.0
"""History is written for so many moves at once, or after so long: a visit to the catalogue and a
journal in each store take longer than moving a small package. A run that dies in between made
copies that nobody counts, and that the next run meets and proves."""
_LOOKED_EVERY_SECONDS = 2.0
"""Whether another run has let go of what it copies."""
_LET_GO_EVERY_SECONDS = 20.0
"""Leases of packages that are done are given back now and then: that, too, is a visit to the catalogue."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A move that was not made, and why. Nothing is claimed for it."""

    move: Move
    kind: str
    """Of the error, for programs: `unavailable`, `corrupt`, `conflict`, …"""
    reason: str
    hint: str | None = None
    """The way out, where one is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """What became of a plan."""

    plan_id: str
    done: tuple[Move, ...]
    """By this run."""
    already_done: int
    """By another run of the same plan, before this one or meanwhile."""
    failed: tuple[Failed, ...]
    removed: tuple[Removal, ...]
    """By this run."""
    kept: tuple[Kept, ...]
    """Removals that were not made."""
    left: int
    """Moves and removals that were not begun, because the hours of the policy were over."""
    size_bytes: int
    """Of the moves done by this run."""
    seconds: float

    @property
    def complete(self) -> bool:
        """Whether every move of the plan is done."""
        return not (self.failed or self.kept or self.left)

    @property
    def nothing_left(self) -> bool:
        """Whether there was nothing to do any more."""
        return not (self.done or self.removed) and self.complete


class Only(StrEnum):
    """Which half of a plan a run makes: removals may be another job, under another credential."""

    COPIES = "copies"
    REMOVALS = "removals"


def apply_plan(
    house: House,
    plan: Plan,
    policy: Policy,
    *,
    only: Only | None = None,
    crew: Crew | None = None,
    waits: bool = False,
) -> Applied:
    """Make the moves of `plan`. May be killed at any point and run again; two at once do no harm.

    only : make only the copies, or only the removals; None makes both.
    crew : who reads and writes the stores; None means this process. History is written here only.
    waits : for what another run is copying at this moment, once everything else is done; else it is told of.

    A move that fails does not stop the others; a store that cannot be reached stops only the
    moves that need it.

    Raises PlanRefused, before anything is done, where the plan no longer fits.
    """
    began = time.monotonic()
    fitting = fit(house, plan, policy)
    with ExitStack() as stack:
        held = stack.enter_context(leases(house, new_run(house, "apply")))
        locks = stack.enter_context(Locks(house))
        crew = crew or stack.enter_context(Here(house))
        moves = fitting.moves if only is not Only.REMOVALS else []
        locks.refuse_unless_locking(_locking(house, policy, moves))
        run = _Run(
            house=house,
            plan=plan,
            fitting=fitting,
            policy=policy,
            leases=held,
            locks=locks,
            crew=crew,
            waits=waits,
        )
        results = run.all(moves) if moves else []
        removals = fitting.removals if only is not Only.COPIES and run.may_begin() else []
        removing = apply_removals(house, plan, removals, policy, leases=held, locks=locks, crew=crew)
        ends = sorted(removing, key=_place)
    failed = tuple(result for result in results if isinstance(result, Failed))
    done = tuple(result for result in results if isinstance(result, Move))
    wanted = len(moves) - run.done_elsewhere + (len(fitting.removals) if only is not Only.COPIES else 0)
    return Applied(
        plan_id=plan.plan_id,
        done=tuple(sorted(done, key=_order)),
        already_done=fitting.already_done + run.done_elsewhere,
        failed=tuple(sorted(failed, key=lambda each: _order(each.move))),
        removed=tuple(each for each in ends if isinstance(each, Removal)),
        kept=tuple(each for each in ends if isinstance(each, Kept)),
        left=wanted - len(results) - len(ends),
        size_bytes=sum(move.size_bytes for move in done),
        seconds=time.monotonic() - began,
    )


def _locking(house: House, policy: Policy, moves: Sequence[Move]) -> list[str]:
    """The stores in which the copies that are to be made have to be locked."""
    return sorted({each.target_store for each in moves if locked_until(house, policy, each)})


def _place(end: Removal | Kept) -> tuple[str, str]:
    removal = end.removal if isinstance(end, Kept) else end
    return removal.package_id, removal.store


def _order(move: Move) -> tuple[str, str]:
    return move.package_id, move.target_store


class _Stopped(Exception):
    """The run is over; what is under way is given up, and begun anew by the next run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    """What one move came to: history to record, and what to report."""

    result: Move | Failed
    events: Sequence[Event]

    @property
    def package_id(self) -> str:
        """Of the move, however it ended."""
        return (self.result.move if isinstance(self.result, Failed) else self.result).package_id


@dataclass(kw_only=True, eq=False)
class _Run:
    """One run of a plan: threads that copy, and the caller's thread, which alone writes history."""

    house: House
    plan: Plan
    fitting: Fitting
    policy: Policy
    leases: Leases
    locks: Locks
    crew: Crew
    waits: bool
    done_elsewhere: int = 0
    """Moves that another run of the same plan made meanwhile."""

    def __post_init__(self) -> None:
        self._on_hold = packages_on_hold(self.house.catalogue)
        self._waking = sleeping_stores(self.house)
        self._stop = threading.Event()
        self._stores = Reachable()
        self._leased: frozenset[str] = frozenset()
        self._aside: list[Move] = []
        self._unrecorded: list[_Outcome] = []
        self._moves_left: Counter[str] = Counter()
        self._over: set[str] = set()
        self._let_go_at = time.monotonic()
        self._job = f"applying plan {self.plan.plan_id[:12]}"

    def all(self, moves: Sequence[Move]) -> list[Move | Failed]:
        """What became of each of `moves` that was begun."""
        self._moves_left.update(move.package_id for move in moves)
        self.house.observer(Started(job=self._job, total_bytes=sum(move.size_bytes for move in moves)))
        try:
            results = self._once(moves)
            while self._aside:
                results += self._once(again) if (again := self._taken_over()) else self._in_the_way()
            return results
        except KeyboardInterrupt:
            # Somebody wants us to stop: what is proven by now need not be proven again.
            self._record(self._unrecorded)
            raise
        finally:
            self.house.observer(Finished(job=self._job))

    def _once(self, moves: Sequence[Move]) -> list[Move | Failed]:
        # Closing stops the threads at once, also when it is the recording that fails.
        with closing(self._outcomes(self._with_packages(moves))) as batches:
            return [result for batch in batches for result in self._record(batch)]

    def _outcomes(self, work: Iterator[tuple[Move, Package]]) -> Generator[list[_Outcome], None, None]:
        """What was finished meanwhile, many at a time."""
        threads = self.crew.at_once
        with ThreadPoolExecutor(threads, thread_name_prefix="moving") as pool:
            under_way: set[Future[_Outcome]] = set()
            # Not `wait`, which looks at all that are under way whenever one ends.
            over: SimpleQueue[Future[_Outcome]] = SimpleQueue()
            finished: list[_Outcome] = []
            since = time.monotonic()
            try:
                while True:
                    for move, package in islice(work, _QUEUED * threads - len(under_way)):
                        under_way.add(future := pool.submit(self._make, move, package))
                        future.add_done_callback(over.put)
                    if not under_way:
                        break
                    rest = max(0.0, since + _RECORDED_EVERY_SECONDS - time.monotonic()) if finished else None
                    done = list(at_hand(over, seconds=rest))
                    under_way.difference_update(done)
                    since = since if finished else time.monotonic()
                    finished += [future.result() for future in done]
                    late = time.monotonic() - since >= _RECORDED_EVERY_SECONDS
                    if finished and (late or len(finished) >= _RECORDED):
                        batch, finished = finished, []
                        yield batch
                yield finished
            finally:
                self._stop.set()
                pool.shutdown(cancel_futures=True)
                ended = [each for each in under_way if not each.cancelled() and not each.exception()]
                self._unrecorded = [*finished, *(each.result() for each in ended)]

    def may_begin(self) -> bool:
        """Whether the policy's hours allow anything to begin at this moment."""
        now = self.house.clock.now()
        return self.policy.guards.run.open_at(60 * now.hour + now.minute)

    def _with_packages(self, moves: Sequence[Move]) -> Iterator[tuple[Move, Package]]:
        # A visit to the catalogue takes longer than moving a small package: some hundred at a time.
        for begin in range(0, len(moves), _AT_ONCE):
            part = moves[begin : begin + _AT_ONCE]
            found = self.house.catalogue.packages(package_ids={move.package_id for move in part})
            packages = {package.package_id: package for package in found}
            # From here to the end of the run nobody removes what is copied from.
            self._leased |= self.leases.take(packages.keys(), Purpose.COPYING)
            # Another run may have done some of it and let go since the plan was held against the catalogue.
            copies = self.house.catalogue.copies(package_ids=packages.keys())
            made = {(each.package_id, each.store) for each in copies if is_made_by(self.plan, each)}
            for move in part:
                if not self.may_begin():
                    return
                if _order(move) in made:
                    self.done_elsewhere += 1
                    self._count([move])
                    continue
                if move.package_id not in self._leased:
                    self._aside.append(move)
                    continue
                yield move, packages[move.package_id]

    def _taken_over(self) -> list[Move]:
        """What was put aside, another run has let go, and is not done; waited for where that is wanted.

        A run that died lets go at once where it ran on this machine, and when its leases end elsewhere.
        """
        self._give_back_over()  # or two runs would wait for each other
        while self.waits and self.may_begin():
            free = self.leases.take({move.package_id for move in self._aside}, Purpose.COPYING)
            if free:
                self._leased |= free
                fitting = fit(self.house, self.plan, self.policy)
                left = {(move.package_id, move.target_store) for move in fitting.moves}
                mine = [move for move in self._aside if move.package_id in free]
                self._aside = [move for move in self._aside if move.package_id not in free]
                undone = [move for move in mine if (move.package_id, move.target_store) in left]
                self.done_elsewhere += len(mine) - len(undone)
                self.leases.give_back(free - {move.package_id for move in undone})
                if undone or not self._aside:
                    return undone
            self.house.observer(
                Waiting(what="another run that copies some of this", seconds_left=LIVES.total_seconds())
            )
            time.sleep(_LOOKED_EVERY_SECONDS)
        return []

    def _in_the_way(self) -> list[Move | Failed]:
        """What is left aside, as a result: another run is at work on it."""
        aside, self._aside = self._aside, []
        if self.waits:
            return []  # the hours of the policy are over: it is left
        return [
            Failed(
                move=move,
                kind="conflict",
                reason=f"A copy of {move.package_id} is being made or removed by another run at this moment.",
                hint="Run the same again.",
            )
            for move in aside
        ]

    def _record(self, batch: list[_Outcome]) -> list[Move | Failed]:
        events = [event for outcome in batch for event in outcome.events]
        if events:
            # Two moves may have found the same source broken: the later reading of a copy stands.
            copies = {(event.package_id, event.store): copy_after(event) for event in events}
            self.house.ledger.record(Entry(copies=list(copies.values()), events=events))
        self._let_go(batch)
        return [outcome.result for outcome in batch]

    def _let_go(self, batch: list[_Outcome]) -> None:
        """End the leases of packages whose moves are all over: others may have work for them."""
        self._count(batch)
        if time.monotonic() - self._let_go_at >= _LET_GO_EVERY_SECONDS:
            self._give_back_over()

    def _count(self, ended: Sequence[Move | _Outcome]) -> None:
        """What is left of each package; one of which nothing is left can be let go."""
        self._moves_left.subtract(each.package_id for each in ended)
        self._over |= {each.package_id for each in ended if not self._moves_left[each.package_id]}

    def _give_back_over(self) -> None:
        self._let_go_at = time.monotonic()
        self.leases.give_back(self._over & self._leased)
        self._over.clear()

    def _make(self, move: Move, package: Package) -> _Outcome:
        """Try one source after the other; in a thread of its own."""
        events: list[Event] = []
        failed = Failed(move=move, kind="conflict", reason="no verified copy is left to copy from")
        for source in self.fitting.sources[move.package_id]:
            began = time.monotonic()
            try:
                self._stores.check(source, move.target_store)
                fresh = self._copy(package, source, move.target_store)
                if not fresh:
                    self._refuse_twin(move, package)
                until = self._lock(move, package)
            except SourceLost as lost:
                events.append(self._lost(move, lost))
                failed = _failed(move, lost.cause)
            except SourceAway as away:
                self._stores.failed(source, away.cause)
                failed = _failed(move, away.cause)
                if isinstance(away.cause, NotOnline):
                    failed = self._ask_for(package, source, failed)
            except HoldfastError as error:
                self._stores.failed(move.target_store, error)
                failed = _failed(move, error)
                if not isinstance(error, GivenUp) or error.store == move.target_store:
                    break
            else:
                self._stores.answered(source, move.target_store)
                seconds = time.monotonic() - began if fresh else None
                events.append(self._made(move, package, source, seconds, until))
                return _Outcome(result=move, events=events)
        return _Outcome(result=failed, events=events)

    def _ask_for(self, package: Package, source: str, failed: Failed) -> Failed:
        """Have the source woken: a later run of the same plan copies from it."""
        try:
            wake(self.house.store(source), package, days=_AWAKE_DAYS)
        except HoldfastError as error:
            return _failed(failed.move, error)
        hours = f"{failed.move.recall_hours:g} h" if failed.move.recall_hours else "some hours"
        return replace(failed, hint=f"It was asked for; run the same again in {hours}.")

    def _copy(self, package: Package, source: str, target: str) -> bool:
        return self.crew.copy(package, source, target, may_go_on=self._may_go_on, observer=self._advance)

    def _refuse_twin(self, move: Move, package: Package) -> None:
        sources = self.fitting.sources[move.package_id]
        refuse_one_place(self.house, move.target_store, sources, package.prefix + MANIFEST_NAME)

    def _lock(self, move: Move, package: Package) -> datetime | None:
        """Lock the copy, once it is proven; until when, where the rule wants that."""
        if until := locked_until(self.house, self.policy, move):
            self.locks.retain(move.target_store, package, until=until)
        if move.package_id in self._on_hold and self.house.settings.stores[move.target_store].object_lock:
            self.locks.hold(move.target_store, package, on=True)
        return until

    def _may_go_on(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _advance(self, happening: Happening) -> None:
        self._may_go_on()
        if isinstance(happening, Advanced):
            self.house.observer(Advanced(job=self._job, size_bytes=happening.size_bytes))

    def _made(
        self, move: Move, package: Package, source: str, seconds: float | None, until: datetime | None
    ) -> Event:
        """seconds : None where an earlier run had written part of it, so that nothing was measured."""
        measured = {} if seconds is None else {"seconds": round(seconds, 6)}
        locked = {} if until is None else {"locked_until": iso(until)}
        word = kept_word(self.house, package, move.target_store, among=self._waking)
        self.house.observer(
            CopyVerified(
                package_id=move.package_id,
                store=move.target_store,
                size_bytes=move.size_bytes,
                seconds=seconds or 0.0,
            )
        )
        return new_event(
            self.house,
            EventType.REPLICATION,
            move.package_id,
            run=self.plan.plan_id,
            store=move.target_store,
            detail={
                "source": source,
                "size_bytes": move.size_bytes,
                "rule": move.rule,
                **measured,
                **locked,
                **word,
            },
        )

    def _lost(self, move: Move, lost: SourceLost) -> Event:
        return fixity_event(
            self.house,
            self.fitting.copies[move.package_id, lost.store],
            run=self.plan.plan_id,
            wrong=lost.cause.sentence,
            missing=lost.missing,
        )


def _failed(move: Move, error: HoldfastError) -> Failed:
    return Failed(move=move, kind=error.kind, reason=error.sentence, hint=error.hint)
