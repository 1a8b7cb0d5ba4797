"""What the capacity report says of plans, and that it is what the results say."""

from __future__ import annotations

from pathlib import Path

import pytest
import xarray as xr

from capacity.ensemble import project
from capacity.sensitivity import sensitivities
from reports.document import Report, Table, tables_of
from reports.numbers import told
from reports.projection.gathering import gather_capacity
from reports.projection.movers import gather_movers
from reports.projection.view import view_capacity
from reports.render.markdown import render_markdown
from tests.capacity.scenarios import DOUBTFUL, PLAIN, a_scenario
from tests.reports.plans import a_full_plan
from tests.reports.telling import pictures


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    return a_full_plan(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def report(plan: xr.Dataset) -> Report:
    return view_capacity(gather_capacity([plan], None))


def table(report: Report, name: str) -> Table:
    (found,) = [each for each in report.tables() if each.name == name]
    return found


def words(report: Report) -> str:
    return (
        render_markdown(report).replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    )


def test_when_a_store_is_full_and_when_to_order(report: Report) -> None:
    assert table(report, "p1-full-by").rows == (("hot", 2e12, "2027-11", "2028-05", "2028-12", "2027-07"),)
    chances = [float(row[1] or 0) for row in table(report, "p1-filling").rows]
    assert chances == sorted(chances)
    total = next(each for each in pictures(report) if each.picture.name == "p1-store-1")
    svg = total.picture.drawn(total.table, width="narrow").svg
    assert "full at 2.00" in svg


def test_a_budget_is_held_against_each_year(report: Report, plan: xr.Dataset) -> None:
    rows = table(report, "p1-over-budget").rows
    assert [row[0] for row in rows] == [2027, 2028]
    assert [row[1] for row in rows] == pytest.approx(plan["over_budget"].values)


def test_one_site_lost(report: Report, plan: xr.Dataset) -> None:
    here, there = table(report, "p1-sites").rows
    held = plan["bytes_held"].isel(month=-1).mean("draw").sel(store="hot")
    assert here[0] == "here"
    assert here[1] == pytest.approx(float(held), rel=1e-6)
    assert here[2] == pytest.approx(float(held) * 8 / 10e6 / 86400, rel=1e-5)
    assert here[3] == pytest.approx(float(plan["objects_only_there_fan"].sel(quantile=0.5)[-1, 0]), rel=1e-6)
    assert there[2] is None, "nobody said how wide its line is"


def test_parts_add_up_to_the_whole(report: Report, plan: xr.Dataset) -> None:
    tiers = table(report, "p1-tiers").rows
    assert sum(float(cell or 0) for cell in tiers[-1][1:]) == pytest.approx(
        float(plan["bytes_held"].isel(month=-1).sum("store").mean("draw")), rel=1e-6
    )
    parts = table(report, "p1-parts").rows
    assert sum(float(cell or 0) for row in parts for cell in row[1:]) == pytest.approx(
        float(plan["cost"].sum(("month", "store")).mean("draw")), rel=1e-4
    )


def test_every_unit_is_told_once(report: Report) -> None:
    for each in report.tables():
        for column in each.columns:
            if column.kind == "money":
                assert column.unit == "EUR"
            if column.kind == "bytes":
                assert not column.unit


def test_what_moves_the_answer_is_what_sobol_says(tmp_path: Path) -> None:
    scenario = a_scenario(tmp_path, DOUBTFUL)
    movers = gather_movers(project(scenario, draws=512, seed=5))
    assert movers is not None
    for found in sensitivities(scenario, n=256, draws=256, seed=3):
        if not found.influences:
            continue
        shares = movers[found.question]["shares"]
        by_sobol = {each.name: each.first for each in found.influences if each.first > 0.1}
        assert set(by_sobol) <= set(shares)
        for name, first in by_sobol.items():
            assert shares[name] == pytest.approx(first, abs=0.12)


def test_two_plans_differ_draw_by_draw(tmp_path: Path) -> None:
    plans = []
    for name, days in (("soon", 60), ("late", 600)):
        (tmp_path / name).mkdir()
        text = DOUBTFUL.replace("Doubts", name)
        plans.append(project(a_scenario(tmp_path / name, text, days=days), draws=64, seed=5))
    report = view_capacity(gather_capacity(plans, None))
    assert report.title == "2 plans side by side"
    assert [chapter.title for chapter in report.chapters] == ["Side by side", "soon", "late"]
    less = (
        plans[1]["bytes_held"].isel(month=-1).sum("store")
        - plans[0]["bytes_held"].isel(month=-1).sum("store")
    ).values
    assert (less <= 0).all()
    said = words(report)
    assert "Against soon, late holds" in said
    assert "TB less at the end (9 in 10 futures:" in said
    assert "the policies differ" in said
    held = table(report, "side-held-total")
    assert [told(row[2], held.columns[2]) for row in held.rows[-1:]]
    assert held.columns[1].heading == "soon, 5 %"


def test_plans_drawn_otherwise_are_not_compared_draw_by_draw(plan: xr.Dataset, result: xr.Dataset) -> None:
    said = words(view_capacity(gather_capacity([plan, result], None)))
    assert "Doubts (2) was drawn in another way than Doubts (1): no difference is told draw by draw." in said


def test_a_plan_without_doubt_says_so(tmp_path: Path) -> None:
    said = words(
        view_capacity(gather_capacity([project(a_scenario(tmp_path, PLAIN), draws=4, seed=1)], None))
    )
    assert "(no doubt stated)" in said
    assert "Nothing is in doubt in this plan, so that nothing moves it." in said
    assert "The scenario states no risk to any copy, so that nothing is lost in it." in said


def test_the_picture_of_each_table_bears_its_name(report: Report) -> None:
    for each in pictures(report):
        assert each.picture.name == each.table.name
        assert tables_of(each) == (each.table,)
