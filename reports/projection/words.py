"""What planners ask, answered in sentences made from the numbers of one projection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Answer, Asked
from reports.numbers import joined, money, month_of_text, percent, rough_count, si_bytes, three
from reports.projection.buying import full_sentences, migration_sentences
from reports.projection.held import by_tier, come
from reports.projection.load import access_sentences, audit_sentences, network_sentences
from reports.projection.money_view import shares_of_money
from reports.projection.moves import move_sentences
from reports.projection.risk import risk_sentences

Data = dict[str, Any]


def between(low: str, high: str) -> str:
    """The band in words."""
    return "no doubt stated" if low == high else f"9 in 10 futures: {low} to {high}"


def answers(scenario: Data) -> Iterator[Answer]:
    """The numbers that are asked for first."""
    end, currency = month_of_text(scenario["last_month"]), scenario["about"]["currency"]
    low, _, median, _, high = scenario["held_total"][-1]
    yield Answer(
        number=si_bytes(median), what=f"held at the end of {end}", band=between(si_bytes(low), si_bytes(high))
    )
    low, _, median, _, high = scenario["spent"][-1]
    yield Answer(
        number=money(median, currency),
        what=f"spent by then, from prices of {scenario['about']['price_year']}",
        band=between(money(low, currency), money(high, currency)),
    )
    low, _, median, _, high = scenario["images"]
    yield Answer(
        number=rough_count(median),
        what=f"images made by then, of {rough_count(scenario['objects'][2])} objects",
        band=between(rough_count(low), rough_count(high)),
    )


def questions(scenario: Data, anchor: str) -> Iterator[Asked]:
    """What planners ask; those that a plan can say nothing about say how to learn it."""
    yield Asked(
        question="How many copies, and where?", sentences=tuple(_copies(scenario)), more=f"{anchor}-where"
    )
    yield Asked(
        question="On which technology?", sentences=tuple(_technology(scenario)), more=f"{anchor}-again"
    )
    yield Asked(question="At what risk?", sentences=tuple(risk_sentences(scenario)), more=f"{anchor}-risk")
    yield Asked(
        question="What will it cost, and when is the money needed?",
        sentences=tuple(_money(scenario)),
        more=f"{anchor}-cost",
    )
    yield Asked(
        question="How fast does it come?",
        sentences=(*_growth(scenario), *_actual(scenario), *network_sentences(scenario)),
        more=f"{anchor}-held",
    )
    yield Asked(question="Which image format?", sentences=tuple(_formats(scenario)), more=f"{anchor}-based")
    yield Asked(
        question="How often to check?", sentences=tuple(audit_sentences(scenario)), more=f"{anchor}-load"
    )
    yield Asked(
        question="When does a store fill, and when must be ordered?",
        sentences=tuple(full_sentences(scenario)),
        more=f"{anchor}-full",
    )
    yield Asked(
        question="When to migrate?", sentences=tuple(migration_sentences(scenario)), more=f"{anchor}-full"
    )
    yield Asked(
        question="What does access add?", sentences=tuple(access_sentences(scenario)), more=f"{anchor}-load"
    )
    yield Asked(
        question="What moves the answer most, and what would it pay to measure?",
        sentences=tuple(move_sentences(scenario)),
        more=f"{anchor}-moves",
    )


def _copies(scenario: Data) -> Iterator[str]:
    low, _, median, _, high = scenario["copies"]
    band = "" if three(low) == three(high) else f" ({three(low)} to {three(high)})"
    yield f"At the end every byte of the masters lies {three(median)} times in the stores{band}, all counted."
    shares = dict(zip(scenario["stores"], scenario["held_mean"][-1], strict=True))
    whole = sum(shares.values())
    if whole:
        # Shares, not bytes: the stores' means add up to the mean, and the headline is the median.
        parts = [f"{percent(share / whole)} in {name}" for name, share in shares.items()]
        end = month_of_text(scenario["last_month"])
        yield f"Of what is held at the end of {end}, all copies counted, {joined(parts)}."


def _technology(scenario: Data) -> Iterator[str]:
    tiers = by_tier(scenario)
    whole = sum(sizes[-1] for sizes in tiers.values())
    if whole:
        told = joined([f"{percent(sizes[-1] / whole)} on the tier {tier}" for tier, sizes in tiers.items()])
        yield f"{told[0].upper()}{told[1:]}."
    sheets = [f"{store['name']}: {store['prices']}" for store in scenario["about"]["stores"]]
    yield f"Priced as {'; '.join(sheets)}."


def _money(scenario: Data) -> Iterator[str]:
    currency = scenario["about"]["currency"]
    medians = [year[2] for year in scenario["cost_year"]]
    dearest = medians.index(max(medians))
    low, median, high = (money(scenario["cost_year"][dearest][n], currency) for n in (0, 2, 4))
    yield f"The dearest year is {scenario['years'][dearest]}: {median} ({between(low, high)})."
    shares = [(part, share) for part, share in shares_of_money(scenario) if share >= 0.005]
    if shares:
        yield f"It goes into {joined([f'{part} ({percent(share)})' for part, share in shares])}."
    yield f"As money of the first month, all of it is {money(scenario['present'][2], currency)}."
    over = scenario["over_budget"]
    if budget := scenario["about"]["budget_per_year"]:
        worst = over.index(max(over))
        yield (
            f"The budget of {money(budget, currency)} a year is exceeded most often in "
            f"{scenario['years'][worst]}: in {percent(over[worst])} of the futures."
        )


def _growth(scenario: Data) -> Iterator[str]:
    medians = [row[2] for row in scenario["held_total"]]
    if len(medians) > 1 and medians[-1] > 0:
        half = next(n for n, size in enumerate(medians) if size >= medians[-1] / 2)
        when = month_of_text(scenario["months"][half])
        yield f"Half of all that is held at the end comes after {when} (in the median)."


def _formats(scenario: Data) -> Iterator[str]:
    ratios = [item for item in scenario["about"]["inputs"] if item["name"].endswith(".ratio")]
    kept = [f"{item['name'].split('.')[-2]} ({item['written']} of the bytes)" for item in ratios]
    if kept:
        yield f"This plan keeps masters as {joined(list(dict.fromkeys(kept)))}."
    else:
        yield "This plan takes the bytes of an image as they are and states no format."
    yield "What another format would change is told by a second plan beside this one, with the same chance."


def _actual(scenario: Data) -> Iterator[str]:
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
