"""Removals: which packages have copies that their rule can do without, and what begun removals are left."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pyarrow.compute as pc

from holdings.records import CopyStatus
from tiering.circumstances import Circumstances
from tiering.plan import Removal, Surplus
from tiering.policy import Rule
from tiering.removals import Candidate, Ceilings, Refusals, choose_removals
from tiering.viewing import Row, View

_AT_ONCE = 10_000


def decide_removals(
    view: View, around: Circumstances, refusals: Refusals, *, at: datetime
) -> tuple[Removal, ...]:
    """The removals that no guard refuses. By default none, and then no package is looked at."""
    guards = view.policy.guards
    if guards.removal.allow_none:
        _refuse_all(view, refusals)
        return ()
    known = frozenset(store.name for store in view.stores)
    begun = _to_the_end(view, known, around)
    # What was begun is counted as held, since its share was granted when it still was.
    held = Counter({store.name: _held_in(view, store.name) for store in view.stores})
    held.update(store for candidate in begun for store in candidate.removable)
    ceilings = Ceilings(guards, held, refusals)
    found = choose_removals(begun, guards, around, ceilings, refusals, at=at)
    rows = view.situations.rows([bool(choice.removable) for choice in view.choices])
    for begin in range(0, len(rows), _AT_ONCE):
        if ceilings.exhausted:
            # A million more may be wanted: they are counted, and not looked at.
            rest = rows[begin:]
            ceilings.refuse_more(len(rest), int(view.sizes[rest].sum()))
            break
        part = view.rows_at(rows[begin : begin + _AT_ONCE])
        candidates = [
            _candidate(row, view.policy.rules[row.rule], known, row.choice.removable) for row in part
        ]
        found += choose_removals(candidates, guards, around, ceilings, refusals, at=at)
    return tuple(sorted(found, key=lambda removal: (removal.package_id, removal.store)))


def _refuse_all(view: View, refusals: Refusals) -> None:
    says = "nothing is removed until the operator sets packages, size and share above zero"
    sums = view.situations.sums(view.sizes)
    for choice, count, size in zip(view.choices, view.counts(), sums, strict=True):
        if more := len(choice.removable):
            refusals.add("guards.removal", "removals", says, packages=more * count, size_bytes=more * size)


def _held_in(view: View, store: str) -> int:
    verified = pc.equal(view.copies.column("status"), str(CopyStatus.VERIFIED))
    return int(pc.sum(pc.and_(pc.equal(view.copies.column("store"), store), verified)).as_py() or 0)


def _to_the_end(view: View, known: frozenset[str], around: Circumstances) -> list[Candidate]:
    """Removals that an earlier run began: the copies count no more, and their bytes may still be there."""
    begun = sorted((package_id, store) for package_id, store in around.begun if store in known)
    if not begun:
        return []
    wanted = [
        CopyStatus.RETIRED in {seen.status for seen in situation.seen} and not choice.below
        for situation, choice in zip(view.situations.distinct, view.choices, strict=True)
    ]
    rows = {row.package_id: row for row in view.rows(wanted)}
    return [
        _candidate(rows[package_id], view.policy.rules[rows[package_id].rule], known, (store,))
        for package_id, store in begun
        if package_id in rows and _is_retired(rows[package_id], store)
    ]


def _is_retired(row: Row, store: str) -> bool:
    return any(seen.store == store and seen.status == CopyStatus.RETIRED for seen in row.seen)


def _candidate(row: Row, rule: Rule, known: frozenset[str], stores: tuple[str, ...]) -> Candidate:
    stay = [
        seen.store
        for seen in row.seen
        if seen.status == CopyStatus.VERIFIED and seen.store in known - {*stores, *row.choice.removable}
    ]
    return Candidate(
        package_id=row.package_id,
        size_bytes=row.size_bytes,
        objects=row.objects,
        rule=rule,
        seen=row.seen,
        removable=stores,
        keeps=tuple(stay),
        surplus=row.choice.surplus if stores == row.choice.removable else {},
    )


def sum_surplus(view: View) -> tuple[Surplus, ...]:
    """Packages with more copies in a tier than their rule asks for, by tier."""
    packages: dict[str, int] = {}
    size_bytes: dict[str, int] = {}
    sums = view.situations.sums(view.sizes)
    for choice, count, size in zip(view.choices, view.counts(), sums, strict=True):
        for tier, more in choice.surplus.items():
            packages[tier] = packages.get(tier, 0) + count
            size_bytes[tier] = size_bytes.get(tier, 0) + more * size
    return tuple(
        Surplus(tier=tier, packages=packages[tier], size_bytes=size_bytes[tier]) for tier in sorted(packages)
    )
