"""Sentences made from the numbers of one projection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.numbers import joined, money, month_of_text, percent, si_bytes
from reports.projection.held import come

Data = dict[str, Any]


def between(low: str, high: str) -> str:
    """The band in words."""
    return "no doubt stated" if low == high else f"9 in 10 futures: {low} to {high}"


def where_sentences(scenario: Data) -> Iterator[str]:
    """How what is held is shared among the stores."""
    shares = dict(zip(scenario["stores"], scenario["shares"], strict=True))
    whole = sum(shares.values())
    if whole:
        # Shares, not bytes: the stores' means add up to the mean, and the headline is the median.
        parts = [f"{percent(share / whole)} in {name}" for name, share in shares.items()]
        end = month_of_text(scenario["last_month"])
        yield f"Of what is held at the end of {end}, all copies counted, {joined(parts)}."


def money_sentences(scenario: Data) -> Iterator[str]:
    """The dearest year."""
    currency = scenario["about"]["currency"]
    medians = [year[2] for year in scenario["cost_year"]]
    dearest = medians.index(max(medians))
    low, median, high = (money(scenario["cost_year"][dearest][n], currency) for n in (0, 2, 4))
    yield f"The dearest year is {scenario['years'][dearest]}: {median} ({between(low, high)})."


def growth_sentences(scenario: Data) -> Iterator[str]:
    """How fast it comes."""
    medians = [row[2] for row in scenario["held_total"]]
    if len(medians) > 1 and medians[-1] > 0:
        half = next(n for n, size in enumerate(medians) if size >= medians[-1] / 2)
        when = month_of_text(scenario["months"][half])
        yield f"Half of all that is held at the end comes after {when} (in the median)."


def actual_sentences(scenario: Data) -> Iterator[str]:
    """What really came, against the band."""
    really = come(scenario, None)
    if not really:
        return
    latest, size = list(really.items())[-1]
    low, high = scenario["came_bands"][latest]
    where = "below" if size < low else "above" if size > high else "within"
    band = si_bytes(low) if low == high else f"band of {si_bytes(low)} to {si_bytes(high)}"
    yield (
        f"Really come since {month_of_text(scenario['first_month'])}, all collections of this catalogue "
        f"counted: {si_bytes(size)} by {month_of_text(latest)}, {where} the plan's {band} for the end of "
        "that month."
    )
