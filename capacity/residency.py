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
        change = (copies - before).T
        now, made = np.nonzero(change)
        return cls(
            now=tuple(now.tolist()), made=tuple(made.tolist()), change=tuple(change[now, made].tolist())
        )


def copies_held(scenario: Scenario) -> Bytes8:
    """Copies of each cohort at the end of each month, when tiering has run.

    Returns ndarray = (n_types, n_stores, n_months made, n_months now), zero before it is made.

    Raises BadInput where the stores cannot give what a rule wants.
    """
    months, kinds = scenario.months, len(scenario.object_types)
    made, now = np.triu_indices(months)
    rules = np.full((kinds, months, months), -1)
    rules[:, made, now] = _deciding_rules(scenario, made, now).reshape(kinds, len(made))
    mover = _Mover(scenario)
    state = np.full((kinds, months), mover.deposited)
    copies = np.zeros((kinds, len(scenario.stores), months, months), dtype=np.int8)
    for month in range(months):
        there = slice(0, month + 1)
        state[:, there] = mover.run(state[:, there], rules[:, there, month])
        copies[:, :, there, month] = np.moveaxis(mover.holding(state[:, there]), -1, 1)
    return copies


class _Mover:
    """Applies `choose` to whole arrays of cohorts; each situation is asked about once.

    A state is a number whose bits are the stores that hold a copy.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._policy = scenario.policy
        self._stores = [_facts(store) for store in scenario.stores]
        names = [store.name for store in scenario.stores]
        self.deposited = 1 << names.index(scenario.deposit_store)
        self._known: dict[tuple[int, int], int] = {}

    def run(self, state: NDArray[np.int64], rule: NDArray[np.int64]) -> NDArray[np.int64]:
        """The states after tiering ran once."""
        pairs, where = np.unique(np.stack([state.ravel(), rule.ravel()]), axis=1, return_inverse=True)
        after = np.array([self._after(int(held), int(number)) for held, number in pairs.T])
        return after[where].reshape(state.shape)

    def holding(self, state: NDArray[np.int64]) -> NDArray[np.int64]:
        """Copies in each store, along a new last axis."""
        return (state[..., None] >> np.arange(len(self._stores))) & 1

    def _after(self, held: int, number: int) -> int:
        if (held, number) not in self._known:
            self._known[held, number] = self._asked(held, self._policy.rules[number])
        return self._known[held, number]

    def _asked(self, held: int, rule: Rule) -> int:
        statuses = [CopyStatus.VERIFIED if held >> bit & 1 else None for bit in range(len(self._stores))]
        choice = choose(statuses, rule, self._stores)
        if choice.blocked:
            raise BadInput(
                f"The scenario's stores cannot give what the rule '{rule.name}' wants: "
                f"{'; '.join(choice.blocked)}.",
                hint="Add a store to the scenario, or ask for less in the policy.",
            )
        targets = {target.store for target in choice.targets}
        return held | sum(1 << bit for bit, store in enumerate(self._stores) if store.name in targets)


def _facts(store: PlannedStore) -> StoreFacts:
    reading = store.sheet.amount("retrieval_per_gb") + store.sheet.amount("egress_per_gb")
    return StoreFacts(name=store.name, tier=store.tier, domain=store.domain, read_cost_per_gb=reading)


def _deciding_rules(scenario: Scenario, made: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rule that decides for each (type, cohort, month), in one call for all."""
    deposited = _microseconds(deposit_moments(scenario.start, scenario.months, day=scenario.deposit_day))
    over = _microseconds(month_ends(scenario.start, scenario.months))
    packages = pa.concat_tables([_bags(kind, deposited[made]) for kind in scenario.object_types])
    at = pa.array(np.tile(over[now], len(scenario.object_types)), pa.timestamp("us", "UTC"))
    decided = place(packages, scenario.policy, at=at).column("rule")
    return np.asarray(decided.to_numpy(), dtype=np.int64)


def _microseconds(moments: Sequence[datetime]) -> NDArray[np.int64]:
    return np.array([round(moment.timestamp()) * 1_000_000 for moment in moments])


def _bags(kind: ObjectType, made_us: NDArray[np.int64]) -> pa.Table:
    """A full bag of this type for each moment: what a deposit of that month would put into the catalogue."""
    rows = len(made_us)
    images = max(1, round(kind.bag_bytes / max(kind.image_bytes.law.moment(1), 1.0)))
    return pa.table(
        {
            "package_id": pa.array(np.arange(rows)).cast(pa.string()),
            "kind": pa.repeat(pa.scalar("bag"), rows),
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
