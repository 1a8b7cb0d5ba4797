"""Where the bytes of each cohort lie in each month: the policy and the mover themselves, on simulated dates.

There is no second description of either here. `tiering.policy.place` is called once, on every
(cohort, month) pair with its true dates; then tiering runs at the end of each month, and
`tiering.choosing.choose` says which copies it makes and which it can do without. What is moved for
its price alone is held to `tiering.worth`, and a copy goes once those that stay have settled. The
draws know nothing of it, nor it of them: so the most that one run may remove or copy is taken as
enough where it is above zero, since it depends on how much there is.

```
month made u ─┐
              ├─ age in days ─ place() ─ rule ─┐
month now  t ─┘                                ├─ choose() ─ worth it? settled? ─ stores ─ steps (t, u, ±1)
               stores at the end of month t-1 ─┘
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from tiering.choosing import Choice, StoreFacts, choose
from tiering.plan import Move
from tiering.policy import Rule, place
from tiering.worth import worth_their_price

STORED_OBJECTS_PER_BAG = len(STORED_NAMES)
"""As deposits write them; the manifest is not counted in a package's objects."""
Bytes8 = NDArray[np.int8]
_MICROSECONDS_PER_DAY = 86_400 * 1_000_000


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
    """In each store: how often a cohort is read there, to be copied elsewhere or to prove that another
    copy can go; `change` counts reads."""
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
    streams, mover = streams_of(scenario), Mover(scenario)
    rules = _rules(scenario, streams)
    sizes = [mover.size_that_matters(each.kind) for each in streams]
    keys = [(each.tobytes(), size) for each, size in zip(rules, sizes, strict=True)]
    distinct = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    follows = [distinct[key] for key in keys]
    patterns = [
        mover.pattern(rules[follows.index(number)], size_bytes=size)
        for number, (_, size) in enumerate(distinct)
    ]
    return patterns, follows


def copies_held(scenario: Scenario) -> Bytes8:
    """Copies of the bags of each cohort at the end of each month, when tiering has run.

    Returns ndarray = (n_types, n_stores, n_months made, n_months now), zero before it is made.

    Raises BadInput where the stores cannot give what a rule wants.
    """
    mover = Mover(scenario)
    streams = [each for each in streams_of(scenario) if each.package == "bag"]
    rules = zip(streams, _rules(scenario, streams), strict=True)
    made = np.arange(scenario.months)
    states = np.stack(
        [mover.history(each, made, size_bytes=mover.size_that_matters(of.kind))[0] for of, each in rules]
    )
    return np.moveaxis(mover.holding(states), -1, 1).astype(np.int8)


def _rules(scenario: Scenario, streams: Sequence[Stream]) -> NDArray[np.int64]:
    """The rule that decides: ndarray = (n_streams, n_months made, n_months now), -1 before it is made."""
    months = scenario.months
    made, now = np.triu_indices(months)
    rules = np.full((len(streams), months, months), -1)
    rules[:, made, now] = _deciding_rules(scenario, streams, made, now).reshape(len(streams), len(made))
    return rules


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """What one run of tiering does in one situation; sets of stores are numbers whose bits they are."""

    added: int = 0
    source: int = 0
    """The position of the store that is read for what is added."""
    removable: int = 0
    keeps: int = 0
    """What is read to prove that the removable can go."""


class Mover:
    """Applies `choose` to whole arrays of cohorts; each situation is asked about once.

    A state is a number whose bits are the stores that hold a copy.
    """

    def __init__(self, scenario: Scenario) -> None:
        self._guards, self._rules = scenario.policy.guards, scenario.policy.rules
        self._stores = [_facts(store) for store in scenario.stores]
        self._sheets = {store.name: store.sheet for store in scenario.stores}
        self._position = {store.name: number for number, store in enumerate(scenario.stores)}
        self._deposit_store = self._position[scenario.deposit_store]
        self._made = _microseconds(deposit_moments(scenario.start, scenario.months, day=scenario.deposit_day))
        self._over = _microseconds(month_ends(scenario.start, scenario.months))
        self._known: dict[tuple[int, int, int], _Run] = {}

    def size_that_matters(self, kind: ObjectType) -> int:
        """Of a full bag, where moves are weighed by their price; else none does."""
        return 0 if self._guards.removal.allow_none else round(kind.bag_bytes)

    def pattern(self, rules: NDArray[np.int64], *, size_bytes: int) -> Pattern:
        """Of cohorts for which these rules decide: ndarray = (n_months made, n_months now)."""
        states, reads = self.history(rules, np.arange(len(rules)), size_bytes=size_bytes)
        copies = np.moveaxis(self.holding(states), -1, 0).astype(np.int8)
        there = [int(state) for state in np.unique(states) if state]
        return Pattern(
            copies=tuple(Steps.of(each) for each in copies),
            reads=tuple(Steps.at(each) for each in reads),
            states=tuple((state, Steps.of((states == state).astype(np.int8))) for state in there),
        )

    def history(
        self, rules: NDArray[np.int64], made: NDArray[np.int64], *, size_bytes: int
    ) -> tuple[NDArray[np.int64], Bytes8]:
        """The state of each cohort at the end of each month, and how often it is read in each store then.

        rules : ndarray = (n_cohorts, n_months now)
        made : ndarray = (n_cohorts,), the month in which each was made, ascending.

        Returns ndarrays = (n_cohorts, n_months now) and (n_stores, n_cohorts, n_months now).
        """
        cohorts, months = rules.shape
        stores = range(len(self._stores))
        states = np.zeros((cohorts, months), dtype=np.int64)
        reads = np.zeros((len(stores), cohorts, months), dtype=np.int8)
        state = np.full(cohorts, 1 << self._deposit_store)
        # When the copy in each store was made; where there is none it does not matter.
        since = np.zeros((len(stores), cohorts), dtype=np.int64)
        since[self._deposit_store] = self._made[made]
        for month in range(months):
            there = slice(0, int(np.searchsorted(made, month, side="right")))
            if there.stop == 0:
                continue
            added, source, removable, keeps = self._asked_of(state[there], rules[there, month], size_bytes)
            gone = np.where(self._settled(keeps, since[:, there], month), removable, 0)
            for store in stores:
                copied = np.bitwise_count(added) * (source == store)
                proven = np.bitwise_count(gone) * (keeps >> store & 1)
                reads[store, there, month] = copied + proven
                since[store, there][added >> store & 1 == 1] = self._over[month]
            state[there] = (state[there] | added) & ~gone
            states[there, month] = state[there]
        return states, reads

    def _settled(self, keeps: NDArray[np.int64], since: NDArray[np.int64], month: int) -> NDArray[np.bool_]:
        """Whether all copies that would stay are older than the guard demands."""
        latest = self._over[month] - self._guards.settle_days * _MICROSECONDS_PER_DAY
        young = np.zeros(keeps.shape, dtype=bool)
        for store, made in enumerate(since):
            young |= (keeps >> store & 1 == 1) & (made > latest)
        return ~young

    def _asked_of(
        self, state: NDArray[np.int64], rule: NDArray[np.int64], size_bytes: int
    ) -> tuple[NDArray[np.int64], ...]:
        """What a run does with each cohort: added, source, removable and keeps."""
        pairs, where = np.unique(np.stack([state, rule]), axis=1, return_inverse=True)
        runs = [self._run(int(held), int(number), size_bytes) for held, number in pairs.T]
        found = np.array([(run.added, run.source, run.removable, run.keeps) for run in runs])
        return tuple(found[where].T)

    def holding(self, state: NDArray[np.int64]) -> NDArray[np.int64]:
        """Copies in each store, along a new last axis."""
        return (state[..., None] >> np.arange(len(self._stores))) & 1

    def _run(self, held: int, number: int, size_bytes: int) -> _Run:
        if (held, number, size_bytes) not in self._known:
            self._known[held, number, size_bytes] = self._chosen(held, self._rules[number], size_bytes)
        return self._known[held, number, size_bytes]

    def _chosen(self, held: int, rule: Rule, size_bytes: int) -> _Run:
        statuses = [CopyStatus.VERIFIED if held >> bit & 1 else None for bit in range(len(self._stores))]
        choice = choose(statuses, rule, self._stores)
        if choice.blocked:
            raise BadInput(
                f"The scenario's stores cannot give what the rule '{rule.name}' wants: "
                f"{'; '.join(choice.blocked)}.",
                hint="Add a store to the scenario, or ask for less in the policy.",
            )
        if self._guards.removal.allow_none or not choice.removable:
            return _Run(
                added=self._bits(self._worth(choice, rule, size_bytes)),
                source=self._position[choice.source] if choice.source else 0,
            )
        gone = self._bits(choice.removable)
        return _Run(removable=gone, keeps=held & ~gone)

    def _worth(self, choice: Choice, rule: Rule, size_bytes: int) -> list[str]:
        """The stores that get a copy: all, or where the move is made for its price, those worth it."""
        moves = [
            Move(
                package_id="", source_store=choice.source or "", target_store=target.store,
                size_bytes=size_bytes, objects=STORED_OBJECTS_PER_BAG - 1, rule=rule.name,
                because=rule.because, reason=target.reason, seen=(),
            )
            for target in choice.targets
        ]  # fmt: skip
        only_cheaper = {""} if choice.safe else set()
        made, _ = worth_their_price(moves, only_cheaper, self._sheets, self._guards)
        return [move.target_store for move in made]

    def _bits(self, stores: Iterable[str]) -> int:
        return sum(1 << self._position[store] for store in stores)


def _facts(store: PlannedStore) -> StoreFacts:
    reading = store.sheet.amount("retrieval_per_gb") + store.sheet.amount("egress_per_gb")
    return StoreFacts(
        name=store.name,
        tier=store.tier,
        domain=store.domain,
        read_cost_per_gb=reading,
        restore_hours=store.sheet.amount("restore_hours"),
    )


def _deciding_rules(
    scenario: Scenario, streams: Sequence[Stream], made: NDArray[np.int64], now: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The rule that decides for each (stream, cohort, month), in one call for all."""
    deposited = _microseconds(deposit_moments(scenario.start, scenario.months, day=scenario.deposit_day))
    over = _microseconds(month_ends(scenario.start, scenario.months))
    packages = pa.concat_tables([_packages(each, deposited[made]) for each in streams])
    at = pa.array(np.tile(over[now], len(streams)), pa.timestamp("us", "UTC"))
    decided = np.array(place(packages, scenario.policy, at=at).column("rule").to_numpy(), dtype=np.int64)
    # A row for each month of each cohort: Arrow would keep their room, which draws need now.
    del packages, at
    pa.default_memory_pool().release_unused()
    return decided


def _microseconds(moments: Sequence[datetime]) -> NDArray[np.int64]:
    return np.array([round(moment.timestamp()) * 1_000_000 for moment in moments])


def held_of_bags(
    scenario: Scenario,
    kind: ObjectType,
    *,
    made: NDArray[np.int64],
    size_bytes: NDArray[np.int64],
    images: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Bytes of single bags in each store at the end of each month, by what the policy says of each.

    made : ndarray = (n_bags,), the month of each, ascending; size_bytes and images alike.

    Returns ndarray = (n_months, n_stores).
    """
    months = scenario.months
    bag, now = np.nonzero(np.arange(months)[None, :] >= made[:, None])
    deposited = _microseconds(deposit_moments(scenario.start, months, day=scenario.deposit_day))
    over = _microseconds(month_ends(scenario.start, months))
    table = _packages(Stream(kind=kind, package="bag"), deposited[made[bag]])
    for name, values in (("bytes", size_bytes), ("images", images)):
        table = table.set_column(table.column_names.index(name), name, pa.array(values[bag], pa.int64()))
    decided = place(table, scenario.policy, at=pa.array(over[now], pa.timestamp("us", "UTC")))
    rules = np.full((len(made), months), -1)
    rules[bag, now] = decided.column("rule").to_numpy()
    mover = Mover(scenario)
    states, _ = mover.history(rules, made, size_bytes=mover.size_that_matters(kind))
    return np.asarray(np.einsum("bms,b->ms", mover.holding(states), size_bytes))


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
