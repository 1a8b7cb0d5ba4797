"""What a projection rests on, and how it is made again: inputs, versions, hash, texts."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from reports.document import Column, Command, Facts, Folded, Section, Table, Words
from reports.numbers import count, joined, month_of_text, plural

Data = dict[str, Any]


def assumptions_section(scenario: Data, anchor: str) -> Section:
    """Every input with its source, date and confidence."""
    stated = [*scenario["about"]["inputs"], *scenario["about"]["prices"]]
    return Section(
        title="What is it based on?",
        anchor=f"{anchor}-based",
        blocks=(Words(text=_vouching(stated)), _assumptions(stated, anchor)),
    )


def _assumptions(stated: list[Data], anchor: str) -> Table:
    return Table(
        name=f"{anchor}-assumptions",
        caption="What the answer hangs on, and who vouches for it. The whole files are further below.",
        columns=tuple(
            Column(heading=each) for each in ("input", "value", "unit", "source", "date", "confidence")
        ),
        rows=tuple(
            (
                named(str(item["name"])),
                str(item["written"]),
                str(item["unit"] or ""),
                item["source"] or "none given: an assumption",
                item["date"] or "",
                str(item["confidence"]),
            )
            for item in stated
        ),
    )


def _vouching(stated: list[Data]) -> str:
    """How many of the numbers somebody vouches for, and how well."""
    states = Counter("bare" if item["source"] is None else str(item["confidence"]) for item in stated)
    told = [
        (states["measured"] + states["published"], "measured or published"),
        (states["secondary"], "quoted at second hand"),
        (states["assumed"], "estimated, with the reason"),
        (states["bare"], "without a source"),
    ]
    return f"Of {plural(len(stated), 'number')}: {', '.join(f'{count(n)} {what}' for n, what in told)}."


def named(key: str) -> str:
    """`object_types.sheet.images_per_object` as people say it."""
    *owner, what = key.split(".")
    return f"{what.replace('_', ' ')}{f', {owner[-1]}' if owner else ''}"


def again_section(scenario: Data, anchor: str) -> Section:
    """How it is made again."""
    return Section(
        title="How can it be made again?",
        anchor=f"{anchor}-again",
        blocks=(Command(text=command(scenario)), Facts(rows=tuple(_facts(scenario))), *_texts(scenario)),
    )


def command(scenario: Data) -> str:
    """What to type to make the run again."""
    about = scenario["about"]
    words = ["holdfast", "capacity", "run", about["scenario"]]
    return shlex.join([*words, "--draws", str(about["draws"]), "--seed", str(about["seed"])])


def _facts(scenario: Data) -> Iterator[tuple[str, str]]:
    about = scenario["about"]
    yield "scenario", about["scenario"]
    yield "draws and seed", f"{plural(about['draws'], 'draw')}, seed {about['seed']}"
    yield "months", f"{month_of_text(scenario['first_month'])} to {month_of_text(scenario['last_month'])}"
    yield "hash of all draws", about["draws_sha256"]
    yield "sizes measured in", about["catalogue_id"] or "no catalogue: all sizes are written in the scenario"
    yield "money", f"nominal {about['currency']}, price sheets as of January {about['price_year']}"
    yield "made with", ", ".join(f"{name} {told}" for name, told in about["versions"].items())


def _texts(scenario: Data) -> Iterator[Folded]:
    """The files that made the run, whole."""
    about = scenario["about"]
    yield Folded(title=f"The scenario, {about['scenario']}", content=about["scenario_text"])
    yield Folded(title="The policy", content=about["policy_text"])
    stores: dict[str, list[str]] = defaultdict(list)
    for name, text in about["price_sheets"].items():
        stores[text].append(name)
    for text, names in stores.items():
        yield Folded(title=f"The price sheet of {joined(names)}", content=text)
