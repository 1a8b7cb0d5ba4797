"""How many objects and bytes are lost, in expectation, over all the sets of stores that copies lie in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capacity.durability import copies_annual_loss
from capacity.flows import accumulate, by_years
from capacity.laws import Floats
from capacity.residency import Pattern, Steps
from capacity.scenario import Input, PlannedStore

if TYPE_CHECKING:
    from capacity.engine import Model


@dataclass(frozen=True, kw_only=True, slots=True)
class StateModel:
    """A set of stores that hold a copy each, and the cohorts of which this is so."""

    stores: tuple[PlannedStore, ...]
    steps: Steps
    audit_every_months: float
    """The longest of its stores'; the whole horizon where one is never audited."""


def state_models(pattern: Pattern, stores: Sequence[PlannedStore], *, months: int) -> tuple[StateModel, ...]:
    """The states of one pattern."""
    found = []
    for state, steps in pattern.states:
        there = tuple(store for bit, store in enumerate(stores) if state >> bit & 1)
        intervals = [store.audit_every_months or float(months) for store in there]
        found.append(StateModel(stores=there, steps=steps, audit_every_months=max(intervals)))
    return tuple(found)


def expected_losses(
    states: Sequence[Sequence[StateModel]],
    made: Sequence[Floats],
    objects: Sequence[Floats],
    model: Model,
    draw: Callable[[Input], Floats],
) -> dict[str, Floats]:
    """Objects and bytes lost in each year, in expectation: ndarrays = (n_years, n_draws)."""
    shock = draw(model.numbers["durability.site_shock_per_year"])
    lost_bytes, lost_objects = np.zeros_like(made[0]), np.zeros_like(made[0])
    for of_pattern, some_bytes, some_objects in zip(states, made, objects, strict=True):
        for state in of_pattern:
            risks = [draw(store.copy_loss_per_year) for store in state.stores]
            if not shock.any() and not any(risk.any() for risk in risks):
                continue
            yearly = copies_annual_loss(
                copy_loss=risks, domains=[store.domain for store in state.stores], site_shock=shock,
                audit_every_months=state.audit_every_months,
            )  # fmt: skip
            monthly = -np.expm1(np.log1p(-np.minimum(yearly, 1 - 2**-53)) / 12)
            lost_bytes += monthly * accumulate(state.steps, some_bytes)
            lost_objects += monthly * accumulate(state.steps, some_objects)
    return {"bytes_lost": by_years(lost_bytes), "objects_lost": by_years(lost_objects)}
