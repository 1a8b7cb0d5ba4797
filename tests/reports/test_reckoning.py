"""A plan against what came and against the plan before; as data, as words, as a page, and checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from capacity.ensemble import project
from holdings.errors import BadInput
from holdings.house import House
from reports.document import Table
from reports.kinds import VIEWS
from reports.reckoning.gathering import check_invoices, gather_reckoning
from reports.reckoning.view import view_reckoning
from reports.render.html import render_html
from tests.capacity.holdings import deposit_images, read_copy
from tests.capacity.scenarios import DOUBTFUL, a_scenario
from tests.kit.houses import a_house
from tests.reports.telling import told as told_in
from tests.reports.test_page import outline

NOW = datetime(2027, 5, 20, tzinfo=UTC)
EVIL = "<script>alert(1)</script>"
INVOICES = [(date(2027, month, 1), "hot", 3.0 * month) for month in (1, 2, 3, 4)]


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.Dataset, xr.Dataset]:
    """The plan, and the one before it."""
    before = project(a_scenario(tmp_path_factory.mktemp("before"), DOUBTFUL), draws=256, seed=5)
    more = DOUBTFUL.replace('"500 to 900"', '"600 to 900"').replace('"Doubts"', f'"{EVIL}"')
    return project(a_scenario(tmp_path_factory.mktemp("now"), more), draws=256, seed=5), before


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_house(tmp_path_factory.mktemp("house"), at=NOW, agent="holdfast 0.1.0 (test)") as house:
        deposit_images(house, [10**9], collection="old", at=datetime(2026, 5, 1, tzinfo=UTC))
        for month in (1, 2, 3, 4, 5):
            at = datetime(2027, month, 15, tzinfo=UTC)
            package = deposit_images(house, [1_400_000_000] * (90 + month), collection="herb", at=at)
            if month < 3:
                read_copy(house, package, "cold", at=at + timedelta(days=61))
        yield house


@pytest.fixture(scope="module")
def data(house: House, plans: tuple[xr.Dataset, xr.Dataset]) -> dict[str, Any]:
    plan, before = plans
    return gather_reckoning(plan, house, INVOICES, before=before, draws=64)


def table(data: dict[str, Any], name: str) -> Table:
    return next(each for each in view_reckoning(data).tables() if each.name == name)


def test_what_came_is_what_was_made_since_the_plan_began(data: dict[str, Any]) -> None:
    # 91 and 92 bags' worth went to cold, too; what was made in 2026 is none of this plan's.
    came = [each for each in data["came_total"] if each is not None]
    images = 91 + 92 + 93 + 94 + 95 + 91 + 92
    assert came[-1] == pytest.approx(images * 1.4e9, rel=1e-3)
    assert data["score"]["months"][-1]["actual"] == came[-1]
    assert [each["month"] for each in data["score"]["months"]] == [f"2027-0{n}" for n in range(1, 6)]


def test_the_table_says_inside_or_outside(data: dict[str, Any]) -> None:
    months = table(data, "months")
    assert [column.heading for column in months.columns] == [
        "month", "plan, 5 %", "plan, median", "plan, 95 %", "really come", "the band", "CRPS",
    ]  # fmt: skip
    for number, row in enumerate(months.rows):
        low, high, came = (float(row[n] or 0) for n in (1, 3, 4))
        inside = low <= came <= high
        assert str(row[5]).startswith("inside" if inside else "outside")
        assert (number in months.emphasised) == (not inside)
    covered = sum(str(row[5]) == "inside" for row in months.rows) / len(months.rows)
    assert data["score"]["covered"] == covered


def test_fans_are_the_plan_s_with_what_came_upon_them(
    data: dict[str, Any], plans: tuple[xr.Dataset, xr.Dataset]
) -> None:
    total = table(data, "total")
    assert [row[0] for row in total.rows][:2] == ["2027-01", "2027-02"]
    medians = plans[0]["bytes_held_total_fan"].sel(quantile=0.5).values
    assert float(total.rows[4][3] or 0) == pytest.approx(float(medians[4]), rel=1e-4)
    assert [row[6] for row in total.rows[:5]] == data["came_total"][:5]
    assert total.rows[5][6] is None
    assert len(total.rows) == 17, "as many months again as came, a year at least"


def test_the_first_screen_says_it(data: dict[str, Any]) -> None:
    told = told_in(view_reckoning(data))
    last = data["score"]["months"][-1]
    for sentence in (
        f"By May 2027 907 GB came, {last['where']} the plan's band of",
        "Counted is what was made since January 2027, when the plan begins, in the stores that it names.",
        "The median alone was off by",
        "Invoices of 4 months come to 30.00 EUR; the plan's medians of the same months and stores to",
        "Held at the end of December 2028:",
        "Because of objects per month, sheet.",
    ):
        assert sentence in told


def test_it_is_made_again_from_its_data_and_stays_text(data: dict[str, Any], drawn_once: None) -> None:
    page = render_html(view_reckoning(data))
    assert render_html(VIEWS["plan-vs-actual"](json.loads(json.dumps(data)))) == page
    outline(page)
    assert page.count("<script") == 2, "the data and our own"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;: plan against actual" in page
    assert len(page.encode()) < 400_000


def test_without_invoices_and_without_another_plan(
    house: House, plans: tuple[xr.Dataset, xr.Dataset]
) -> None:
    told = told_in(view_reckoning(gather_reckoning(plans[0], house)))
    assert "No invoice was given (--invoices FILE)." in told
    assert "No earlier plan was given." in told


def test_the_same_plan_twice_has_not_changed(house: House, plans: tuple[xr.Dataset, xr.Dataset]) -> None:
    found = gather_reckoning(plans[0], house, before=plans[0], draws=64)
    assert "Nothing that matters: both plans give the same answers." in told_in(view_reckoning(found))


def test_invoices_alone_can_be_compared(tmp_path: Path, plans: tuple[xr.Dataset, xr.Dataset]) -> None:
    with a_house(tmp_path, at=NOW) as empty:
        outside = (date(2001, 1, 1), "hot", 1.0)
        found = gather_reckoning(plans[0], empty, [*INVOICES, outside])
        with pytest.raises(BadInput, match="Nothing that was held or paid") as refused:
            gather_reckoning(plans[0], empty)
    assert str(refused.value.hint).startswith("It is of 2027-01 to 2028-12, in hot, cold: wait for its first")
    told = told_in(view_reckoning(found))
    assert "Nothing was held yet of what" in told
    assert "1 invoice is of months or stores that the plan does not have, and left out." in told


def test_invoices_of_another_plan_are_refused(plans: tuple[xr.Dataset, xr.Dataset]) -> None:
    with pytest.raises(BadInput, match="No invoice is of a month and a store of this plan"):
        check_invoices(plans[0], [(date(2001, 1, 1), "hot", 1.0)])
