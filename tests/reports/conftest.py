"""A house with a little history, and a projection of it, for every test of the reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xarray as xr

from capacity.ensemble import project
from holdings.house import House
from tests.capacity.holdings import deposit_images, read_copy
from tests.capacity.scenarios import DOUBTFUL, a_scenario
from tests.kit.houses import a_house

NOW = datetime(2027, 4, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("house"), at=NOW, agent="holdfast 0.1.0 (test)") as house:
        first = deposit_images(
            house, [10**9] * 7, collection="herb", at=datetime(2026, 2, 11, 9, 30, tzinfo=UTC)
        )
        read_copy(house, first, "cold", at=datetime(2027, 2, 12, tzinfo=UTC))
        deposit_images(house, [10**9] * 3, collection="ferns", at=datetime(2027, 3, 1, tzinfo=UTC))
        yield house


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    folder: Path = tmp_path_factory.mktemp("scenario")
    return project(a_scenario(folder, DOUBTFUL), draws=256, seed=5)
