"""What moves the answer most, and what it would pay to measure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from reports.document import Column, Kind, Section, Shown, Side, Table, Words
from reports.figures.tornado import Tornado
from reports.numbers import percent
from reports.projection.sources import named
from reports.projection.tables import source

Data = dict[str, Any]
QUESTIONS: dict[str, str] = {
    "bytes_held": "what is held at the end",
    "cost": "the cost",
    "carbon": "the carbon",
    "objects_lost": "the loss",
}


def moves_section(scenario: Data, anchor: str) -> Section:
    """A tornado for each answer."""
    pictures = tuple(_tornado(scenario, key, anchor) for key in QUESTIONS if _movers(scenario, key))
    words = Words(
        text="Bars reach from the answer with one input at its 10th percentile to that with it at its 90th, "
        "all others in their middle. The share is the squared rank correlation of an input with the answer "
        "over the plan's own draws; what could be chance is left out."
    )
    if not pictures:
        words = Words(
            text="Nothing is in doubt in this plan, or its model is of another version: nothing to tell."
        )
    return Section(
        title="What moves the answer most?",
        anchor=f"{anchor}-moves",
        blocks=(words, *((Side(shown=pictures),) if pictures else ())),
    )


def _movers(scenario: Data, question: str) -> list[Data]:
    movers: list[Data] = ((scenario["movers"] or {}).get(question) or {}).get("movers", [])
    return movers


def move_sentences(scenario: Data) -> Iterator[str]:
    """The greatest mover of bytes and of money, and what to know it would bring."""
    for question in ("cost", "bytes_held"):
        movers = _movers(scenario, question)
        if not movers:
            continue
        first = movers[0]
        narrower = 1 - math.sqrt(1 - min(first["share"], 1.0))
        yield (
            f"{percent(first['share'])} of the spread of {QUESTIONS[question]} goes with "
            f"{named(first['name'])}{_vouched(scenario, first['name'])}; "
            f"to know it would narrow the band by {percent(narrower)}."
        )
    if not scenario["movers"]:
        yield "Nothing is in doubt in this plan, so that nothing moves it."


def _vouched(scenario: Data, name: str) -> str:
    stated = {item["name"]: item for item in scenario["about"]["inputs"]}
    item = stated.get(name)
    if item is None or item["source"] is None:
        return " (an assumption without a source)"
    return f" ({item['confidence']})"


def _tornado(scenario: Data, question: str, anchor: str) -> Shown:
    movers = _movers(scenario, question)
    base = scenario["movers"][question]["base"]
    kind, unit = _unit(scenario, question)
    name = f"{anchor}-moves-{question.replace('_', '-')}"
    first = movers[0]
    return Shown(
        picture=Tornado(
            name=name,
            title=f"What moves {QUESTIONS[question]}",
            description=f"Most of all {named(first['name'])}: {percent(first['share'])} of the spread goes "
            "with it.",
            base=base,
        ),
        table=Table(
            name=name,
            caption=f"Inputs that move {QUESTIONS[question]} most. {source(scenario)}",
            columns=(
                Column(heading="input"),
                Column(heading="answer with it low", kind=kind, unit=unit),
                Column(heading="answer with it high", kind=kind, unit=unit),
                Column(heading="share of the spread", kind="share"),
            ),
            rows=tuple((named(each["name"]), each["low"], each["high"], each["share"]) for each in movers),
        ),
    )


def _unit(scenario: Data, question: str) -> tuple[Kind, str]:
    units: dict[str, tuple[Kind, str]] = {
        "bytes_held": ("bytes", ""),
        "cost": ("money", scenario["about"]["currency"]),
        "carbon": ("number", "kg CO2e"),
        "objects_lost": ("number", "objects"),
    }
    return units[question]
