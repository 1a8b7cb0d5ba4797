"""A policy in words: why a package lies where it does, and what another policy would change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from holdings.house import House
from holdings.records import CopyStatus
from tiering.describing import described
from tiering.holding import Hold, holds_on
from tiering.planning import store_sheets
from tiering.policy import Policy, Rule, place
from tiering.pricing import GB


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """What decides for one package at a moment."""

    package_id: str
    kind: str
    collection: str
    age_days: int
    rule: Rule
    held: Mapping[str, CopyStatus]
    """By store."""
    holds: tuple[Hold, ...]

    @property
    def sentence(self) -> str:
        """For a person."""
        wanted = " and ".join(f"{n} in {tier}" for tier, n in self.rule.copies.items() if n)
        total = sum(self.rule.copies.values())
        copies = f"{total} {'copy' if total == 1 else 'copies'}"
        over = f" over {self.rule.domains} domains" if self.rule.domains > 1 else ""
        has = ", ".join(f"{store} ({status})" for store, status in self.held.items()) or "no store"
        held = "".join(f" {hold.owner} holds it: {hold.reason}." for hold in self.holds)
        return (
            f"{self.package_id} is a {self.kind} of {self.collection}, {self.age_days:,} "
            f"{'day' if self.age_days == 1 else 'days'} old, so the rule '{self.rule.name}' decides "
            f"({self.rule.where}), which wants {copies} ({wanted}{over}) for this reason: "
            f'"{self.rule.because.rstrip(".")}"; it lies in {has}.{held}'
        )


def explain(house: House, policy: Policy, package_id: str, *, at: datetime) -> Explained:
    """Why `policy` wants the package where it wants it. Raises NotFound."""
    package = house.catalogue.package(package_id)
    table = described(house, policy, at=at)
    row = table.filter(pc.equal(table.column("package_id"), package_id))
    (number,) = place(row, policy, at=at).column("rule").to_pylist()
    return Explained(
        package_id=package_id,
        kind=package.kind.value,
        collection=package.collection,
        age_days=(at - package.created_at).days,
        rule=policy.rules[number],
        held={copy.store: copy.status for copy in house.catalogue.copies(package_id=package_id)},
        holds=tuple(holds_on(house.catalogue, package_id)),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Packages for which another rule, with other copies, would decide."""

    before: str
    after: str
    package_ids: Sequence[str]
    size_bytes: int
    """Of one copy of each."""
    copies: Mapping[str, int]
    """More or fewer copies of each, by tier."""
    per_month: Mapping[str, float]
    """More or less to pay each month, by currency, at the dearest store of each tier."""


def difference(house: House, one: Policy, other: Policy, *, at: datetime) -> list[Change]:
    """What changes where `other` takes the place of `one`, by the rules that decide; the largest first."""
    table = described(house, one, at=at)
    more = described(house, other, at=at)
    for name in set(more.column_names) - set(table.column_names):
        table = table.append_column(name, more.column(name))
    rules = [place(table, policy, at=at).column("rule") for policy in (one, other)]
    pairs = pa.table(
        {
            "before": rules[0],
            "after": rules[1],
            "package_id": table.column("package_id"),
            "bytes": table.column("bytes"),
        }
    )
    sums = pairs.group_by(["before", "after"]).aggregate([("bytes", "sum"), ("package_id", "list")])
    prices = _prices(house)
    found = [
        _change(
            one.rules[row["before"]],
            other.rules[row["after"]],
            row["package_id_list"],
            row["bytes_sum"],
            prices,
        )
        for row in sums.to_pylist()
    ]
    changes = [change for change in found if change is not None]
    return sorted(changes, key=lambda change: (-change.size_bytes, change.before, change.after))


def _change(
    before: Rule,
    after: Rule,
    package_ids: Sequence[str],
    size_bytes: int,
    prices: Mapping[str, tuple[str, float]],
) -> Change | None:
    tiers = dict.fromkeys((*before.copies, *after.copies))
    copies = {
        tier: more for tier in tiers if (more := after.copies.get(tier, 0) - before.copies.get(tier, 0))
    }
    if not copies and before.domains == after.domains:
        return None
    money: defaultdict[str, float] = defaultdict(float)
    for tier, more in copies.items():
        if tier in prices:
            currency, per_gb = prices[tier]
            money[currency] += more * size_bytes / GB * per_gb
    return Change(
        before=before.name,
        after=after.name,
        package_ids=sorted(package_ids),
        size_bytes=size_bytes,
        copies=copies,
        per_month={currency: round(amount, 6) for currency, amount in money.items()},
    )


def _prices(house: House) -> dict[str, tuple[str, float]]:
    """By tier the currency and the price of a GB and month, at its dearest store."""
    found: dict[str, tuple[str, float]] = {}
    for name, sheet in store_sheets(house).items():
        tier, price = house.settings.stores[name].tier, sheet.amount("storage_per_gb_month")
        if tier not in found or price > found[tier][1]:
            found[tier] = (sheet.currency, price)
    return found
