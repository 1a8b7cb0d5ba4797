"""The report about one projection or several: the first screen, then what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Answer, Answers, Asked, Chapter, Questions, Report, Section
from reports.holdings_view import holdings_chapter, made_of
from reports.numbers import money, month_of_text, rough_count, si_bytes
from reports.projection.held import held_section, stores_section
from reports.projection.money_view import money_section
from reports.projection.sources import again_section, assumptions_section
from reports.projection.words import (
    actual_sentences,
    between,
    growth_sentences,
    money_sentences,
    where_sentences,
)

Data = dict[str, Any]


def view_capacity(data: Data) -> Report:
    """The report of `{"scenarios": […], "holdings": … or null}`."""
    scenarios, holdings = data["scenarios"], data["holdings"]
    title = scenarios[0]["about"]["title"] if len(scenarios) == 1 else f"{len(scenarios)} plans side by side"
    chapters = [_chapter(each, f"p{n}") for n, each in enumerate(scenarios, start=1)]
    if holdings:
        chapters.append(holdings_chapter(holdings))
    return Report(
        kind="capacity",
        title=title,
        sub=_sub(scenarios[0]),
        chapters=tuple(chapters),
        closing=made_of(holdings) if holdings else "Made of results alone, with no catalogue.",
        data=data,
    )


def _sub(scenario: Data) -> str:
    first, last = month_of_text(scenario["first_month"]), month_of_text(scenario["last_month"])
    return f"What {first} to {last} will need, with the doubt shown."


def _chapter(scenario: Data, anchor: str) -> Chapter:
    return Chapter(
        title=scenario["about"]["title"],
        anchor=anchor,
        is_choice=True,
        sections=(
            Section(
                title="",
                anchor=f"{anchor}-short",
                blocks=(Answers(answers=tuple(_answers(scenario))), _questions(scenario, anchor)),
            ),
            held_section(scenario, anchor),
            stores_section(scenario, anchor),
            money_section(scenario, anchor),
            assumptions_section(scenario, anchor),
            again_section(scenario, anchor),
        ),
    )


def _questions(scenario: Data, anchor: str) -> Questions:
    return Questions(
        asked=(
            Asked(
                question="How many copies, and where?",
                sentences=tuple(where_sentences(scenario)),
                more=f"{anchor}-where",
            ),
            Asked(
                question="How much, and how fast does it come?",
                sentences=(*growth_sentences(scenario), *actual_sentences(scenario)),
                more=f"{anchor}-held",
            ),
            Asked(
                question="When is the money needed?",
                sentences=tuple(money_sentences(scenario)),
                more=f"{anchor}-cost",
            ),
        )
    )


def _answers(scenario: Data) -> Iterator[Answer]:
    end, currency = month_of_text(scenario["last_month"]), scenario["about"]["currency"]
    low, _, median, _, high = scenario["held_total"][-1]
    yield Answer(
        number=si_bytes(median),
        what=f"held at the end of {end}",
        band=between(si_bytes(low), si_bytes(high)),
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
        what="images made by then",
        band=between(rough_count(low), rough_count(high)),
    )
