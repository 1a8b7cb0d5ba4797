"""A plan that states all that a report can tell of: ends of stores, media, lines, budget, access, risk."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from capacity.ensemble import project
from tests.capacity.scenarios import DOUBTFUL, a_scenario

_EVERYTHING = """
[stores.hot]
tier = "hot"
domain = "here"
price_sheet = "hot.toml"
capacity = "2 TB"
audit_every_months = 3
line = "10 Mbit/s"
copy_loss_per_year = "1e-6 to 1e-4"

[stores.hot.media]
life_years = 5
lead_months = 4
price_per_tb = "15 to 30"

[stores.cold]
tier = "cold"
domain = "there"
price_sheet = "cold.toml"
copy_loss_per_year = 1e-5

[durability]
site_shock_per_year = 0.002

[access]
reads_per_year = 0.1

[energy]
price_per_kwh = 0.2
"""


def a_full_plan(folder: Path) -> xr.Dataset:
    """Its result, some draws of it."""
    text = DOUBTFUL.replace("price_year = 2026", "price_year = 2026\nbudget_per_year = 300")
    return project(a_scenario(folder, text, stores=_EVERYTHING), draws=128, seed=7)
