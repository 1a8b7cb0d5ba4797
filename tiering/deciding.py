"""Wanted against actual, for every package: the moves to make, what is in the way, what is due.

```
packages ──place──> rule ─┐
                          ├──> situations (few) ──choose──> moves, blocked
copies ──> statuses ──────┘
```
Tables in, values out; nothing here opens, reads or writes anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from holdings.records import CopyStatus
from tiering.choosing import Choice, StoreFacts, choose
from tiering.plan import Blocked, Due, Move, Seen, Surplus
from tiering.policy import Policy, Rule, place
from tiering.situations import Situations, find_situations, with_bytes


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


def decide(
    packages: pa.Table, copies: pa.Table, stores: Sequence[StoreFacts], policy: Policy, *, at: datetime
) -> Decision:
    """The moves that bring every package to what `policy` wants, as far as the stores allow.

    packages, copies : as `Catalogue.package_table` and `Catalogue.copy_table` give them.
    stores : in the operator's order of preference.
    """
    rule = place(packages, policy, at=at).column("rule").to_numpy()
    situations = find_situations(
        packages.column("package_id"), rule, copies, [store.name for store in stores]
    )
    choices = [choose(each.statuses, policy.rules[each.rule], stores) for each in situations.distinct]
    counts = situations.sums(np.ones(len(packages), dtype=np.int64))
    wanting = _wanting(packages, situations, choices)
    return Decision(
        packages=len(packages),
        below=sum(n for n, choice in zip(counts, choices, strict=True) if choice.below),
        moves=tuple(move for row in wanting for move in _moves(row, policy.rules[row.rule])),
        blocked=tuple(found for row in wanting for found in _blocked(row, policy.rules[row.rule])),
        due=_due(packages, copies, stores, before=at - timedelta(days=policy.guards.verified_within_days)),
        surplus=_surplus(situations, choices, counts, _bytes(packages)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """One package that wants something."""

    package_id: str
    size_bytes: int
    objects: int
    rule: int
    seen: tuple[Seen, ...]
    choice: Choice


def _wanting(packages: pa.Table, situations: Situations, choices: Sequence[Choice]) -> list[_Row]:
    rows = situations.rows([bool(choice.targets or choice.blocked) for choice in choices])
    table = packages.select(["package_id", "bytes", "objects"]).take(pa.array(rows))
    columns = zip(*(table.column(name).to_pylist() for name in table.column_names), strict=True)
    found = []
    for (package_id, size_bytes, objects), which in zip(columns, situations.of_row[rows], strict=True):
        situation = situations.distinct[which]
        found.append(
            _Row(
                package_id=package_id,
                size_bytes=size_bytes,
                objects=objects,
                rule=situation.rule,
                seen=situation.seen,
                choice=choices[which],
            )
        )
    return sorted(found, key=lambda row: row.package_id)


def _moves(row: _Row, rule: Rule) -> Iterator[Move]:
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
        )


def _blocked(row: _Row, rule: Rule) -> Iterator[Blocked]:
    for reason in row.choice.blocked:
        yield Blocked(package_id=row.package_id, rule=rule.name, reason=reason)


def _bytes(packages: pa.Table) -> npt.NDArray[np.int64]:
    sizes: npt.NDArray[np.int64] = packages.column("bytes").cast(pa.int64()).to_numpy()
    return sizes


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


def _surplus(
    situations: Situations, choices: Sequence[Choice], counts: Sequence[int], sizes: npt.NDArray[np.int64]
) -> tuple[Surplus, ...]:
    packages: dict[str, int] = {}
    size_bytes: dict[str, int] = {}
    for choice, count, size in zip(choices, counts, situations.sums(sizes), strict=True):
        for tier, more in choice.surplus.items():
            packages[tier] = packages.get(tier, 0) + count
            size_bytes[tier] = size_bytes.get(tier, 0) + more * size
    return tuple(
        Surplus(tier=tier, packages=packages[tier], size_bytes=size_bytes[tier]) for tier in sorted(packages)
    )
