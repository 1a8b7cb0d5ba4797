"""Whether a move between tiers is worth its price, and how much one run may copy and spend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace

from holdings.settings.prices import PriceSheet
from tiering.plan import Move, NotWorth
from tiering.policy import Guards
from tiering.pricing import costs_of, early_deletion_of, stored_per_month
from tiering.removals import Refusals


def worth_their_price(
    moves: Sequence[Move], only_cheaper: Set[str], sheets: Mapping[str, PriceSheet], guards: Guards
) -> tuple[tuple[Move, ...], tuple[NotWorth, ...]]:
    """The moves to make; and those that cost more than they save within the horizon, summed up.

    only_cheaper : packages that have all the copies and domains they need, in other tiers: what
        is moved of them is moved for its price, where the target is the cheaper one. Whatever
        else is moved protects something, and that has no price.
    """
    if guards.removal.allow_none:  # nothing is saved where the copy that cost more stays
        return tuple(moves), ()
    kept: list[Move] = []
    sums: dict[tuple[str, str, str, str], NotWorth] = {}
    for move in moves:
        refused = _sum_of(move, sheets, guards) if move.package_id in only_cheaper else None
        if refused is None:
            kept.append(move)
            continue
        key = (refused.source_store, refused.target_store, refused.rule, refused.currency)
        sums[key] = _together(sums[key], refused) if key in sums else refused
    return tuple(kept), tuple(sums[key] for key in sorted(sums))


def _sum_of(move: Move, sheets: Mapping[str, PriceSheet], guards: Guards) -> NotWorth | None:
    """What the move costs and saves, where it is made for its price and is not worth it."""
    source, target = sheets[move.source_store], sheets[move.target_store]
    each_month = stored_per_month(move, source) - stored_per_month(move, target)
    if source.currency != target.currency or each_month <= 0:
        return None
    (cost,) = costs_of([move], sheets)
    costs, saves = cost.once + early_deletion_of(move, source), each_month * guards.horizon_months
    if costs <= saves:
        return None
    return NotWorth(
        source_store=move.source_store,
        target_store=move.target_store,
        rule=move.rule,
        currency=source.currency,
        packages=1,
        size_bytes=move.size_bytes,
        costs=round(costs, 6),
        saves=round(saves, 6),
    )


def _together(one: NotWorth, other: NotWorth) -> NotWorth:
    return replace(
        one,
        packages=one.packages + other.packages,
        size_bytes=one.size_bytes + other.size_bytes,
        costs=round(one.costs + other.costs, 6),
        saves=round(one.saves + other.saves, 6),
    )


def within_run(
    moves: Sequence[Move],
    only_cheaper: Set[str],
    sheets: Mapping[str, PriceSheet],
    guards: Guards,
    refusals: Refusals,
) -> tuple[Move, ...]:
    """As many moves as one run may make, those that protect something first; the others are refused."""
    run = guards.run
    if run.size_bytes is None and run.spend is None:
        return tuple(moves)
    left = run.size_bytes
    spent: defaultdict[str, float] = defaultdict(float)
    kept: list[Move] = []
    for move in _protecting_first(moves, only_cheaper):
        if left is not None and move.size_bytes > left:
            refusals.add("guards.run.size", "copies", "one run may not copy more", size_bytes=move.size_bytes)
            continue
        costs = costs_of([move], sheets) if run.spend is not None else ()
        if any(spent[cost.currency] + cost.once > (run.spend or 0.0) for cost in costs):
            refusals.add(
                "guards.run.spend", "copies", "one run may not spend more", size_bytes=move.size_bytes
            )
            continue
        left = None if left is None else left - move.size_bytes
        for cost in costs:
            spent[cost.currency] += cost.once
        kept.append(move)
    return tuple(sorted(kept, key=lambda move: (move.package_id, move.target_store)))


def _protecting_first(moves: Iterable[Move], only_cheaper: Set[str]) -> list[Move]:
    return sorted(moves, key=lambda move: move.package_id in only_cheaper)
