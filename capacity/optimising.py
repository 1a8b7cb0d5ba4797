"""The cheapest policy under a limit of loss and a budget: every candidate is run, none is guessed.

Candidates say how many copies rest in each tier, and from which age; until then packages lie
where they were deposited. The same engine runs each with the same random numbers. Where the scenario's
guards let copies be removed, candidates may leave the store of deposit empty.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from capacity.answers import draw_answers
from capacity.engine import build_model
from capacity.scenario import Input, Scenario
from holdings.errors import BadInput
from tiering.policy import Policy, Rule

AGES = (0, 90, 365)
"""Days after which a candidate's copies are made."""
MAX_CANDIDATES = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """One policy and what it comes to, in the mean over the draws unless said otherwise."""

    copies: tuple[tuple[str, int], ...]
    """By tier."""
    after_days: int
    cost: float
    cost_p95: float
    objects_lost: float
    carbon: float
    is_allowed: bool
    is_on_frontier: bool
    """Nothing else is both cheaper and safer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Optimum:
    """All candidates, the cheapest first, and the best of those that are allowed."""

    candidates: tuple[Candidate, ...]
    best: Candidate | None


def optimise(scenario: Scenario, *, most_lost: float, budget: float | None, draws: int, seed: int) -> Optimum:
    """Every policy of the kind above, by its mean cost.

    most_lost : objects lost over the whole horizon, expected.
    budget : what 95 % of the futures may cost at most over the whole horizon; None means any.
    """
    if not any(not item.law.is_point or item.law.moment(1) > 0 for item in _risks(scenario)):
        raise BadInput(
            f"{scenario.path.name} names no risk, so that one copy would always be best.",
            hint="Write [durability] site_shock_per_year and copy_loss_per_year.",
        )
    found = [_tried(scenario, copies, age, draws=draws, seed=seed) for copies, age in _choices(scenario)]
    judged = [
        replace(
            each,
            is_allowed=each.objects_lost <= most_lost and (budget is None or each.cost_p95 <= budget),
            is_on_frontier=not any(_dominates(other, each) for other in found),
        )
        for each in found
    ]
    ranked = tuple(sorted(judged, key=lambda each: (each.cost, each.objects_lost, each.after_days)))
    return Optimum(candidates=ranked, best=next((each for each in ranked if each.is_allowed), None))


def _risks(scenario: Scenario) -> list[Input]:
    risks = [scenario.numbers["durability.site_shock_per_year"]]
    return [*risks, *(store.copy_loss_per_year for store in scenario.stores)]


def _choices(scenario: Scenario) -> Iterator[tuple[dict[str, int], int]]:
    """Copies by tier, at least one in all, each with every age that makes a difference."""
    tiers = list(dict.fromkeys(store.tier for store in scenario.stores))
    deposit = next(store.tier for store in scenario.stores if store.name == scenario.deposit_store)
    rooms = [range(sum(store.tier == tier for store in scenario.stores) + 1) for tier in tiers]
    stays = scenario.policy.guards.removal.allow_none
    combinations = [
        each for each in itertools.product(*rooms) if sum(each) and (each[tiers.index(deposit)] or not stays)
    ]
    if len(combinations) * len(AGES) > MAX_CANDIDATES:
        raise BadInput(
            f"{len(scenario.stores)} stores make more than {MAX_CANDIDATES} policies; leave some out."
        )
    for counts in combinations:
        copies = {tier: n for tier, n in zip(tiers, counts, strict=True) if n}
        for age in AGES if copies != {deposit: 1} else AGES[:1]:
            yield copies, age


def _tried(scenario: Scenario, copies: dict[str, int], age: int, *, draws: int, seed: int) -> Candidate:
    deposit = next(store.tier for store in scenario.stores if store.name == scenario.deposit_store)
    tried = replace(scenario, policy=_policy(scenario.policy, copies, age, deposit))
    found = draw_answers(build_model(tried), draws=draws, seed=seed)
    return Candidate(
        copies=tuple(copies.items()),
        after_days=age,
        cost=float(found["cost"].mean()),
        cost_p95=float(np.quantile(found["cost"], 0.95)),
        objects_lost=float(found["objects_lost"].mean()),
        carbon=float(found["carbon"].mean()),
        is_allowed=False,
        is_on_frontier=False,
    )


def _policy(policy: Policy, copies: dict[str, int], age: int, deposit: str) -> Policy:
    """The scenario's guards, its rules for derivatives, and the candidate for masters."""
    derivatives = tuple(rule for rule in policy.rules if "'collection'" in rule.where)
    rested = Rule(
        name="masters rest", where=f"age_days >= {age}", copies=copies, domains=1, because="a candidate"
    )
    fresh = Rule(
        name="new masters", where="true", copies={deposit: 1}, domains=1, because="not old enough to rest"
    )
    return Policy(guards=policy.guards, rules=(*derivatives, rested, fresh))


def _dominates(one: Candidate, other: Candidate) -> bool:
    no_worse = one.cost <= other.cost and one.objects_lost <= other.objects_lost
    return no_worse and (one.cost < other.cost or one.objects_lost < other.objects_lost)
