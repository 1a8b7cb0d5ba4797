"""What the plan asks of lines, drives and people: network, audits, access, carbon."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.document import Block, Section, Shown, Side, Words
from reports.figures.fan import Fan
from reports.figures.lines import Lines
from reports.figures.stack import Stack
from reports.numbers import joined, percent, plural, rough_count, si_bytes, three, tonnes
from reports.projection.money_view import shares_of_money
from reports.projection.tables import fan_table, parts_table, source, worth_showing

Data = dict[str, Any]


def load_section(scenario: Data, anchor: str) -> Section:
    """Lines and audits."""
    return Section(
        title="What does it ask of networks and audits?",
        anchor=f"{anchor}-load",
        blocks=tuple(_blocks(scenario, anchor)),
    )


def _blocks(scenario: Data, anchor: str) -> Iterator[Block]:
    yield Side(shown=(_network(scenario, anchor), *_audits(scenario, anchor)))
    yield Words(text=" ".join([*audit_sentences(scenario), *access_sentences(scenario)]))


def _network(scenario: Data, anchor: str) -> Shown:
    lines = [line for line in scenario["load"]["line"] if line]
    peaks = scenario["load"]["peak"]
    name = f"{anchor}-network"
    # Only a line that the picture comes near is drawn: else it would flatten all the others.
    near = min(lines, default=None)
    shown = near if near is not None and near <= 1.5 * max(max(row) for row in peaks) else None
    store, (low, median, high) = busiest(scenario)
    return Shown(
        picture=Lines(
            name=name,
            title="Gbit/s to each store on a busy day",
            description="The busiest day in a hundred of the year's busiest month, medians; at most to "
            f"{store}: {three(median)} Gbit/s, 9 in 10 futures {three(low)} to {three(high)}.",
            limit=shown,
            limit_words=f"the slowest line, {three(shown)} Gbit/s" if shown else "",
        ),
        table=parts_table(
            name,
            "Line in and out on the busiest day in a hundred of the year's busiest month, medians. "
            f"{source(scenario)}",
            scenario["years"],
            scenario["stores"],
            peaks,
            time="year",
            kind="number",
            unit="Gbit/s",
        ),
    )


def busiest(scenario: Data) -> tuple[str, list[float]]:
    """The store with the busiest line, and the 5, 50 and 95 % of its busiest year."""
    worst = scenario["load"]["peak_worst"]
    number = max(range(len(worst)), key=lambda n: worst[n][1])
    return scenario["stores"][number], worst[number]


def network_sentences(scenario: Data) -> Iterator[str]:
    """The busiest line, and whether it is wide enough."""
    store, (low, median, high) = busiest(scenario)
    yield (
        f"The busiest line is that to {store}: {three(median)} Gbit/s on a busy day in the median "
        f"({three(low)} to {three(high)})."
    )
    for name, line, over in zip(
        scenario["stores"], scenario["load"]["line"], scenario["load"]["over_line"], strict=True
    ):
        if line and over >= 0.05:
            wide = f"{three(line)} Gbit/s"
            yield f"The line to {name} ({wide}) is too narrow in {percent(over)} of the futures."


def _audits(scenario: Data, anchor: str) -> Iterator[Shown]:
    stores, rows = worth_showing(scenario["stores"], scenario["load"]["audited"])
    if not stores:
        return
    name = f"{anchor}-audits"
    yield Shown(
        picture=Stack(
            name=name,
            title="Bytes read to verify copies",
            description=f"Each year, means; {si_bytes(sum(rows[-1]))} in the last.",
            bars=True,
        ),
        table=parts_table(
            name,
            f"Bytes read each year to verify copies, means. {source(scenario)}",
            scenario["years"],
            stores,
            rows,
            time="year",
            kind="bytes",
        ),
    )


def audit_sentences(scenario: Data) -> Iterator[str]:
    """How often copies are checked, and what it takes."""
    often = [
        f"{name} every {plural(round(months), 'month')}" if months else f"{name} never"
        for name, months in zip(scenario["stores"], scenario["about"]["audit_months"], strict=True)
    ]
    yield f"The plan reads every copy whole: {joined(often)}."
    last = sum(scenario["load"]["audited"][-1])
    if last:
        drives = scenario["load"]["drive_hours"][2] / 8766
        yield (
            f"In the last year that is {si_bytes(last)} (mean): {three(drives)} drives that do nothing else, "
            f"and {three(scenario['load']['core_hours'][2] / 8766)} cores that hash."
        )


def access_sentences(scenario: Data) -> Iterator[str]:
    """What reading adds."""
    served = scenario["load"]["served"][2]
    if not served:
        yield "The scenario states no access, so that it adds nothing."
        return
    shares = dict(shares_of_money(scenario))
    cost = shares.get("reading", 0.0)
    told = f"is {percent(cost)} of all money" if cost else "costs nothing at these prices"
    yield (
        f"People and harvests read {si_bytes(served)} in the last year (median); reading, theirs and that of "
        f"audits and copies, {told}."
    )


def carbon_section(scenario: Data, anchor: str) -> Section:
    """Operation and what was embodied."""
    fan = scenario["load"]["carbon"]
    if not any(row[4] for row in fan):
        words = Words(
            text="The scenario and its price sheets state no power and nothing embodied: no carbon."
        )
        return Section(title="What does it cost the climate?", anchor=f"{anchor}-carbon", blocks=(words,))
    name = f"{anchor}-carbon"
    low, median, high = (tonnes(scenario["load"]["carbon_total"][n]) for n in (0, 2, 4))
    shown = Shown(
        picture=Fan(
            name=f"{name}-fan",
            title="Carbon of each year",
            description=f"Operation and what was embodied; {median} in all in the median, "
            f"9 in 10 futures {low} to {high}.",
        ),
        table=fan_table(
            f"{name}-fan",
            f"Carbon of each year, operation and embodied. {source(scenario)}",
            scenario["years"],
            fan,
            time="year",
            kind="number",
            unit="kg CO2e",
        ),
    )
    text = f"{median} in all in the median, {low} to {high} in 9 of 10 futures."
    requests = scenario["load"]["requests"][2]
    more = f" Stores answer {rough_count(requests)} requests in the last year (median)." if requests else ""
    return Section(
        title="What does it cost the climate?", anchor=name, blocks=(Words(text=f"{text}{more}"), shown)
    )
