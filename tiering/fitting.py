"""Whether a plan still fits what the catalogue says. Where it does not, it is refused, not adapted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from holdings.errors import BadInput, PlanRefused
from holdings.house import House
from holdings.records import Copy, CopyStatus, EventType
from tiering.beyond import refuse_beyond_guards
from tiering.plan import Move, Plan, Removal
from tiering.policy import Policy

_HINT = "holdfast tier plan -o FILE makes a new one."


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """A plan that fits: what is left to do, and what to do it with."""

    moves: Sequence[Move]
    removals: Sequence[Removal]
    already_done: int
    sources: Mapping[str, Sequence[str]]
    """By package: the stores with a verified copy, the plan's own choice first."""
    copies: Mapping[tuple[str, str], Copy]
    """By package and store."""


def fit(house: House, plan: Plan, policy: Policy) -> Fitting:
    """What of `plan` is left to do.

    Raises BadInput where it was made for another catalogue; PlanRefused where it was made for
    another policy, or names a store or package that is not there, or where the copies of a moved
    package are no longer those that were seen, but for those that this very plan has made.
    """
    _same_ground(house, plan, policy)
    refuse_beyond_guards(house, plan, policy)
    copies = _copies_now(house, plan)
    done = _done(plan, copies)
    removed = _removed(house, plan)
    _same_copies(plan, copies, done | _being_removed(plan, copies))
    _same_packages(house, plan)
    moves = [move for move in plan.moves if (move.package_id, move.target_store) not in done]
    sources = {move.package_id: _sources(move) for move in moves}
    removals = [each for each in plan.removals if (each.package_id, each.store) not in removed]
    left = len(moves) + len(removals)
    return Fitting(
        moves=moves,
        removals=removals,
        already_done=len(plan.moves) + len(plan.removals) - left,
        sources=sources,
        copies=copies,
    )


def refuse_of_another_catalogue(house: House, plan: Plan, *, origin: str | None = None) -> None:
    """Raise BadInput where `plan` was made for other holdings.

    origin : the file that it came from, for the error; None names the plan.
    """
    if plan.catalogue_id != house.catalogue.catalogue_id:
        named = origin or f"The plan {plan.plan_id[:12]}"
        raise BadInput(f"{named} was made for another catalogue.", hint=_HINT)


def _same_ground(house: House, plan: Plan, policy: Policy) -> None:
    refuse_of_another_catalogue(house, plan)
    if plan.policy_sha256 != policy.sha256:
        raise PlanRefused(f"The policy changed since the plan {plan.plan_id[:12]} was made.", hint=_HINT)
    named = {store for move in plan.moves for store in (move.source_store, move.target_store)}
    named |= {store for removal in plan.removals for store in (removal.store, *removal.keeps)}
    if unknown := sorted(named - set(house.stores)):
        raise PlanRefused(f"The plan names the store '{unknown[0]}', which the settings do not.", hint=_HINT)


def _copies_now(house: House, plan: Plan) -> dict[tuple[str, str], Copy]:
    table = house.catalogue.copy_table()
    moved = pa.array(_package_ids(plan), pa.string())
    rows = table.filter(pc.is_in(table.column("package_id"), value_set=moved)).to_pylist()
    return {
        (row["package_id"], row["store"]): Copy(**{**row, "status": CopyStatus(row["status"])})
        for row in rows
    }


def _done(plan: Plan, copies: Mapping[tuple[str, str], Copy]) -> set[tuple[str, str]]:
    wanted = {(move.package_id, move.target_store) for move in plan.moves}
    return {place for place in wanted if (held := copies.get(place)) and is_made_by(plan, held)}


def is_made_by(plan: Plan, copy: Copy) -> bool:
    """Whether a run of this plan has made that copy, and it counts."""
    return copy.made_by == plan.plan_id and copy.status == CopyStatus.VERIFIED


def _removed(house: House, plan: Plan) -> set[tuple[str, str]]:
    """What earlier runs of this plan removed to the end."""
    if not plan.removals:
        return set()
    events = house.catalogue.events(types={EventType.DELETION})
    return {(event.package_id, event.store) for event in events if event.run == plan.plan_id and event.store}


def _being_removed(plan: Plan, copies: Mapping[tuple[str, str], Copy]) -> set[tuple[str, str]]:
    """What this plan removes and nobody counts any more: removed already, or begun."""
    places = {(removal.package_id, removal.store) for removal in plan.removals}
    return {place for place in places if (held := copies.get(place)) and held.status == CopyStatus.RETIRED}


def _package_ids(plan: Plan) -> list[str]:
    return [*(move.package_id for move in plan.moves), *(each.package_id for each in plan.removals)]


def _same_copies(plan: Plan, copies: Mapping[tuple[str, str], Copy], done: set[tuple[str, str]]) -> None:
    now: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for (package_id, store), held in copies.items():
        if (package_id, store) not in done:
            now[package_id][store] = held.status
    steps: list[Move | Removal] = [*plan.moves, *plan.removals]
    for move in steps:
        seen = {s.store: s.status for s in move.seen if (move.package_id, s.store) not in done}
        if seen != now[move.package_id]:
            raise PlanRefused(
                f"The copies of {move.package_id} are no longer those that the plan was made for "
                f"({_told(seen)} then; {_told(now[move.package_id])} now).",
                hint=_HINT,
            )


def _told(statuses: Mapping[str, str]) -> str:
    return ", ".join(f"{store} {status}" for store, status in sorted(statuses.items())) or "none"


def _same_packages(house: House, plan: Plan) -> None:
    table = house.catalogue.package_table()
    moved = pa.array(_package_ids(plan), pa.string())
    kept = table.filter(pc.is_in(table.column("package_id"), value_set=moved))
    sizes = {row["package_id"]: (row["bytes"], row["objects"]) for row in kept.to_pylist()}
    steps: list[Move | Removal] = [*plan.moves, *plan.removals]
    for move in steps:
        if sizes.get(move.package_id) != (move.size_bytes, move.objects):
            raise PlanRefused(f"{move.package_id} is not the package that the plan was made for.", hint=_HINT)


def _sources(move: Move) -> list[str]:
    verified = [seen.store for seen in move.seen if seen.status == CopyStatus.VERIFIED]
    return sorted(verified, key=lambda store: (store != move.source_store, store))
