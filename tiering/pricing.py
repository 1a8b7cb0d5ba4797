"""What the moves of a plan cost: requests and money from the price sheets, hours from what was measured."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from holdings.records import Event, EventType, Outcome
from holdings.settings.prices import PriceSheet
from holdings.stores.reading import WHOLE_BYTES
from tiering.plan import Cost, Move, Removal

GB = 1_000_000_000
_DAYS_PER_MONTH = 30
"""As providers count the days of a minimum."""
TRANSFERS = frozenset({EventType.INGESTION, EventType.REPLICATION})
"""Events whose detail has `size_bytes` and `seconds`: what was written and read back, and for how long."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Requests:
    """What the stores will be asked."""

    puts: int
    gets: int


def requests_of(moves: Sequence[Move]) -> Requests:
    """As many as `apply` makes when nothing has to be tried again; manifests counted."""
    return Requests(
        puts=sum(move.objects + 1 for move in moves),
        gets=sum(move.objects + _target_gets(move) for move in moves),
    )


def _target_gets(move: Move) -> int:
    """Objects and manifest are read back; whether one is there already is asked of large ones only."""
    looks = move.objects if move.size_bytes > WHOLE_BYTES * move.objects else 0
    return looks + move.objects + 1


def costs_of(
    moves: Iterable[Move], sheets: Mapping[str, PriceSheet], more: Iterable[Cost] = ()
) -> tuple[Cost, ...]:
    """What the moves cost, by currency in alphabetical order.

    more : costs of something else, to be summed with them.

    sheets : by the name of the store.

    A move between two currencies appears in both, with the part that each provider bills.
    """
    by_currency: defaultdict[str, list[Cost]] = defaultdict(list)
    for cost in more:
        by_currency[cost.currency].append(cost)
    for move in moves:
        source, target = sheets[move.source_store], sheets[move.target_store]
        by_currency[source.currency].append(_reading(move, source, gets=move.objects))
        by_currency[target.currency].append(_reading(move, target, gets=_target_gets(move)))
        by_currency[target.currency].append(_keeping(move, target))
    return tuple(_sum(currency, parts) for currency, parts in sorted(by_currency.items()))


def _reading(move: Move | Removal, sheet: PriceSheet, *, gets: int) -> Cost:
    gigabytes = move.size_bytes / GB
    return Cost(
        currency=sheet.currency,
        requests=gets * sheet.amount("get_per_1000") / 1000,
        retrieval=gigabytes * sheet.amount("retrieval_per_gb"),
        egress=gigabytes * sheet.amount("egress_per_gb"),
        storage_per_month=0.0,
    )


def _keeping(move: Move, sheet: PriceSheet) -> Cost:
    return Cost(
        currency=sheet.currency,
        requests=(move.objects + 1) * sheet.amount("put_per_1000") / 1000,
        retrieval=0.0,
        egress=0.0,
        storage_per_month=stored_per_month(move, sheet),
    )


def stored_per_month(step: Move | Removal, sheet: PriceSheet) -> float:
    """What one copy adds to each month's bill."""
    return _billable_bytes(step, sheet) / GB * sheet.amount("storage_per_gb_month")


def early_deletion_of(step: Move | Removal, sheet: PriceSheet, *, days_held: float = math.inf) -> float:
    """What the provider bills for the days that are missing from its minimum.

    days_held : infinite where the copy is older than anything that was looked back to.
    """
    missing = max(0.0, sheet.amount("minimum_days") - days_held)
    return stored_per_month(step, sheet) * missing / _DAYS_PER_MONTH


def removal_costs(
    removals: Iterable[Removal],
    sheets: Mapping[str, PriceSheet],
    made_at: Mapping[tuple[str, str], datetime],
    *,
    at: datetime,
) -> list[Cost]:
    """What removing costs and saves, and what proving the copies that stay costs; to be summed."""
    parts: list[Cost] = []
    for removal in removals:
        sheet = sheets[removal.store]
        made = made_at.get((removal.package_id, removal.store))
        days = (at - made).total_seconds() / 86_400 if made else math.inf
        saved, early = stored_per_month(removal, sheet), early_deletion_of(removal, sheet, days_held=days)
        parts.append(replace(_no_cost(sheet.currency), early_deletion=early, saved_per_month=saved))
        parts += [_reading(removal, sheets[store], gets=2 * (removal.objects + 1)) for store in removal.keeps]
    return parts


def _no_cost(currency: str) -> Cost:
    return Cost(currency=currency, requests=0.0, retrieval=0.0, egress=0.0, storage_per_month=0.0)


def _billable_bytes(move: Move | Removal, sheet: PriceSheet) -> float:
    """At least: a plan knows the number of objects, not which of them is below the minimum."""
    objects = move.objects + 1
    least = objects * sheet.amount("minimum_billable_bytes")
    return max(move.size_bytes, least) + objects * sheet.amount("overhead_bytes_per_object")


def _sum(currency: str, parts: Sequence[Cost]) -> Cost:
    return Cost(
        currency=currency,
        requests=round(sum(part.requests for part in parts), 6),
        retrieval=round(sum(part.retrieval for part in parts), 6),
        egress=round(sum(part.egress for part in parts), 6),
        storage_per_month=round(sum(part.storage_per_month for part in parts), 6),
        early_deletion=round(sum(part.early_deletion for part in parts), 6),
        saved_per_month=round(sum(part.saved_per_month for part in parts), 6),
    )


def hours_of(moves: Iterable[Move], bytes_per_second: Mapping[str, float]) -> float | None:
    """How long the moves take, one target after another; None where a target's rate is not known.

    bytes_per_second : by target store, from `measured_rates`.
    """
    to_store: defaultdict[str, int] = defaultdict(int)
    for move in moves:
        to_store[move.target_store] += move.size_bytes
    if to_store.keys() - bytes_per_second.keys():
        return None
    return round(sum(size / bytes_per_second[store] for store, size in to_store.items()) / 3600, 6)


def measured_rates(events: Iterable[Event]) -> dict[str, float]:
    """Bytes per second into each store, over the time in which anything was transferred to it.

    Transfers that ran side by side count their common seconds once, so that the rate is that
    of the whole run and not of one of its threads. A store without a measured transfer is absent.
    """
    transfers: defaultdict[str, list[_Transfer]] = defaultdict(list)
    for event in events:
        if event.store is not None and (transfer := _transfer(event)):
            transfers[event.store].append(transfer)
    return {
        store: sum(each.size_bytes for each in done) / _covered_seconds(done)
        for store, done in transfers.items()
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class _Transfer:
    begin: float
    end: float
    size_bytes: int


def _transfer(event: Event) -> _Transfer | None:
    """What was measured, if the event is a transfer that was."""
    seconds, size = event.detail.get("seconds"), event.detail.get("size_bytes")
    if event.event_type not in TRANSFERS or event.outcome is not Outcome.SUCCESS:
        return None
    if not isinstance(seconds, int | float) or not isinstance(size, int) or seconds <= 0 or size <= 0:
        return None
    end = event.at.timestamp()
    return _Transfer(begin=end - seconds, end=end, size_bytes=size)


def _covered_seconds(transfers: Iterable[_Transfer]) -> float:
    covered, reached = 0.0, float("-inf")
    for each in sorted(transfers, key=lambda transfer: transfer.begin):
        covered += max(0.0, each.end - max(each.begin, reached))
        reached = max(reached, each.end)
    return covered
