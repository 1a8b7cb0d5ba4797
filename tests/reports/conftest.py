"""A house with a little history, and a projection of it, for every test of the reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from archive.deposit import deposit
from capacity.ensemble import project
from holdings.house import House
from reports.accession.gathering import gather_deposit
from reports.accession.view import view_deposit
from reports.document import Drawing, Medium, Report, Table, Width
from reports.figures.chart import Chart
from reports.inventory.view import gather_holdings, view_holdings
from reports.moving.gathering import gather_tiering
from reports.moving.view import view_tiering
from reports.projection.gathering import gather_capacity
from reports.projection.view import view_capacity
from reports.reckoning.gathering import gather_reckoning
from reports.reckoning.view import view_reckoning
from reports.render.html import render_html
from tests.capacity.holdings import deposit_images, read_copy
from tests.capacity.scenarios import DOUBTFUL, a_scenario
from tests.kit.houses import a_house
from tests.kit.pictures import write_heavy_pictures
from tests.reports.lively import a_lively_house
from tests.reports.plans import a_full_plan
from tiering.holding import lay_hold
from tiering.planning import make_plan
from tiering.policy import read_policy

Drawings = dict[tuple[Chart, Table, Width, Medium], Drawing]
NOW = datetime(2027, 4, 3, 12, tzinfo=UTC)


class Ticking:
    """A clock that goes on by a thousandth of a second when it is asked, so that events have an order."""

    def __init__(self) -> None:
        self.asked = 0

    def now(self) -> datetime:
        self.asked += 1
        return NOW + timedelta(milliseconds=self.asked)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("house"), at=NOW, agent="holdfast 0.1.0 (test)") as house:
        first = deposit_images(
            house, [10**9] * 7, collection="herb", at=datetime(2026, 2, 11, 9, 30, tzinfo=UTC)
        )
        read_copy(house, first, "cold", at=datetime(2027, 2, 12, tzinfo=UTC))
        deposit_images(house, [10**9] * 3, collection="ferns", at=datetime(2027, 3, 1, tzinfo=UTC))
        yield house


@pytest.fixture(scope="session")
def result(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    folder: Path = tmp_path_factory.mktemp("scenario")
    return project(a_scenario(folder, DOUBTFUL), draws=256, seed=5)


@pytest.fixture(scope="session")
def every_report(tmp_path_factory: pytest.TempPathFactory, result: xr.Dataset) -> dict[str, Report]:
    """One report of each kind, of a house in which much happened and of a small deposit."""
    folder = tmp_path_factory.mktemp("every")
    # Nothing is compressed, so that no other release of a codec makes them another size.
    write_heavy_pictures(folder / "source", 3, megabytes=1)
    with (
        a_lively_house(folder / "lively", packages=24, days_apart=22.0) as lively,
        a_house(folder / "sheets", at=NOW, agent="holdfast 0.1.0 (test)") as sheets,
    ):
        lay_hold(lively, "bag-000000000003", owner="J. Curator", reason="on loan <b>")
        ticking = replace(sheets, clock=Ticking())
        bag = deposit(ticking, folder / "source", collection="sheets").package_id
        plan = make_plan(lively, read_policy(lively.settings.policy), at=NOW)
        return {
            "capacity": view_capacity(gather_capacity([a_full_plan(folder)], lively)),
            "holdings": view_holdings(gather_holdings(lively)),
            "tiering": view_tiering(gather_tiering(lively, plan, given="plan.json")),
            "deposit": view_deposit(gather_deposit(sheets, bag)),
            "plan-vs-actual": view_reckoning(gather_reckoning(result, lively)),
        }


@pytest.fixture(scope="session")
def every_page(every_report: dict[str, Report], every_drawing: Drawings) -> dict[str, str]:
    """The same as HTML."""
    with _drawing_once(every_drawing):
        return {kind: render_html(report) for kind, report in every_report.items()}


@pytest.fixture(scope="session")
def capacity_data(house: House, result: xr.Dataset) -> dict[str, Any]:
    return gather_capacity([result], house)


@pytest.fixture(scope="session")
def capacity_page(capacity_data: dict[str, Any], every_drawing: Drawings) -> str:
    with _drawing_once(every_drawing):
        return render_html(view_capacity(capacity_data))


@pytest.fixture(scope="session")
def two_plans(house: House, result: xr.Dataset) -> Report:
    return view_capacity(gather_capacity([result, result], house))


@pytest.fixture(scope="session")
def two_plans_page(two_plans: Report, every_drawing: Drawings) -> str:
    with _drawing_once(every_drawing):
        return render_html(two_plans)


@contextmanager
def _drawing_once(kept: Drawings) -> Iterator[None]:
    drawn = Chart.drawn

    def once(chart: Chart, table: Table, *, width: Width, medium: Medium = "page") -> Drawing:
        key = (chart, table, width, medium)
        if key not in kept:
            kept[key] = drawn(chart, table, width=width, medium=medium)
        return kept[key]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Chart, "drawn", once)
        yield


@pytest.fixture(scope="session")
def every_drawing() -> Drawings:
    return {}


@pytest.fixture
def drawn_once(every_drawing: Drawings) -> Iterator[None]:
    """The same picture of the same table is not drawn again, for tests of something else than drawing."""
    with _drawing_once(every_drawing):
        yield
