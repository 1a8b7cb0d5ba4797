"""The ceilings of the policy once more, when a plan is applied: whoever made it, however it was sealed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from holdings.errors import PlanRefused
from holdings.house import House
from holdings.records import CopyStatus
from tiering.plan import Plan
from tiering.planning import store_sheets
from tiering.policy import Policy
from tiering.pricing import costs_of

_CENT = 0.01
"""Sums of money are rounded to the millionth, each move by itself."""


def refuse_beyond_guards(house: House, plan: Plan, policy: Policy) -> None:
    """Raise PlanRefused where `plan` would move, spend or remove more than one run may."""
    for guard, wants, allows in (*_copying(house, plan, policy), *_removing(house, plan, policy)):
        if wants > allows:
            raise PlanRefused(
                f"The plan {plan.plan_id[:12]} goes beyond {guard}: {_told(wants)}, where "
                f"{_told(allows)} are allowed.",
                hint="holdfast tier plan -o FILE makes one that the policy allows.",
            )


def _told(number: float) -> str:
    return f"{number:,.2f}".removesuffix(".00")


Ceiling = tuple[str, float, float]
"""The guard, what the plan wants, what is allowed."""


def _copying(house: House, plan: Plan, policy: Policy) -> Iterator[Ceiling]:
    run = policy.guards.run
    if run.size_bytes is not None:
        yield "guards.run.size", sum(move.size_bytes for move in plan.moves), run.size_bytes
    if run.spend is not None:
        for cost in costs_of(plan.moves, store_sheets(house)):
            yield f"guards.run.spend ({cost.currency})", cost.once, run.spend + _CENT


def _removing(house: House, plan: Plan, policy: Policy) -> Iterator[Ceiling]:
    most = policy.guards.removal
    if not plan.removals:
        return
    yield "guards.removal.packages", len(plan.removals), most.packages
    yield "guards.removal.size", sum(each.size_bytes for each in plan.removals), most.size_bytes
    removed = {(each.package_id, each.store) for each in plan.removals}
    for store, number in Counter(each.store for each in plan.removals).items():
        held = sum(
            # What an earlier run of this plan gave up was held when its share was granted.
            copy.status is CopyStatus.VERIFIED or (copy.package_id, store) in removed
            for copy in house.catalogue.copies(store=store)
        )
        yield f"guards.removal.share in {store}", number, int(most.share * held)
