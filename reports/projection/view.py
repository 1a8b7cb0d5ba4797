"""The report about one projection or several: the first screen, then what stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Answers, Chapter, Questions, Report, Section
from reports.inventory.view import holdings_chapter, made_of
from reports.numbers import joined, month_of_text
from reports.projection.buying import buying_section
from reports.projection.held import held_section, stores_section
from reports.projection.load import carbon_section, load_section
from reports.projection.measured import measured_section
from reports.projection.money_view import money_section
from reports.projection.moves import moves_section
from reports.projection.risk import risk_section
from reports.projection.side_by_side import names_of, side_by_side
from reports.projection.sources import again_section, assumptions_section
from reports.projection.words import answers, questions
from reports.projection.years import years_section

Data = dict[str, Any]


def view_capacity(data: Data) -> Report:
    """The report of what `gather_capacity` found: one plan or several, and perhaps the holdings."""
    scenarios, holdings = data["scenarios"], data["holdings"]
    names = names_of(scenarios)
    return Report(
        kind="capacity",
        title=names[0] if len(names) == 1 else f"{len(names)} plans side by side",
        sub=_sub(scenarios),
        chapters=tuple(_chapters(data)),
        closing=made_of(holdings) if holdings else "Made of results alone, with no catalogue.",
        data=data,
    )


def _sub(scenarios: list[Data]) -> str:
    first = month_of_text(min(each["first_month"] for each in scenarios))
    last = month_of_text(max(each["last_month"] for each in scenarios))
    what = "" if len(scenarios) == 1 else f"{joined(names_of(scenarios))}. "
    return f"{what}What {first} to {last} will need, with the doubt shown."


def _chapters(data: Data) -> Iterator[Chapter]:
    scenarios, holdings = data["scenarios"], data["holdings"]
    if len(scenarios) > 1:
        yield side_by_side(scenarios, data["changes"])
    for number, (name, scenario) in enumerate(zip(names_of(scenarios), scenarios, strict=True), start=1):
        yield Chapter(
            title=name, anchor=f"p{number}", is_choice=True, sections=tuple(_sections(scenario, f"p{number}"))
        )
    if holdings:
        chapter = holdings_chapter(holdings)
        more = (measured_section(data["measured"], holdings["catalogue_id"]),) if data["measured"] else ()
        yield Chapter(title=chapter.title, anchor=chapter.anchor, sections=(*chapter.sections, *more))


def _sections(scenario: Data, anchor: str) -> Iterator[Section]:
    yield Section(
        title="",
        anchor=f"{anchor}-short",
        blocks=(
            Answers(answers=tuple(answers(scenario))),
            Questions(asked=tuple(questions(scenario, anchor))),
        ),
    )
    yield years_section(scenario, anchor)
    yield held_section(scenario, anchor)
    yield stores_section(scenario, anchor)
    yield money_section(scenario, anchor)
    yield buying_section(scenario, anchor)
    yield moves_section(scenario, anchor)
    yield risk_section(scenario, anchor)
    yield load_section(scenario, anchor)
    yield carbon_section(scenario, anchor)
    yield assumptions_section(scenario, anchor)
    yield again_section(scenario, anchor)
