"""The plan year by year in one table, of which a page shows one year at a time."""

from __future__ import annotations

from typing import Any

from reports.document import Column, Section, Slider, Table
from reports.projection.tables import source

Data = dict[str, Any]


def years_section(scenario: Data, anchor: str) -> Section:
    """The slider."""
    currency = scenario["about"]["currency"]
    table = Table(
        name=f"{anchor}-years",
        caption=f"Year by year, medians unless told otherwise. {source(scenario)}",
        columns=(
            Column(heading="year", kind="year"),
            Column(heading="held at its end", kind="bytes"),
            Column(heading="held, 5 %", kind="bytes"),
            Column(heading="held, 95 %", kind="bytes"),
            Column(heading="cost of the year", kind="money", unit=currency),
            Column(heading="spent so far", kind="money", unit=currency),
            Column(heading="media to buy", kind="bytes"),
            Column(heading="read to verify, mean", kind="bytes"),
            Column(heading="busiest line", kind="number", unit="Gbit/s"),
            Column(heading="objects lost so far, expected", kind="number"),
            Column(heading="carbon", kind="number", unit="kg CO2e"),
        ),
        rows=tuple(
            (
                year,
                scenario["held_year"][n][2],
                scenario["held_year"][n][0],
                scenario["held_year"][n][4],
                scenario["cost_year"][n][2],
                scenario["spent_year"][n][2],
                sum(scenario["purchases"]["bought"][n]),
                sum(scenario["load"]["audited"][n]),
                max(scenario["load"]["peak"][n]),
                scenario["risk"]["lost"]["objects"][n][2],
                scenario["load"]["carbon"][n][2],
            )
            for n, year in enumerate(scenario["years"])
        ),
    )
    return Section(
        title="What does one year look like?",
        anchor=f"{anchor}-year",
        blocks=(Slider(label="Year", table=table),),
    )
