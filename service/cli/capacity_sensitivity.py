"""`holdfast capacity sensitivity`: what moves the answer, and what it would bring to know it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.capacity import house_if_any
from service.cli.capacity_words import amount
from service.cli.options import AsJson, SettingsFile
from service.cli.statuses import DONE
from service.wording import count, table

if TYPE_CHECKING:
    from capacity.scenario import Scenario
    from capacity.sensitivity import Sensitivity

_SHOWN = 8


def sensitivity(
    scenario: Annotated[Path, typer.Argument(metavar="SCENARIO", help="The scenario, a TOML file.")],
    *,
    points: Annotated[
        int, typer.Option("--points", metavar="N", min=2, help="Base points, a power of two.")
    ] = 256,
    draws: Annotated[int, typer.Option("--draws", metavar="N", min=64, help="Futures for the bands.")] = 1024,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Same seed, same answer.")] = 0,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Say which assumption moves the answer: Sobol indices, tornado, value of measuring.

    S1 is the share of the spread that would go if the input alone were known, ST what stays if
    everything else were. The tornado has the answer with the input at its 10 and 90 %, and all
    others at their medians.

    \b
    EXAMPLES
      holdfast capacity sensitivity scenario.toml
      holdfast capacity sensitivity scenarios/europe-dissco.toml --points 64
    """
    from capacity.answers import QUESTIONS, end_year
    from capacity.scenario_reading import read_scenario
    from capacity.sensitivity import sensitivities
    from capacity.sentences import influence_sentence

    with house_if_any(settings) as house:
        read = read_scenario(scenario, house=house)
    found = sensitivities(read, n=points, draws=draws, seed=seed)
    words = {each.key: each.words.format(end=end_year(read)) for each in QUESTIONS}
    inputs = json.dumps([{"name": item.name, "source": item.source} for item in read.inputs])
    told = {
        each.question: influence_sentence(each, words[each.question], inputs)
        for each in found
        if each.influences
    }
    answer({"sensitivities": found, "sentences": told}, _lines(read, found, told), as_json=as_json)
    return DONE


def _lines(read: Scenario, found: list[Sensitivity], told: dict[str, str]) -> Iterator[str]:
    from capacity.answers import QUESTIONS

    units = {each.key: each.unit for each in QUESTIONS}
    yield f"{read.title}: {count(sum(not item.law.is_point for item in read.inputs), 'uncertain input')}."
    for each in found:
        if not each.influences:
            continue
        yield told[each.question]
        rows: list[tuple[str, ...]] = [("  input", "S1", "ST", "at its 10 %", "at its 90 %")]
        for one in each.influences[:_SHOWN]:
            ends = (amount(value, units[each.question], read.currency) for value in (one.low, one.high))
            rows.append((f"  {one.name}", f"{one.first:.2f}", f"{one.total:.2f}", *ends))
        yield from table(rows)
        if each.chance >= 0.01:
            yield f"  {each.chance:.0%} of its spread is chance that no input explains."
