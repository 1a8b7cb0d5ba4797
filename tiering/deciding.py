"""Wanted against actual, for every package: the moves to make, what is in the way, what is due.

```
packages ──place──> rule ─┐
                          ├──> situations (few) ──choose──> moves, blocked
copies ──> statuses ──────┘
```
Tables in, values out; nothing here opens, reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from holdings.records import CopyStatus
from tiering.choosing import StoreFacts, choose
from tiering.circumstances import Circumstances
from tiering.plan import Blocked, Due, Move, Removal, Surplus
from tiering.policy import Policy, Rule, place
from tiering.removals import Refusals
from tiering.situations import find_situations, with_bytes
from tiering.surplus import decide_removals, sum_surplus
from tiering.viewing import Row, View


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the policy calls for, before anybody asks what it costs."""

    packages: int
    below: int
    """Packages with fewer copies or domains than their rule asks for."""
    moves: tuple[Move, ...]
    blocked: tuple[Blocked, ...]
    due: tuple[Due, ...]
    surplus: tuple[Surplus, ...]
    only_cheaper: frozenset[str]
    """Packages that want moves although they have as many copies in as many domains as they need."""
    removals: tuple[Removal, ...]
    refusals: Refusals


_NOTHING_AROUND = Circumstances()


def decide(
    packages: pa.Table,
    copies: pa.Table,
    stores: Sequence[StoreFacts],
    policy: Policy,
    *,
    at: datetime,
    around: Circumstances = _NOTHING_AROUND,
) -> Decision:
    """The moves that bring every package to what `policy` wants, as far as the stores allow.

    packages, copies : as `Catalogue.package_table` and `Catalogue.copy_table` give them.
    stores : in the operator's order of preference.
    around : what else a removal has to go round.
    """
    rule = place(packages, policy, at=at).column("rule").to_numpy()
    situations = find_situations(
        packages.column("package_id"), rule, copies, [store.name for store in stores]
    )
    choices = [choose(each.statuses, policy.rules[each.rule], stores) for each in situations.distinct]
    view = View(
        packages=packages,
        copies=copies,
        stores=stores,
        policy=policy,
        situations=situations,
        choices=choices,
    )
    refusals = Refusals()
    wanting = view.rows([bool(choice.targets or choice.blocked) for choice in choices])
    waking = {store.name: store.restore_hours for store in stores}
    return Decision(
        packages=len(packages),
        below=sum(n for n, choice in zip(view.counts(), choices, strict=True) if choice.below),
        moves=tuple(move for row in wanting for move in _moves(row, policy.rules[row.rule], waking)),
        blocked=tuple(found for row in wanting for found in _blocked(row, policy.rules[row.rule])),
        due=_due(packages, copies, stores, before=at - timedelta(days=policy.guards.verified_within_days)),
        surplus=sum_surplus(view),
        only_cheaper=frozenset(row.package_id for row in wanting if row.choice.safe),
        removals=decide_removals(view, around, refusals, at=at),
        refusals=refusals,
    )


def _moves(row: Row, rule: Rule, waking: Mapping[str, float]) -> Iterator[Move]:
    for target in row.choice.targets:
        assert row.choice.source is not None  # `choose` gives no target without a source
        yield Move(
            package_id=row.package_id,
            source_store=row.choice.source,
            target_store=target.store,
            size_bytes=row.size_bytes,
            objects=row.objects,
            rule=rule.name,
            because=rule.because,
            reason=target.reason,
            seen=row.seen,
            recall_hours=waking[row.choice.source],
        )


def _blocked(row: Row, rule: Rule) -> Iterator[Blocked]:
    for reason in row.choice.blocked:
        yield Blocked(package_id=row.package_id, rule=rule.name, reason=reason)


def _due(
    packages: pa.Table, copies: pa.Table, stores: Sequence[StoreFacts], *, before: datetime
) -> tuple[Due, ...]:
    """Verified copies last read before `before`, by store; stores with none are left out."""
    read_at = copies.column("verified_at")
    stale = pc.or_kleene(pc.is_null(read_at), pc.less(read_at, pa.scalar(before, read_at.type)))
    verified = pc.equal(copies.column("status"), str(CopyStatus.VERIFIED))
    late = with_bytes(copies.filter(pc.and_kleene(verified, stale)), packages)
    found = ((store.name, late.filter(pc.equal(late.column("store"), store.name))) for store in stores)
    return tuple(_due_in(name, table) for name, table in found if len(table))


def _due_in(store: str, late: pa.Table) -> Due:
    read_at = late.column("verified_at")
    return Due(
        store=store,
        copies=len(late),
        size_bytes=pc.sum(late.column("bytes")).as_py() or 0,
        oldest=None if read_at.null_count else pc.min(read_at).as_py().astimezone(UTC),
    )
