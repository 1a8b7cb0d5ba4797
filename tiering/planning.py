"""A plan for what the house holds: `deciding` says which moves, `pricing` says what they take."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from holdings.errors import BadInput
from holdings.house import House
from holdings.settings import Settings
from holdings.settings.prices import PriceSheet
from holdings.settings.prices_reading import read_price_sheet
from tiering.choosing import StoreFacts
from tiering.circumstances import Circumstances, find_circumstances, withheld_for
from tiering.deciding import Decision, decide
from tiering.describing import described
from tiering.held_again import HeldAgain, apart, held_again
from tiering.locking import Locks, know_locks
from tiering.plan import PLAN_FORMAT, Blocked, Move, Plan, Refused, Totals, sealed
from tiering.policy import Policy
from tiering.pricing import (
    TRANSFERS,
    costs_of,
    hours_of,
    measured_rates,
    removal_costs,
    requests_of,
)
from tiering.worth import within_run, worth_their_price

HELD_AGAIN = "held again"
"""What stands for the guard where no copy is wanted of a package that is lost."""
_ASKED_AGAIN = 8
"""As often others are looked at for what is locked: each time costs a request for each removal of a run."""


def make_plan(house: House, policy: Policy, *, at: datetime, asks: bool = False) -> Plan:
    """The plan that turns what the house holds into what `policy` wants at the moment `at`.

    asks : the stores that have Object Lock whether what would be removed is locked, by whomever; else the
        catalogue alone is read, and locks that others set are met when the plan is applied.

    Raises BadInput where the policy names a tier that no store is in.
    """
    know_tiers(house, policy)
    know_locks(house, policy)
    sheets = store_sheets(house)
    around = find_circumstances(
        house.catalogue,
        at=at,
        look_back=_look_back(policy, sheets),
        withheld=withheld_for(house),
        locks=not policy.guards.removal.allow_none,
    )
    packages, copies = described(house, policy, at=at), house.catalogue.copy_table()
    again = held_again(house, packages, copies)
    packages, lost = apart(packages, again)
    decided = partial(
        decide,
        packages,
        copies,
        store_facts(house, sheets),
        policy,
        at=at,
    )
    decision = decided(around=around)
    if asks:
        decision = _around_locks(house, decision, around, decided, at=at)
    moves, not_worth = worth_their_price(decision.moves, decision.only_cheaper, sheets, policy.guards)
    moves = within_run(moves, decision.only_cheaper, sheets, policy.guards, decision.refusals)
    return sealed(
        Plan(
            format=PLAN_FORMAT,
            plan_id="",
            made_at=house.clock.now().astimezone(UTC),
            at=at.astimezone(UTC),
            catalogue_id=house.catalogue.catalogue_id,
            policy_sha256=policy.sha256,
            moves=moves,
            removals=decision.removals,
            refused=(*decision.refusals.told(), *map(_lost, lost)),
            not_worth=not_worth,
            blocked=tuple(_way_out(each, again) for each in decision.blocked),
            due=decision.due,
            surplus=decision.surplus,
            totals=_totals(house, decision, moves, sheets, around, at=at),
        )
    )


def _lost(each: HeldAgain) -> Refused:
    return Refused(
        guard=HELD_AGAIN,
        what="copies",
        packages=1,
        size_bytes=each.size_bytes,
        says=f"{each.package_id} is lost and withdrawn, and its images are held again as {each.other}",
    )


def _way_out(blocked: Blocked, again: Mapping[str, str]) -> Blocked:
    if (other := again.get(blocked.package_id)) is None:
        return blocked
    more = f"; its images are held again as {other}: holdfast withdraw {blocked.package_id} counts it no more"
    return replace(blocked, reason=blocked.reason + more)


def _around_locks(
    house: House, decision: Decision, around: Circumstances, decided: Callable[..., Decision], *, at: datetime
) -> Decision:
    """The decision where what its stores say is locked stays, and others may go in its place."""
    known, asked = dict(around.locked_until), set[tuple[str, str]]()
    with Locks(house) as locks:
        for _ in range(_ASKED_AGAIN):
            new = [each for each in decision.removals if (each.package_id, each.store) not in asked]
            asked |= {(each.package_id, each.store) for each in new}
            found = {place: until for place, until in locks.ends(new).items() if until > at}
            if not found:
                break
            known |= found
            decision = decided(around=replace(around, locked_until=known))
    return decision


def store_sheets(house: House) -> dict[str, PriceSheet]:
    """The price sheet of each store, by the store's name."""
    paths, stores = house.settings.price_sheets, house.settings.stores
    read = {name: read_price_sheet(paths[name]) for name in {store.price_sheet for store in stores.values()}}
    return {name: read[store.price_sheet] for name, store in stores.items()}


def store_facts(house: House, sheets: Mapping[str, PriceSheet]) -> list[StoreFacts]:
    """The stores of the house, as `decide` sees them."""
    return [
        StoreFacts(
            name=name,
            tier=store.tier,
            domain=store.domain,
            read_only=store.read_only,
            read_cost_per_gb=sheets[name].amount("retrieval_per_gb") + sheets[name].amount("egress_per_gb"),
            restore_hours=sheets[name].amount("restore_hours"),
        )
        for name, store in house.settings.stores.items()
    ]


def know_tiers(house: House, policy: Policy) -> None:
    """Raise BadInput where `policy` wants copies in a tier that no store is in: most likely a slip."""
    if unknown := unknown_tiers(house.settings, policy):
        known = {store.tier for store in house.settings.stores.values()}
        raise BadInput(
            f"The policy wants copies in the tier '{unknown[0]}', and no store is in it.",
            hint=f"The settings name the tiers: {', '.join(sorted(known))}.",
        )


def unknown_tiers(settings: Settings, policy: Policy) -> list[str]:
    """Tiers that `policy` wants copies in and no store of the settings is in."""
    known = {store.tier for store in settings.stores.values()}
    wanted = {tier for rule in policy.rules for tier, copies in rule.copies.items() if copies}
    return sorted(wanted - known)


def _rates(house: House) -> dict[str, float]:
    """As measured in the last thousand transfers: what ran years ago says nothing of tonight."""
    return measured_rates(house.catalogue.events(types=TRANSFERS, latest=1000))


def _look_back(policy: Policy, sheets: Mapping[str, PriceSheet]) -> timedelta:
    """How long ago the making of a copy matters: until it is settled, and paid for."""
    if policy.guards.removal.allow_none:
        return timedelta(0)
    minimum = max((sheet.amount("minimum_days") for sheet in sheets.values()), default=0.0)
    return timedelta(days=max(minimum, policy.guards.settle_days))


def _totals(
    house: House,
    decision: Decision,
    moves: Sequence[Move],
    sheets: Mapping[str, PriceSheet],
    around: Circumstances,
    *,
    at: datetime,
) -> Totals:
    removing = removal_costs(decision.removals, sheets, around.made_at, at=at)
    requests = requests_of(moves)
    return Totals(
        packages=decision.packages,
        moves=len(moves),
        size_bytes=sum(move.size_bytes for move in moves),
        objects=sum(move.objects for move in moves),
        put_requests=requests.puts,
        get_requests=requests.gets,
        costs=costs_of(moves, sheets, removing),
        removals=len(decision.removals),
        removed_bytes=sum(removal.size_bytes for removal in decision.removals),
        recalls=sum(move.recall_hours > 0 for move in moves),
        recall_hours=max((move.recall_hours for move in moves), default=0.0),
        hours=hours_of(moves, _rates(house)) if moves else 0.0,
    )
