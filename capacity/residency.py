"""Where the bytes of each cohort lie in each month: the policy and the mover themselves, on simulated dates.

There is no second description of either here. `tiering.policy.place` is called once, on every
(cohort, month) pair with its true dates; then tiering runs at the end of each month, and
`tiering.choosing.choose` says which copies it makes. The draws know nothing of it, nor it of them.

```
month made u ─┐
              ├─ age in days ─ place() ─ rule ─┐
month now  t ─┘                                ├─ choose() ─ stores now ─ steps (t, u, +1)
               stores at the end of month t-1 ─┘
```
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from archive.storing import STORED_NAMES
from capacity.cohorts import deposit_moments, month_ends
from capacity.scenario import ObjectType, PlannedStore, Scenario
from holdings.errors import BadInput
from holdings.records import CopyStatus
from tiering.choosing import StoreFacts, choose
from tiering.policy import Rule, place

STORED_OBJECTS_PER_BAG = len(STORED_NAMES)
"""As deposits write them; the manifest is not counted in a package's objects."""
Bytes8 = NDArray[np.int8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """The months in which the copies of cohorts in one store change; everywhere else they stay."""

    now: tuple[int, ...]
    """Month of the change, ascending."""
    made: tuple[int, ...]
    """Month in which the cohort was made."""
    change: tuple[int, ...]
    """Copies more (or fewer, below zero) than the month before."""

    @classmethod
    def of(cls, copies: Bytes8) -> Steps:
        """From copies = (n_months made, n_months now)."""
        before = np.concatenate([np.zeros_like(copies[:, :1]), copies[:, :-1]], axis=1)
        return cls.at(copies - before)

    @classmethod
    def at(cls, changes: Bytes8) -> Steps:
        """From changes = (n_months made, n_months now)."""
        change = changes.T
        now, made = np.nonzero(change)
        return cls(
            now=tuple(now.tolist()), made=tuple(made.tolist()), change=tuple(change[now, made].tolist())
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Pattern:
    """Where the packages of some streams lie in each month; streams with the same pattern share it."""

    copies: tuple[Steps, ...]
    """In each store."""
    reads: tuple[Steps, ...]
    """In each store: how often a cohort is read there to be copied elsewhere; `change` counts reads."""
    states: tuple[tuple[int, Steps], ...]
    """Each set of stores (a number whose bits are they), and which cohorts have exactly these copies."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stream:
    """Packages of one kind of one object type."""

    kind: ObjectType
    package: str
    """`bag` or `collection`."""


def streams_of(scenario: Scenario) -> list[Stream]:
    """The bags of each type, then the collections of those that have derivatives."""
    bags = [Stream(kind=kind, package="bag") for kind in scenario.object_types]
    derived = [Stream(kind=kind, package="collection") for kind in scenario.object_types if kind.derivatives]
    return bags + derived


def residency(scenario: Scenario) -> tuple[list[Pattern], list[int]]:
    """The distinct patterns, and which of them each of `streams_of(scenario)` follows.

    Raises BadInput where the stores cannot give what a rule wants.
    """
    rules = _rules(scenario, streams_of(scenario))
    distinct: dict[bytes, int] = {}
    follows = [distinct.setdefault(each.tobytes(), len(distinct)) for each in rules]
    mover = _Mover(scenario)
    patterns = [mover.pattern(rules[follows.index(number)]) for number in range(len(distinct))]
    return patterns, follows


def copies_held(scenario: Scenario) -> Bytes8:
    """Copies of the bags of each cohort at the end of each month, when tiering has run.

    Returns ndarray = (n_types, n_stores, n_months made, n_months now), zero before it is made.

    Raises BadInput where the stores cannot give what a rule wants.
    """
    mover = _Mover(scenario)
    rules = _rules(scenario, [each for each in streams_of(scenario) if each.package == "bag"])
    states = np.stack([mover.history(each)[0] for each in rules])
    return np.moveaxis(mover.holding(states), -1, 1).astype(np.int8)


def _rules(scenario: Scenario, streams: Sequence[Stream]) -> NDArray[np.int64]:
    """The rule that decides: ndarray = (n_streams, n_months made, n_months now), -1 before it is made."""
    months = scenario.months
    made, now = np.triu_indices(months)
    rules = np.full((len(streams), months, months), -1)
    rules[:, made, now] = _deciding_rules(scenario, streams, made, now).reshape(len(streams), len(made))
    return rules


class _Mover:
    """Applies `choose` to whole arrays of cohorts; each situation is asked about once.

    A state is a number whose bits are the stores that hold a copy.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._policy = scenario.policy
        self._stores = [_facts(store) for store in scenario.stores]
        names = [store.name for store in scenario.stores]
        self._position = {name: number for number, name in enumerate(names)}
        self._deposited = 1 << names.index(scenario.deposit_store)
        self._known: dict[tuple[int, int], tuple[int, int]] = {}

    def pattern(self, rules: NDArray[np.int64]) -> Pattern:
        """Of cohorts for which these rules decide: ndarray = (n_months made, n_months now)."""
        states, reads = self.history(rules)
        copies = np.moveaxis(self.holding(states), -1, 0).astype(np.int8)
        there = [int(state) for state in np.unique(states) if state]
        return Pattern(
            copies=tuple(Steps.of(each) for each in copies),
            reads=tuple(Steps.at(each) for each in reads),
            states=tuple((state, Steps.of((states == state).astype(np.int8))) for state in there),
        )

    def history(self, rules: NDArray[np.int64]) -> tuple[NDArray[np.int64], Bytes8]:
        """The state of each cohort at the end of each month, and how often it is read in each store then.

        Returns ndarrays = (n_months made, n_months now) and (n_stores, n_months made, n_months now).
        """
        months = len(rules)
        states = np.zeros((months, months), dtype=np.int64)
        reads = np.zeros((len(self._stores), months, months), dtype=np.int8)
        state = np.full(months, self._deposited)
        for month in range(months):
            there = slice(0, month + 1)
            after, source = self._run(state[there], rules[there, month])
            copied = np.flatnonzero(after != state[there])
            new = np.bitwise_count(after[copied] & ~state[copied])
            reads[source[copied], copied, month] = new
            state[there] = after
            states[there, month] = after
        return states, reads

    def _run(
        self, state: NDArray[np.int64], rule: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The states after tiering ran once, and the store that was read where something was copied."""
        pairs, where = np.unique(np.stack([state, rule]), axis=1, return_inverse=True)
        found = np.array([self._after(int(held), int(number)) for held, number in pairs.T])
        return found[where, 0], found[where, 1]

    def holding(self, state: NDArray[np.int64]) -> NDArray[np.int64]:
        """Copies in each store, along a new last axis."""
        return (state[..., None] >> np.arange(len(self._stores))) & 1

    def _after(self, held: int, number: int) -> tuple[int, int]:
        if (held, number) not in self._known:
            self._known[held, number] = self._asked(held, self._policy.rules[number])
        return self._known[held, number]

    def _asked(self, held: int, rule: Rule) -> tuple[int, int]:
        statuses = [CopyStatus.VERIFIED if held >> bit & 1 else None for bit in range(len(self._stores))]
        choice = choose(statuses, rule, self._stores)
        if choice.blocked:
            raise BadInput(
                f"The scenario's stores cannot give what the rule '{rule.name}' wants: "
                f"{'; '.join(choice.blocked)}.",
                hint="Add a store to the scenario, or ask for less in the policy.",
            )
        added = sum(1 << self._position[target.store] for target in choice.targets)
        return held | added, self._position[choice.source] if choice.source else 0


def _facts(store: PlannedStore) -> StoreFacts:
    reading = store.sheet.amount("retrieval_per_gb") + store.sheet.amount("egress_per_gb")
    return StoreFacts(name=store.name, tier=store.tier, domain=store.domain, read_cost_per_gb=reading)


def _deciding_rules(
    scenario: Scenario, streams: Sequence[Stream], made: NDArray[np.int64], now: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The rule that decides for each (stream, cohort, month), in one call for all."""
    deposited = _microseconds(deposit_moments(scenario.start, scenario.months, day=scenario.deposit_day))
    over = _microseconds(month_ends(scenario.start, scenario.months))
    packages = pa.concat_tables([_packages(each, deposited[made]) for each in streams])
    at = pa.array(np.tile(over[now], len(streams)), pa.timestamp("us", "UTC"))
    decided = place(packages, scenario.policy, at=at).column("rule")
    return np.asarray(decided.to_numpy(), dtype=np.int64)


def _microseconds(moments: Sequence[datetime]) -> NDArray[np.int64]:
    return np.array([round(moment.timestamp()) * 1_000_000 for moment in moments])


def _packages(each: Stream, made_us: NDArray[np.int64]) -> pa.Table:
    """A full package of this stream for each moment: what a month brings into the catalogue."""
    rows, kind = len(made_us), each.kind
    image = kind.mean_image_bytes
    if each.package == "collection":
        image = sum(made.law.moment(1) for made in kind.derivatives)
    images = max(1, round(kind.bag_bytes / max(image, 1.0)))
    return pa.table(
        {
            # The rule does not depend on it, and a million numbers as text cost more than the rules.
            "package_id": pa.repeat(pa.scalar(""), rows),
            "kind": pa.repeat(pa.scalar(each.package), rows),
            "collection": pa.repeat(pa.scalar(kind.collection), rows),
            "created_at": pa.array(made_us, pa.timestamp("us", "UTC")),
            "bytes": pa.repeat(pa.scalar(round(kind.bag_bytes), pa.int64()), rows),
            "objects": pa.repeat(pa.scalar(STORED_OBJECTS_PER_BAG - 1, pa.int32()), rows),
            "images": pa.repeat(pa.scalar(images, pa.int64()), rows),
        }
    )


def stock(*, produced: Sequence[float], copies_by_age: Sequence[float]) -> NDArray[np.float64]:
    """What is held at the end of each period, where copies hang on age alone.

    produced : made in each period, shape (n_periods,).
    copies_by_age : copies in the period of making, the next, …; the last value persists.

    stock[y] = sum over p <= y of produced[p] * copies[y - p]. Source: the retention tables of CMS.
    """
    if not len(copies_by_age):
        raise BadInput("copies_by_age is empty; it takes at least one number of copies.")
    made = np.asarray(produced, dtype=np.float64)
    ages = np.minimum(np.arange(len(made)), len(copies_by_age) - 1)
    copies = np.asarray(copies_by_age, dtype=np.float64)[ages]
    return np.convolve(made, copies)[: len(made)]
