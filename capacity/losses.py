"""How many objects and bytes are lost, in expectation, over all the sets of stores that copies lie in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from capacity.durability import copies_annual_loss
from capacity.flows import accumulate
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Losses:
    """What is lost for ever, in expectation, and what would be."""

    whole: Mapping[str, Floats]
    """`bytes_lost` and `objects_lost`: ndarray = (n_months, n_draws)."""
    by_store: Mapping[str, list[Floats]]
    """The same for each store: what its copies are of, in equal parts to all stores that held one."""
    by_domain: Mapping[str, Floats]
    """What would be lost with a domain at the end of a year: ndarray = (n_years, n_domains, n_draws)."""


def domains_of(stores: Sequence[PlannedStore]) -> list[str]:
    """What fails together, in the order of the stores."""
    return list(dict.fromkeys(store.domain for store in stores))


def expected_losses(
    model: Model, made: Sequence[Floats], objects: Sequence[Floats], draw: Callable[[Input], Floats]
) -> Losses:
    """Objects and bytes lost in each month, in expectation."""
    stores = [each.store for each in model.stores]
    ends = [*range(11, model.months, 12), *([model.months - 1] if model.months % 12 else [])]
    shock = draw(model.numbers["durability.site_shock_per_year"])
    books = {
        "bytes": _Books(made[0].shape, stores, ends=ends),
        "objects": _Books(made[0].shape, stores, ends=ends),
    }
    for of_pattern, *some in zip(model.states, made, objects, strict=True):
        for state in of_pattern:
            monthly = _monthly_loss(state, shock, draw)
            for book, of_cohorts in zip(books.values(), some, strict=True):
                book.enter(state, accumulate(state.steps, of_cohorts), monthly)
    return Losses(
        whole={f"{name}_lost": book.whole for name, book in books.items()},
        by_store={f"{name}_lost": [*book.by_store.values()] for name, book in books.items()},
        by_domain={f"{name}_only_there": book.only_there for name, book in books.items()},
    )


class _Books:
    """What is lost of one quantity, added up state after state."""

    def __init__(self, shape: tuple[int, ...], stores: Sequence[PlannedStore], *, ends: list[int]) -> None:
        self._ends, self._domains = ends, domains_of(stores)
        self.whole = np.zeros(shape)
        self.by_store = {store.name: np.zeros(shape) for store in stores}
        self.only_there = np.zeros((len(ends), len(self._domains), shape[1]))

    def enter(self, state: StateModel, there: Floats, monthly: Floats | None) -> None:
        domains = {store.domain for store in state.stores}
        if len(domains) == 1:
            self.only_there[:, self._domains.index(domains.pop())] += there[self._ends]
        if monthly is None:
            return
        lost = monthly * there
        self.whole += lost
        for store in state.stores:
            self.by_store[store.name] += lost / len(state.stores)


def _monthly_loss(state: StateModel, shock: Floats, draw: Callable[[Input], Floats]) -> Floats | None:
    """The probability that a month takes every copy; None where nothing can."""
    risks = [draw(store.copy_loss_per_year) for store in state.stores]
    if not shock.any() and not any(risk.any() for risk in risks):
        return None
    yearly = copies_annual_loss(
        copy_loss=risks, domains=[store.domain for store in state.stores], site_shock=shock,
        audit_every_months=state.audit_every_months,
    )  # fmt: skip
    return monthly_chance(yearly)


def monthly_chance(yearly: Floats | float) -> Floats:
    """The probability within a month of what has this probability within a year."""
    return np.asarray(-np.expm1(np.log1p(-np.minimum(yearly, 1 - 2**-53)) / 12))
