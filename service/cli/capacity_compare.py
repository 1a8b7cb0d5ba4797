"""`holdfast capacity compare`: two scenarios with the same random numbers."""

from __future__ import annotations

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
    from capacity.comparing import Comparison

_STEPS_SHOWN = 12


def compare(
    first: Annotated[Path, typer.Argument(metavar="A", help="A scenario.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another, or an overlay of the first.")],
    *,
    draws: Annotated[int, typer.Option("--draws", metavar="N", min=64, help="Futures of each.")] = 2048,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Same seed, same answer.")] = 0,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Say how B differs from A, and which of their inputs makes it so.

    Both run with the same random numbers for what they share, so that the difference is
    theirs and not chance's. Then A is changed into B one key at a time.

    \b
    EXAMPLES
      holdfast capacity compare scenario.toml lossy.toml
      holdfast capacity compare scenarios/europe-dissco.toml scenarios/ct-heavy.toml --draws 512
    """
    from capacity.comparing import compare as side_by_side

    with house_if_any(settings) as house:
        found = side_by_side(first, second, house=house, draws=draws, seed=seed)
    answer({"comparison": found}, _lines(found), as_json=as_json)
    return DONE


def _lines(found: Comparison) -> Iterator[str]:
    from capacity.answers import QUESTIONS

    yield f"A: {found.titles[0]}. B: {found.titles[1]}. {count(found.draws, 'draw')} of each."
    units = {each.key: each for each in QUESTIONS}
    rows: list[tuple[str, ...]] = [("", "A p50", "B p50", "B - A p05", "p50", "p95")]
    for each in found.differences:
        about = units[each.question]
        values = (each.first[1], each.second[1], *each.change)
        words = about.words.format(end=found.end)
        rows.append((words, *(amount(value, about.unit, found.currency) for value in values)))
    yield from table(rows)
    if not found.steps:
        yield "No input differs."
        return
    yield "From A to B, one input after another (means):"
    ranked = sorted(found.steps, key=lambda step: -abs(step.change["cost"]))[:_STEPS_SHOWN]
    for step in ranked:
        told = ", ".join(
            ("+" if step.change[key] >= 0 else "") + amount(step.change[key], units[key].unit, found.currency)
            for key in ("bytes_held", "cost")
        )
        yield f"  {', '.join(step.keys)}: {told}"
    if len(found.steps) > len(ranked):
        yield f"  and {len(found.steps) - len(ranked)} more with less effect; --json has all."
