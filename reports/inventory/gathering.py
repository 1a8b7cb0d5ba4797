"""Reads what is held and gives plain data: sums by collection, store and month, never a row for each package.

So the data of ten packages and of a million are of one size. Only what is wrong is named, and only so
much of it as somebody can look at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from itertools import pairwise
from typing import Any

from holdings.house import House
from holdings.records import short
from reports.asking import DAY_S, asked, moment_of, month_of_day
from tiering.holding import holds_on
from tiering.planning import store_sheets
from tiering.policy import Policy, read_policy
from tiering.standing import Wanting, below_policy
from tiering.totalling import asserted_in

Data = dict[str, Any]
NAMED = 30
"""Of what is wrong, so many are named; the sums count all."""
_AGES_DAYS = (30, 90, 180, 365, 730, 1825)


def gather_holdings(house: House) -> Data:
    """Everything that a report says of what is held."""
    policy, at = read_policy(house.settings.policy), house.clock.now()
    held, copies = _held(house), _copies(house, at)
    told = {each.store: each.copies for each in asserted_in(house, house.stores)}
    wanting = below_policy(house, policy, at=at)
    statuses = Counter[str]()
    for each in copies:
        statuses[each["status"]] += each["copies"]
    return {
        "catalogue_id": house.catalogue.catalogue_id,
        "agent": house.agent,
        "made_at": short(at),
        "policy": {"name": house.settings.policy.name, "days": policy.guards.verified_within_days},
        "images": sum(each["images"] for each in held),
        "packages": sum(each["packages"] for each in held),
        "bytes": sum(each["bytes"] for each in held),
        "verified": statuses.pop("verified", 0),
        "given_up": statuses.pop("retired", 0),
        "not_good": dict(sorted(statuses.items())),
        "below": [_wanting(each) for each in wanting],
        "stores": [_store(house, name, copies, told.get(name, 0)) for name in house.stores],
        "collections": _collections(house, held),
        "cells": _cells(house, held),
        "ages": _ages(copies, policy, house),
        "due": _due(copies, policy),
        "damaged": _damaged(house),
        "formats": _formats(house),
        "growth": _growth(house),
        **_holds(house),
        **_withdrawn(house),
        "events": _events(house),
    }


def _held(house: House) -> list[Data]:
    """Packages of one collection with verified copies in the same stores, summed up."""
    return asked(
        house.catalogue,
        """
        SELECT collection, stores, count(*) AS packages, sum(bytes)::BIGINT AS bytes,
               sum(images)::BIGINT AS images
        FROM (
            SELECT p.package_id, p.collection, p.bytes, p.images,
                   string_agg(c.store, '|' ORDER BY c.store) AS stores
            FROM packages p LEFT JOIN (SELECT package_id, store FROM copies WHERE status = 'verified') c
            ON p.package_id = c.package_id GROUP BY p.package_id, p.collection, p.bytes, p.images
        ) GROUP BY collection, stores ORDER BY collection, stores NULLS FIRST
        """,
    )


def _copies(house: House, at: datetime) -> list[Data]:
    """Copies of one store and status that were last read the same number of days ago, summed up.

    Begun days count as whole ones, so that more than 90 of them are more than 90 times 24 hours.
    """
    now = int(at.timestamp())
    return asked(
        house.catalogue,
        f"""
        SELECT c.store, c.status, ceil(({now} - epoch(c.verified_at)) / {DAY_S})::BIGINT AS days,
               count(*) AS copies, sum(p.bytes)::BIGINT AS bytes, min(epoch(c.verified_at)) AS oldest
        FROM copies c JOIN packages p ON c.package_id = p.package_id
        GROUP BY c.store, c.status, days ORDER BY c.store, c.status, days NULLS FIRST
        """,  # noqa: S608  # two whole numbers
    )


def _wanting(each: Wanting) -> Data:
    return {
        "rule": each.rule,
        "because": each.because,
        "wanting": each.wanting,
        "packages": each.packages,
        "bytes": each.size_bytes,
        "copies": each.copies,
        "copies_bytes": each.copies_bytes,
        "examples": list(each.examples),
    }


def _store(house: House, name: str, copies: list[Data], told: int) -> Data:
    spec = house.settings.stores[name]
    here = [each for each in copies if each["store"] == name]
    good = [each for each in here if each["status"] == "verified"]
    read = [each["oldest"] for each in good if each["oldest"] is not None]
    return {
        "name": name,
        "tier": spec.tier,
        "domain": spec.domain,
        "packages": sum(each["copies"] for each in good),
        "bytes": sum(each["bytes"] for each in good),
        "not_good": sum(each["copies"] for each in here if each["status"] not in ("verified", "retired")),
        "oldest_check": moment_of(min(read, default=None)),
        "told": told,
        "wakes_in_hours": store_sheets(house)[name].amount("restore_hours"),
    }


def _where(house: House, stores: str | None) -> list[str]:
    return [name for name in (stores or "").split("|") if name in house.settings.stores]


def _collections(house: House, held: list[Data]) -> list[Data]:
    by_name: dict[str, list[Data]] = defaultdict(list)
    for each in held:
        by_name[each["collection"]].append(each)
    return [
        {
            "name": name,
            **{key: sum(each[key] for each in parts) for key in ("packages", "images", "bytes")},
            "fewest_copies": min(len(_where(house, each["stores"])) for each in parts),
            "fewest_domains": min(
                len({house.settings.stores[store].domain for store in _where(house, each["stores"])})
                for each in parts
            ),
        }
        for name, parts in sorted(by_name.items())
    ]


def _cells(house: House, held: list[Data]) -> list[Data]:
    """Verified copies by collection, tier and domain."""
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for each in held:
        stores = [house.settings.stores[name] for name in _where(house, each["stores"])]
        for store in stores:
            sums[each["collection"], store.tier, store.domain][1] += each["bytes"]
        for tier, domain in {(store.tier, store.domain) for store in stores}:
            sums[each["collection"], tier, domain][0] += each["packages"]
    return [
        {"collection": name, "tier": tier, "domain": domain, "packages": packages, "bytes": size}
        for (name, tier, domain), (packages, size) in sorted(sums.items())
    ]


def _ages(copies: list[Data], policy: Policy, house: House) -> list[Data]:
    """Verified copies by how long ago they were last read; a class ends where the policy's days end."""
    limit = policy.guards.verified_within_days
    ends = sorted({*_AGES_DAYS, limit})
    classes = [*((low, high) for low, high in pairwise([-1, *ends])), (ends[-1], None)]
    good = [each for each in copies if each["status"] == "verified"]
    found = [
        _age(low, high, [each for each in good if _between(each["days"], low, high)], house, limit)
        for low, high in classes
    ]
    never = _age(None, None, [each for each in good if each["days"] is None], house, limit)
    return [*found, never] if never["copies"] else found


def _between(days: int | None, low: int, high: int | None) -> bool:
    # A copy that was read within this very second may be a moment in the future of a clock that stands.
    return days is not None and (low < days or low == -1) and (high is None or days <= high)


def _age(low: int | None, high: int | None, parts: list[Data], house: House, limit: int) -> Data:
    return {
        "over_days": low,
        "to_days": high,
        "due": low is None or low >= limit,
        "copies": sum(each["copies"] for each in parts),
        "bytes": sum(each["bytes"] for each in parts),
        "by_store": [sum(each["copies"] for each in parts if each["store"] == name) for name in house.stores],
    }


def _due(copies: list[Data], policy: Policy) -> Data:
    limit = policy.guards.verified_within_days
    late = [
        each
        for each in copies
        if each["status"] == "verified" and (each["days"] is None or each["days"] > limit)
    ]
    return {
        "copies": sum(each["copies"] for each in late),
        "bytes": sum(each["bytes"] for each in late),
        "stores": sorted({each["store"] for each in late}),
    }


def _damaged(house: House) -> list[Data]:
    """The copies that are known not to be good, as many as are named."""
    rows = asked(
        house.catalogue,
        f"""
        SELECT c.package_id, p.collection, c.store, c.status, epoch(c.verified_at) AS read_at, p.bytes
        FROM copies c JOIN packages p ON c.package_id = p.package_id
        WHERE c.status IN ('suspect', 'missing') ORDER BY c.package_id, c.store LIMIT {NAMED}
        """,  # noqa: S608  # a whole number
    )
    return [
        {
            **{key: row[key] for key in ("package_id", "collection", "store", "status", "bytes")},
            "last_good": moment_of(row["read_at"]),
        }
        for row in rows
    ]


def _formats(house: House) -> list[Data]:
    return asked(
        house.catalogue,
        """
        SELECT coalesce(media_type, '') AS media_type,
               coalesce(terms['dwc:basisOfRecord'], '') AS object_type, count(*) AS images,
               sum(size_bytes)::BIGINT AS bytes
        FROM images GROUP BY 1, 2 ORDER BY 1, 2
        """,
    )


def _growth(house: House) -> list[Data]:
    """What was deposited in each month that brought something, by UTC."""
    days = asked(
        house.catalogue,
        f"""
        SELECT floor(epoch(created_at) / {DAY_S})::BIGINT AS day, count(*) AS packages,
               sum(images)::BIGINT AS images, sum(bytes)::BIGINT AS bytes
        FROM packages WHERE kind = 'bag' GROUP BY 1 ORDER BY 1
        """,  # noqa: S608  # a whole number
    )
    months: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in days:
        sums = months[month_of_day(each["day"])]
        for number, key in enumerate(("packages", "images", "bytes")):
            sums[number] += each[key]
    return [
        {"month": month, "packages": packages, "images": images, "bytes": size}
        for month, (packages, images, size) in sorted(months.items())
    ]


def _holds(house: House) -> Data:
    holds = holds_on(house.catalogue)
    return {
        "holds_packages": len({hold.package_id for hold in holds}),
        "holds": [
            {
                "package_id": hold.package_id,
                "owner": hold.owner,
                "reason": hold.reason,
                "since": short(hold.since),
            }
            for hold in holds[-NAMED:]
        ],
    }


def _withdrawn(house: House) -> Data:
    (sums,) = asked(
        house.catalogue,
        """
        SELECT count(*) FILTER (WHERE image_id IS NULL) AS packages,
               count(*) FILTER (WHERE image_id IS NOT NULL) AS images FROM withdrawals
        """,
    )
    rows = asked(
        house.catalogue,
        f"""
        SELECT coalesce(image_id, package_id) AS subject, withdrawn_by, reason, epoch(happened_at) AS since
        FROM withdrawals ORDER BY since DESC, subject LIMIT {NAMED}
        """,  # noqa: S608  # a whole number
    )
    return {
        "withdrawn_sums": sums,
        "withdrawn": [
            {
                "subject": row["subject"],
                "since": moment_of(row["since"]),
                "by": row["withdrawn_by"],
                "reason": row["reason"],
            }
            for row in rows
        ],
    }


def _events(house: House) -> list[Data]:
    rows = asked(
        house.catalogue,
        """
        SELECT event_type AS event, count(*) AS times, count(*) FILTER (WHERE outcome = 'fail') AS failed,
               min(epoch(happened_at)) AS first, max(epoch(happened_at)) AS last
        FROM events GROUP BY 1 ORDER BY 1
        """,
    )
    return [{**row, "first": moment_of(row["first"]), "last": moment_of(row["last"])} for row in rows]
