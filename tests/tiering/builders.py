"""Tables, stores and policies for tests of tiering, in a line or two each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from holdings.records import CopyStatus
from tiering.choosing import StoreFacts
from tiering.policy import Guards, Policy, RemovalCeilings, Rule, RunCeilings

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_MOMENT = pa.timestamp("us", "UTC")

OLD_BAGS_ALSO_COLD = Rule(
    name="old bags also rest in cold",
    where="kind = 'bag' and age_days >= 365",
    copies={"hot": 1, "cold": 1},
    domains=2,
    because="a year after its deposit a bag must survive the loss of a site",
)
ELSE_HOT = Rule(
    name="everything else is hot",
    where="true",
    copies={"hot": 1},
    domains=1,
    because="it is being worked with",
)


REMOVING = RemovalCeilings(packages=1000, size_bytes=10**12, share=1.0)


def a_policy(
    *rules: Rule,
    verified_within_days: int = 90,
    removal: RemovalCeilings | None = None,
    settle_days: int = 7,
    run: RunCeilings | None = None,
) -> Policy:
    """The rules given, or the two of the handbook; nothing is ever removed without `removal`."""
    return Policy(
        guards=Guards(
            verified_within_days=verified_within_days,
            removal=removal or RemovalCeilings(),
            settle_days=settle_days,
            run=run or RunCeilings(),
        ),
        rules=rules or (OLD_BAGS_ALSO_COLD, ELSE_HOT),
    )


def a_rule(copies: Mapping[str, int], *, domains: int = 1, where: str = "true", name: str = "all") -> Rule:
    return Rule(name=name, where=where, copies=copies, domains=domains, because="so it was decided")


def a_store(
    name: str,
    *,
    tier: str | None = None,
    domain: str | None = None,
    cost: float = 0.0,
    read_only: bool = False,
) -> StoreFacts:
    """A store whose tier is its name without digits, in a domain of its own."""
    return StoreFacts(
        name=name,
        tier=tier or name.rstrip("0123456789"),
        domain=domain or f"site-of-{name}",
        read_only=read_only,
        read_cost_per_gb=cost,
    )


def packages_table(
    ages: Mapping[str, int], *, kind: str = "bag", size: int = 1000, at: datetime = NOON
) -> pa.Table:
    """Packages by identifier, with their age in days at `at`."""
    n = len(ages)
    return pa.table(
        {
            "package_id": pa.array(list(ages), pa.string()),
            "kind": pa.array([kind] * n, pa.string()),
            "collection": pa.array(["nhmuk-pinned"] * n, pa.string()),
            "created_at": pa.array([at - timedelta(days=age) for age in ages.values()], _MOMENT),
            "bytes": pa.array([size] * n, pa.int64()),
            "objects": pa.array([2] * n, pa.int32()),
            "images": pa.array([7] * n, pa.int64()),
        }
    )


def copies_table(
    rows: Sequence[tuple[str, str, CopyStatus]], *, verified_at: datetime | None = NOON
) -> pa.Table:
    """Copies as (package, store, status)."""
    return pa.table(
        {
            "package_id": pa.array([row[0] for row in rows], pa.string()),
            "store": pa.array([row[1] for row in rows], pa.string()),
            "status": pa.array([str(row[2]) for row in rows], pa.string()),
            "made_by": pa.array(["a deposit"] * len(rows), pa.string()),
            "verified_at": pa.array([verified_at] * len(rows), _MOMENT),
        }
    )
