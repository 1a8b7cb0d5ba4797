"""A plan for what the house holds: `deciding` says which moves, `pricing` says what they take."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from holdings.errors import BadInput
from holdings.house import House
from holdings.settings.prices import PriceSheet
from holdings.settings.prices_reading import read_price_sheet
from tiering.choosing import StoreFacts
from tiering.deciding import Decision, decide
from tiering.plan import PLAN_FORMAT, Plan, Totals, sealed
from tiering.policy import Policy
from tiering.pricing import TRANSFERS, costs_of, hours_of, measured_rates, requests_of


def make_plan(house: House, policy: Policy, *, at: datetime) -> Plan:
    """The plan that turns what the house holds into what `policy` wants at the moment `at`.

    Raises BadInput where the policy names a tier that no store is in.
    """
    know_tiers(house, policy)
    sheets = store_sheets(house)
    decision = decide(
        house.catalogue.package_table(),
        house.catalogue.copy_table(),
        store_facts(house, sheets),
        policy,
        at=at,
    )
    return sealed(
        Plan(
            format=PLAN_FORMAT,
            plan_id="",
            made_at=house.clock.now().astimezone(UTC),
            at=at.astimezone(UTC),
            catalogue_id=house.catalogue.catalogue_id,
            policy_sha256=policy.sha256,
            moves=decision.moves,
            blocked=decision.blocked,
            due=decision.due,
            surplus=decision.surplus,
            totals=_totals(house, decision, sheets),
        )
    )


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
        )
        for name, store in house.settings.stores.items()
    ]


def know_tiers(house: House, policy: Policy) -> None:
    """Raise BadInput where `policy` wants copies in a tier that no store is in: most likely a slip."""
    known = {store.tier for store in house.settings.stores.values()}
    wanted = {tier for rule in policy.rules for tier, copies in rule.copies.items() if copies}
    if unknown := sorted(wanted - known):
        raise BadInput(
            f"The policy wants copies in the tier '{unknown[0]}', and no store is in it.",
            hint=f"The settings name the tiers: {', '.join(sorted(known))}.",
        )


def _rates(house: House) -> dict[str, float]:
    """As measured in the last thousand transfers: what ran years ago says nothing of tonight."""
    return measured_rates(house.catalogue.events(types=TRANSFERS, latest=1000))


def _totals(house: House, decision: Decision, sheets: Mapping[str, PriceSheet]) -> Totals:
    moves = decision.moves
    requests = requests_of(moves)
    return Totals(
        packages=decision.packages,
        moves=len(moves),
        size_bytes=sum(move.size_bytes for move in moves),
        objects=sum(move.objects for move in moves),
        put_requests=requests.puts,
        get_requests=requests.gets,
        costs=costs_of(moves, sheets),
        hours=hours_of(moves, _rates(house)) if moves else 0.0,
    )
