"""How much it will cost, and when the money is needed."""

from __future__ import annotations

from typing import Any

from reports.document import Section, Shown, Words
from reports.figures.bars import YearBars
from reports.numbers import money
from reports.projection.tables import fan_table, source

Data = dict[str, Any]


def money_section(scenario: Data, anchor: str) -> Section:
    """Year by year."""
    about = scenario["about"]
    currency = about["currency"]
    total = money(scenario["spent"][-1][2], currency)
    name = f"{anchor}-money"
    shown = Shown(
        picture=YearBars(
            name=name,
            title="Cost of each year",
            description=f"Nominal, from prices of {about['price_year']} with the scenario's drift; "
            f"{total} in all (median).",
        ),
        table=fan_table(
            name,
            f"Cost of each year. {source(scenario)}",
            scenario["years"],
            scenario["cost_year"],
            time="year",
            kind="money",
            unit=currency,
        ),
    )
    return Section(
        title="How much will it cost, and when is the money needed?",
        anchor=f"{anchor}-cost",
        blocks=(
            shown,
            Words(text=f"Money is nominal. As money of the first month, all of it is "
                  f"{money(scenario['present'][2], currency)} in the median."),
        ),
    )  # fmt: skip
