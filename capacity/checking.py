"""What a scenario rests on: numbers without a source, numbers that are old, and what hangs on what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from capacity.scenario import Scenario
from tiering.policy import Guards

STALE_YEARS = 3
"""Prices and rates of so many years ago are worth a second look."""
_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, kw_only=True, slots=True)
class Concern:
    """One number that deserves a look."""

    name: str
    written: str
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A scenario that can be run, and what it rests on."""

    title: str
    numbers: int
    uncertain: int
    unsourced: tuple[Concern, ...]
    stale: tuple[Concern, ...]
    assumed: int
    """Numbers that somebody estimated and says so."""
    ceilings: tuple[str, ...]
    """Guards of the policy that a forecast takes as wide enough, since it depends on how much there is."""
    picture: tuple[str, ...]
    """What hangs on what, a line each."""


def check(scenario: Scenario, *, today: date, stale_years: float = STALE_YEARS) -> Checked:
    """Look through every number of a scenario and of its price sheets."""
    inputs = scenario.inputs
    unsourced = [
        Concern(name=item.name, written=item.written, because="has no source, and is an assumption")
        for item in inputs
        if item.source is None
    ]
    stale = [
        Concern(name=name, written=written, because=f"is of {dated}, {_years(dated, today):.0f} years ago")
        for name, written, dated in _dated(scenario)
        if _years(dated, today) >= stale_years
    ]
    return Checked(
        title=scenario.title,
        numbers=len(inputs),
        uncertain=sum(not item.law.is_point for item in inputs),
        unsourced=tuple(unsourced),
        stale=tuple(stale),
        assumed=sum(item.confidence == "assumed" and item.source is not None for item in inputs),
        ceilings=tuple(_ceilings(scenario.policy.guards)),
        picture=tuple(_picture(scenario)),
    )


def _ceilings(guards: Guards) -> Iterator[str]:
    removal, run = guards.removal, guards.run
    if not removal.allow_none:
        yield f"guards.removal.packages = {removal.packages}"
        yield f"guards.removal.size = {removal.size_bytes} B"
        if removal.share < 1:
            yield f"guards.removal.share = {removal.share}"
    if run.size_bytes is not None:
        yield f"guards.run.size = {run.size_bytes} B"
    if run.spend is not None:
        yield f"guards.run.spend = {run.spend}"


def _years(dated: date, today: date) -> float:
    return (today - dated).days / _DAYS_PER_YEAR


def _dated(scenario: Scenario) -> Iterator[tuple[str, str, date]]:
    for item in scenario.inputs:
        if item.dated:
            yield item.name, item.written, item.dated
    for store in scenario.stores:
        for name, figure in store.sheet.figures.items():
            yield f"stores.{store.name}.{name}", str(figure.value), figure.date


def _picture(scenario: Scenario) -> Iterator[str]:
    """institutions -> lines -> types -> packages -> rules -> stores."""
    for each in scenario.institutions:
        yield f"{each.count} x {each.name} -> {', '.join(line for line, _ in each.lines)}"
    for line in scenario.lines:
        yield f"{line.name} -> {line.object_type}"
    for kind in scenario.object_types:
        formats = ", ".join(ratio.name.split(".")[1] for ratio in kind.format_ratios)
        yield f"{kind.name} -> bags of masters ({formats}){_derived(kind.derivatives)}"
    for rule in scenario.policy.rules:
        copies = ", ".join(f"{n} in {tier}" for tier, n in rule.copies.items())
        yield f"packages where {rule.where} -> {copies}"
    for store in scenario.stores:
        bought = "media bought every " + f"{store.media.life_years} years" if store.media else "rented"
        mark = ", where packages arrive" if store.name == scenario.deposit_store else ""
        yield f"{store.tier} -> {store.name} ({store.domain}; {store.sheet.name}; {bought}{mark})"


def _derived(derivatives: tuple[object, ...]) -> str:
    return f", collections of {len(derivatives)} derivatives" if derivatives else ""
