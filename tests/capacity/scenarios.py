"""Small scenarios in a folder of their own, written as a planner would write them."""

from __future__ import annotations

from pathlib import Path

from capacity.scenario import Scenario
from capacity.scenario_reading import read_scenario

FIGURE = '[{name}]\nvalue = "{value}"\nsource = "an invoice"\ndate = 2026-01-31\nconfidence = "published"\n'
POLICY = """
[[rules]]
name = "old bags also rest in cold"
where = "kind = 'bag' and age_days >= {days}"
copies = {{ hot = 1, cold = 1 }}
domains = 2
because = "a site can burn"

[[rules]]
name = "everything else is hot"
where = "true"
copies = {{ hot = 1 }}
because = "it is being worked with"
"""
STORES = """
[stores.hot]
tier = "hot"
domain = "here"
price_sheet = "hot.toml"

[stores.cold]
tier = "cold"
domain = "there"
price_sheet = "cold.toml"
"""
PLAIN = """
title = "Primes"
start = "2027-01"
months = 7
currency = "EUR"
price_year = 2027
policy = "policy.toml"

[object_types.sheet]
objects_per_month = 11
images_per_object = 3
image_bytes = "13 MB"
bag_bytes = "97 MB"
"""
DOUBTFUL = """
title = "Doubts"
start = "2027-01"
years = 2
currency = "EUR"
price_year = 2026
price_drift_per_year = { p10 = "-8 %", p50 = "-4 %", p90 = "2 %" }
policy = "policy.toml"

[object_types.sheet]
objects_per_month = "500 to 900"
growth_per_year = "0 % to 10 %"
images_per_object = { low = 1, mode = 1, high = 2 }
image_bytes = { p10 = "80 MB", p50 = "108 MB", p90 = "160 MB" }
image_bytes_doubt = "0.8 to 1.3"
packaging_overhead = { value = 0.002, source = "BagIt manifests", date = 2026-01-01, confidence = "assumed" }

[object_types.slide]
objects_per_month = 400
image_bytes = "20 to 60 MB"
"""


def sheet(name: str, **figures: object) -> str:
    """A price sheet in euros."""
    body = "\n".join(FIGURE.format(name=figure, value=value) for figure, value in figures.items())
    return f'currency = "EUR"\ntitle = "{name} storage"\n\n{body}'


def write_scenario(folder: Path, text: str = PLAIN, *, stores: str = STORES, days: int = 60) -> Path:
    """A scenario with its policy and price sheets beside it."""
    (folder / "policy.toml").write_text(POLICY.format(days=days))
    (folder / "hot.toml").write_text(
        sheet("hot", storage_per_gb_month="0.023", put_per_1000="0.005", overhead_bytes_per_object="17")
    )
    (folder / "cold.toml").write_text(
        sheet("cold", storage_per_gb_month="0.0011", put_per_1000="0.05", minimum_billable_bytes="128000")
    )
    path = folder / "scenario.toml"
    path.write_text(text + stores)
    return path


def a_scenario(folder: Path, text: str = PLAIN, *, stores: str = STORES, days: int = 60) -> Scenario:
    """The same, read."""
    return read_scenario(write_scenario(folder, text, stores=stores, days=days), house=None)
