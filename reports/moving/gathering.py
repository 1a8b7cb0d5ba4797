"""Reads a plan, and what tiering did before, and gives plain data: flows between stores, sums by month."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from heapq import nsmallest
from typing import Any

from holdings.errors import BadInput
from holdings.house import House
from holdings.records import short
from holdings.settings.prices import PriceSheet
from reports.asking import DAY_S, asked, moment_of, month_of_day, quoted
from tiering.plan import Blocked, Move, Plan, Removal
from tiering.planning import store_sheets
from tiering.pricing import TRANSFERS, costs_of, hours_of, measured_rates, stored_per_month

Data = dict[str, Any]
_SHOWN = 50
"""Of the moves themselves, the largest; the flows count all."""
_WORDS = {
    "replication": "made",
    "deletion": "removed",
    "fixity check": "read",
    "recovery": "repaired",
}


def gather_tiering(house: House, plan: Plan, *, given: str | None) -> Data:
    """A plan against the stores of the house, and the history of its tiering.

    given : the name of the file that the plan came in; None where it was made just now.

    Raises BadInput for a plan of other holdings, or of stores that the settings do not name.
    """
    _check(house, plan, given)
    return {
        "catalogue_id": house.catalogue.catalogue_id,
        "agent": house.agent,
        "made_at": short(house.clock.now()),
        "stores": [
            {"name": name, "tier": spec.tier, "domain": spec.domain}
            for name, spec in house.settings.stores.items()
        ],
        "plan": _plan(house, plan, given),
        "history": _history(house),
    }


def _check(house: House, plan: Plan, given: str | None) -> None:
    if plan.catalogue_id != house.catalogue.catalogue_id:
        raise BadInput(
            f"{given or 'The plan'} was made for catalogue {plan.catalogue_id[:40]}, and these holdings are "
            f"catalogue {house.catalogue.catalogue_id}.",
            hint="Name the settings that it was made with: --settings FILE.",
        )
    named = {store for move in plan.moves for store in (move.source_store, move.target_store)}
    named |= {removal.store for removal in plan.removals}
    if missing := sorted(named - house.settings.stores.keys()):
        raise BadInput(
            f"{given or 'The plan'} moves between stores that the settings do not name: "
            f"{', '.join(missing)}.",
            hint="holdfast tier plan -o FILE makes a new one.",
        )


def _plan(house: House, plan: Plan, given: str | None) -> Data:
    sheets = store_sheets(house)
    rates = measured_rates(house.catalogue.events(types=TRANSFERS, latest=1000))
    totals = plan.totals
    return {
        "file": given,
        "plan_id": plan.plan_id,
        "made_at": short(plan.made_at),
        "at": short(plan.at),
        "policy_sha256": plan.policy_sha256,
        "packages": totals.packages,
        "copies": totals.moves,
        "bytes": totals.size_bytes,
        "objects": totals.objects,
        "put_requests": totals.put_requests,
        "get_requests": totals.get_requests,
        "removals": totals.removals,
        "removed_bytes": totals.removed_bytes,
        "recalls": totals.recalls,
        "recall_hours": totals.recall_hours,
        # A store that nobody had measured when the plan was made may have been measured since.
        "hours": hours_of(plan.moves, rates) if totals.hours is None else totals.hours,
        "costs": [{**asdict(cost), "once": cost.once} for cost in totals.costs],
        "flows": [*_flows(plan.moves, sheets, rates), *_removed(plan.removals, sheets)],
        "moves": _largest(plan),
        "refused": [asdict(each) for each in plan.refused],
        "not_worth": [asdict(each) for each in plan.not_worth],
        "blocked": _blocked(plan.blocked),
        "due": [
            {"store": each.store, "copies": each.copies, "bytes": each.size_bytes,
             "oldest": short(each.oldest) if each.oldest else None}
            for each in plan.due
        ],
        "surplus": [
            {"tier": each.tier, "packages": each.packages, "bytes": each.size_bytes} for each in plan.surplus
        ],
        "applied": _applied(house, plan),
    }  # fmt: skip


def _flows(moves: Sequence[Move], sheets: Mapping[str, PriceSheet], rates: Mapping[str, float]) -> list[Data]:
    ways: dict[tuple[str, str], list[Move]] = defaultdict(list)
    for move in moves:
        ways[move.source_store, move.target_store].append(move)
    found = [
        {
            "from": source,
            "to": target,
            "copies": len(way),
            "bytes": sum(move.size_bytes for move in way),
            "once": {cost.currency: cost.once for cost in costs_of(way, sheets)},
            "monthly": {cost.currency: cost.storage_per_month for cost in costs_of(way, sheets)},
            "hours": hours_of(way, rates),
        }
        for (source, target), way in ways.items()
    ]
    return sorted(found, key=lambda flow: (flow["from"], -int(str(flow["bytes"])), flow["to"]))


def _removed(removals: Sequence[Removal], sheets: Mapping[str, PriceSheet]) -> list[Data]:
    """A flow to nowhere for each store; what proving the others costs is in the plan's own sums."""
    stores: dict[str, list[Removal]] = defaultdict(list)
    for removal in removals:
        stores[removal.store].append(removal)
    return [
        {
            "from": store,
            "to": None,
            "copies": len(gone),
            "bytes": sum(removal.size_bytes for removal in gone),
            "once": {},
            "monthly": {
                sheets[store].currency: -sum(stored_per_month(removal, sheets[store]) for removal in gone)
            },
            "hours": None,
        }
        for store, gone in sorted(stores.items())
    ]


def _largest(plan: Plan) -> list[Data]:
    made = [(move.package_id, move.source_store, move.target_store, move) for move in plan.moves]
    gone = [(removal.package_id, removal.store, "", removal) for removal in plan.removals]
    steps: list[tuple[str, str, str, Move | Removal]] = [*made, *gone]
    return [
        {
            "package_id": package_id,
            "from": source,
            "to": target or None,
            "bytes": step.size_bytes,
            "rule": step.rule,
            "reason": step.reason,
        }
        for package_id, source, target, step in nsmallest(
            _SHOWN, steps, key=lambda each: (-each[3].size_bytes, each[0], each[2])
        )
    ]


def _blocked(blocked: Sequence[Blocked]) -> list[Data]:
    sums = Counter((each.rule, each.reason) for each in blocked)
    examples: dict[tuple[str, str], str] = {}
    for each in blocked:
        examples.setdefault((each.rule, each.reason), each.package_id)
    return [
        {"rule": rule, "reason": reason, "packages": n, "example": examples[rule, reason]}
        for (rule, reason), n in sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    ]


def _applied(house: House, plan: Plan) -> Data:
    """What of this very plan has been done."""
    (sums,) = asked(
        house.catalogue,
        f"""
        SELECT count(*) FILTER (WHERE event_type = 'replication' AND outcome = 'success') AS made,
               count(*) FILTER (WHERE event_type = 'deletion' AND outcome = 'success') AS removed,
               max(epoch(happened_at)) AS latest
        FROM events WHERE run = {quoted(plan.plan_id)}
        """,  # noqa: S608  # quoted
    )
    return {"made": sums["made"], "removed": sums["removed"], "latest": moment_of(sums["latest"])}


def _history(house: House) -> list[Data]:
    """What was done to copies, by month: how many, how many bytes, how many did not end well."""
    rows = asked(
        house.catalogue,
        f"""
        SELECT e.event_type AS kind, floor(epoch(e.happened_at) / {DAY_S})::BIGINT AS day,
               count(*) FILTER (WHERE e.outcome = 'success') AS good,
               count(*) FILTER (WHERE e.outcome <> 'success') AS bad,
               (coalesce(sum(p.bytes) FILTER (WHERE e.outcome = 'success'), 0))::BIGINT AS bytes
        FROM events e LEFT JOIN packages p ON e.package_id = p.package_id
        WHERE e.event_type IN ('replication', 'deletion', 'fixity check', 'recovery')
        GROUP BY 1, 2 ORDER BY 1, 2
        """,  # noqa: S608  # a whole number
    )
    months: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        sums, word = months[month_of_day(row["day"])], _WORDS[row["kind"]]
        sums[word] += row["good"]
        sums[f"{word}_bad"] += row["bad"]
        sums[f"{word}_bytes"] += row["bytes"]
    names = [f"{word}{what}" for word in _WORDS.values() for what in ("", "_bytes", "_bad")]
    return [
        {"month": month, **{name: sums[name] for name in names}} for month, sums in sorted(months.items())
    ]
