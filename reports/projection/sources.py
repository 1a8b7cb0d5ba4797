"""What a projection rests on, and how it is made again: inputs, versions, hash, texts."""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from reports.document import Block, Column, Command, Facts, Folded, Section, Table, Words
from reports.numbers import count, joined, month_of_text, plural

Data = dict[str, Any]
_MOVES = 0.03
"""An input with which at least this share of the spread goes is one that moves the answer."""
_MOVERS_SAID = (
    "at least 3 % of the spread of what is held, or of the cost, goes with each. Source: the scenario, whole "
    "further below."
)


def assumptions_section(scenario: Data, anchor: str) -> Section:
    """Every input with its source, date and confidence."""
    stated = [*scenario["about"]["inputs"], *scenario["about"]["prices"]]
    shares = {key: _shares(scenario, key) for key in ("bytes_held", "cost")}
    weight = {item["name"]: max(of.get(item["name"], 0.0) for of in shares.values()) for item in stated}
    movers = sorted(
        (item for item in stated if weight[item["name"]] >= _MOVES), key=lambda item: -weight[item["name"]]
    )
    blocks: list[Block] = [Words(text=_vouching(stated))]
    if movers:
        blocks.append(
            _assumptions(
                movers, shares, f"{anchor}-movers", f"Inputs that move the answer most: {_MOVERS_SAID}"
            )
        )
    every = _assumptions(
        stated, shares, f"{anchor}-assumptions",
        "What the answer hangs on, and who vouches for it; the inputs that "
        f"move it most are set apart: {_MOVERS_SAID}",
    )  # fmt: skip
    blocks.append(Folded(title=f"All {plural(len(stated), 'number')}", content=every))
    return Section(title="What is it based on?", anchor=f"{anchor}-based", blocks=tuple(blocks))


def _shares(scenario: Data, question: str) -> dict[str, float]:
    """By the input's key: which share of the spread of an answer goes with it."""
    shares: dict[str, float] = ((scenario["movers"] or {}).get(question) or {}).get("shares", {})
    return shares


def _assumptions(stated: list[Data], shares: dict[str, dict[str, float]], name: str, caption: str) -> Table:
    rows = tuple(
        (
            named(str(item["name"])),
            str(item["written"]),
            str(item["unit"] or ""),
            item["source"] or "none given: an assumption",
            item["date"] or "",
            str(item["confidence"]),
            *(of.get(item["name"]) for of in shares.values()),
        )
        for item in stated
    )
    return Table(
        name=name,
        caption=caption,
        columns=(
            *(Column(heading=each) for each in ("input", "value", "unit")),
            Column(heading="source", kind="path"),
            Column(heading="date", kind="day"),
            Column(heading="confidence"),
            Column(heading="moves what is held", kind="share"),
            Column(heading="moves the cost", kind="share"),
        ),
        rows=rows,
        emphasised=frozenset(
            n for n, row in enumerate(rows) if max(_number(row[-2]), _number(row[-1])) >= _MOVES
        ),
    )


def _number(cell: object) -> float:
    return cell if isinstance(cell, float) else 0.0


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
