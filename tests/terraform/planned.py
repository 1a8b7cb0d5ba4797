"""A plan and the settings it was made for, as `holdfast terraform vars` takes them."""

from __future__ import annotations

import os
from pathlib import Path

from capacity.ensemble import project
from capacity.results import save_result
from service.cli.main import run
from tests.capacity.scenarios import PLAIN, a_scenario

IN_AWS = """
[stores.hot]
url = "s3://nhmuk-hot"
region = "eu-west-2"
tier = "hot"
domain = "aws-london"
price_sheet = "hot"

[stores.cold]
url = "s3://nhmuk-cold/archive"
region = "eu-central-1"
endpoint = "https://s3.eu-central-1.amazonaws.com"
tier = "cold"
domain = "aws-frankfurt"
price_sheet = "cold"
"""
AT_HOME = (
    IN_AWS.replace('region = "eu-west-2"', 'endpoint = "https://s3.museum.example.org"')
    .replace('region = "eu-central-1"\n', "")
    .replace("https://s3.eu-central-1.amazonaws.com", "https://s3.vault.example.org")
)
REST = """
policy = "policy.toml"

[bags]
store = "hot"

[withdrawals]
hold = "36 h"

[prices]
hot = "hot.toml"
cold = "cold.toml"
"""


def write_settings(folder: Path, stores: str = IN_AWS, *, rest: str = REST) -> Path:
    """`holdfast.toml` beside a scenario's policy and price sheets."""
    path = folder / "holdfast.toml"
    # Keys of the whole file stand before the first table.
    head, _, tables = rest.partition("\n\n")
    path.write_text(f"{head}\n{stores}\n{tables}")
    return path


def write_plan(folder: Path, text: str = PLAIN) -> Path:
    """A result in `folder`, with its scenario, policy and price sheets."""
    result = project(a_scenario(folder, text), draws=16)
    return Path(save_result(result, folder / "projection.zarr"))


def write_vars(folder: Path, modules: Path, *words: str) -> int:
    """`holdfast terraform vars` in `folder`, for the modules in `modules`."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        return run(["terraform", "vars", "projection.zarr", "-o", str(modules), *words])
    finally:
        os.chdir(before)
