"""At what risk: what is lost, and what the loss of one site would do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Block, Column, Section, Shown, Side, Table, Words
from reports.figures.fan import Fan
from reports.figures.lines import Lines
from reports.numbers import chance_in, plural, rough_count, si_bytes, three
from reports.projection.tables import fan_table, parts_table, source

Data = dict[str, Any]
_SECONDS_PER_DAY = 86_400


def risk_section(scenario: Data, anchor: str) -> Section:
    """Losses since the start, and sites."""
    return Section(title="At what risk?", anchor=f"{anchor}-risk", blocks=tuple(_blocks(scenario, anchor)))


def _blocks(scenario: Data, anchor: str) -> Iterator[Block]:
    if not any(row[4] for row in scenario["risk"]["lost"]["objects"]):
        yield Words(text="The scenario states no risk to any copy, so that nothing is lost in it.")
    else:
        yield Side(shown=(_lost(scenario, anchor, "objects"), _lost(scenario, anchor, "bytes")))
        yield Words(
            text="Expected losses: damage that nobody sees until the next audit, to all copies at once, and "
            "shocks that take every copy of one domain. An object is lost or not; this is the mean of it."
        )
    yield _sites(scenario, anchor)
    if any(any(row) for row in scenario["risk"]["only_there"]["bytes"]):
        yield _alone(scenario, anchor)


def _lost(scenario: Data, anchor: str, what: str) -> Shown:
    fan = scenario["risk"]["lost"][what]
    told = si_bytes if what == "bytes" else rough_count
    name = f"{anchor}-lost-{what}"
    low, median, high = (told(fan[-1][n]) for n in (0, 2, 4))
    return Shown(
        picture=Fan(
            name=name,
            title=f"{what.capitalize()} lost since the start, expected",
            description=f"{median} at the end in the median, 9 in 10 futures between {low} and {high}.",
        ),
        table=fan_table(
            name,
            f"{what.capitalize()} lost since the start, expected. {source(scenario)}",
            scenario["years"],
            fan,
            time="year",
            kind="bytes" if what == "bytes" else "number",
            unit="" if what == "bytes" else "objects",
        ),
    )


def sites(scenario: Data) -> list[tuple[str, float, float, float | None]]:
    """Of each domain at the end: bytes of copies in it, objects in it alone, days to copy them again."""
    found = []
    alone = scenario["risk"]["only_there"]["objects"][-1]
    for number, domain in enumerate(scenario["risk"]["domains"]):
        stores = [n for n, each in enumerate(scenario["domains"]) if each == domain]
        there = sum(scenario["held_mean"][-1][n] for n in stores)
        lines = [scenario["load"]["line"][n] for n in stores]
        speed = sum(line for line in lines if line) * 1e9 / 8
        days = there / speed / _SECONDS_PER_DAY if speed and all(lines) else None
        found.append((domain, there, alone[number], days))
    return found


def _sites(scenario: Data, anchor: str) -> Table:
    return Table(
        name=f"{anchor}-sites",
        caption="If everything in one domain were gone at the end of the plan: copies to be made again "
        f"(means), objects that had no copy elsewhere (medians). {source(scenario)}",
        columns=(
            Column(heading="domain"),
            Column(heading="bytes to copy again", kind="bytes"),
            Column(heading="at the full line", kind="number", unit="days"),
            Column(heading="objects lost for ever", kind="about"),
        ),
        rows=tuple((domain, there, days, alone) for domain, there, alone, days in sites(scenario)),
    )


def _alone(scenario: Data, anchor: str) -> Shown:
    name = f"{anchor}-alone"
    rows = scenario["risk"]["only_there"]["bytes"]
    worst = max(max(row) for row in rows)
    return Shown(
        picture=Lines(
            name=name,
            title="Bytes that lie in one domain alone",
            description=f"At the end of each year, medians; at most {si_bytes(worst)}.",
        ),
        table=parts_table(
            name,
            f"Bytes with copies in one domain alone at the end of the year, medians. {source(scenario)}",
            scenario["years"],
            scenario["risk"]["domains"],
            rows,
            time="year",
            kind="bytes",
        ),
    )


def risk_sentences(scenario: Data) -> Iterator[str]:
    """For the first screen."""
    low, _, median, _, high = scenario["risk"]["lost"]["objects"][-1]
    objects = scenario["objects"][2]
    if not high:
        yield "The scenario states no risk to any copy, so that nothing is lost in it."
    else:
        yield (
            f"{rough_count(median)} of {rough_count(objects)} objects are expected to be lost, "
            f"{chance_in(median / objects)} ({rough_count(low)} to {rough_count(high)}), "
            f"{si_bytes(scenario['risk']['lost']['bytes'][-1][2])}."
        )
    domain, there, alone, days = max(sites(scenario), key=lambda each: (each[2], each[1]))
    again = f", {three(days)} days at the full line" if days else ""
    lost = (
        f"{rough_count(alone)} objects would be gone with it" if alone else "no object would be gone with it"
    )
    size = si_bytes(there)
    yield f"If all of {domain} were lost at the end, {lost}, and {size} had to be copied again{again}."
    if len(scenario["risk"]["domains"]) == 1:
        yield f"All stores lie in {plural(1, 'domain')}: what takes it takes everything."
