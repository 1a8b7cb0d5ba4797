"""A plan as flows, what guards refuse, and what was done; as data, as words and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holdings.errors import BadInput
from holdings.house import House
from reports.document import Shown
from reports.figures.flows import Flows
from reports.kinds import VIEWS
from reports.moving.gathering import gather_tiering
from reports.moving.view import view_tiering
from reports.moving.words import duration
from reports.render.html import render_html
from tests.kit.houses import a_house
from tests.reports.lively import NOW, a_lively_house
from tests.reports.telling import told as told_in
from tests.reports.test_page import outline, words
from tiering.plan import NotWorth, Plan, sealed
from tiering.planning import make_plan
from tiering.policy import read_policy


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_lively_house(tmp_path_factory.mktemp("lively")) as house:
        yield house


@pytest.fixture(scope="module")
def plan(lively: House) -> Plan:
    return make_plan(lively, read_policy(lively.settings.policy), at=NOW)


@pytest.fixture(scope="module")
def data(lively: House, plan: Plan) -> dict[str, Any]:
    return gather_tiering(lively, plan, given="plan.json")


def said(data: dict[str, Any]) -> str:
    return told_in(view_tiering(data))


def test_flows_add_up_to_the_plan(plan: Plan, data: dict[str, Any]) -> None:
    flows = data["plan"]["flows"]
    copied = [flow for flow in flows if flow["to"]]
    removed = [flow for flow in flows if not flow["to"]]
    assert sum(flow["copies"] for flow in copied) == plan.totals.moves == 28
    assert sum(flow["bytes"] for flow in copied) == plan.totals.size_bytes
    assert sum(flow["copies"] for flow in removed) == plan.totals.removals == 3
    assert sum(flow["bytes"] for flow in removed) == plan.totals.removed_bytes
    for cost in plan.totals.costs:
        monthly = sum(flow["monthly"].get(cost.currency, 0) for flow in flows)
        assert monthly == pytest.approx(cost.storage_per_month - cost.saved_per_month, abs=1e-5)


def test_the_picture_is_drawn_of_its_table(data: dict[str, Any]) -> None:
    (shown,) = [
        block
        for section in view_tiering(data).chapters[0].sections
        for block in section.blocks
        if isinstance(block, Shown) and isinstance(block.picture, Flows)
    ]
    assert [column.heading for column in shown.table.columns[:5]] == ["from", "to", "copies", "bytes", "once"]
    svg = str(shown.picture.drawn(shown.table, width="narrow").svg)
    for told in ("16 copies, 13.7\N{NO-BREAK SPACE}GB", "removed", "deep", "near"):
        assert told in svg
    assert svg.count("<desc") == 1
    assert "13.7\N{NO-BREAK SPACE}GB from hot to deep" in shown.picture.description


def test_the_first_screen_says_it(data: dict[str, Any]) -> None:
    told = said(data)
    for sentence in (
        "28 copies to make (24.7 GB) and 3 copies to remove (2.64 GB), of 60 packages looked at.",
        "13.7 GB from hot to deep, 9.14 GB from hot to cold and 1.84 GB from hot to near.",
        "1.96 USD once (under 0.01 USD requests, 0.33 USD retrieval and 1.64 USD egress).",
        "15 min at the rates that were measured in earlier transfers. The stores are asked 168 times",
        "18 removals (13.8 GB) by guards.removal.packages: one run may not remove more.",
        "2 packages stay below the policy, because something is in the way.",
        "60 copies made (47.8 GB), 5 removed, 8 repaired, and 19 readings to check what is held",
        "4 readings found a copy that was damaged or missing.",
        "holdfast tier apply plan.json",
    ):
        assert sentence in told


def test_it_is_made_again_from_its_data(data: dict[str, Any], drawn_once: None) -> None:
    page = render_html(view_tiering(data))
    assert render_html(VIEWS["tiering"](json.loads(json.dumps(data)))) == page
    outline(page)
    assert page.count("<script") == 2, "the data and our own"


def test_what_is_not_worth_its_price_is_told_with_the_sum(lively: House, plan: Plan) -> None:
    dear = NotWorth(
        source_store="hot", target_store="deep", rule="<b>", currency="EUR", packages=7, size_bytes=10**9,
        costs=3.0, saves=2.0,
    )  # fmt: skip
    told = said(gather_tiering(lively, sealed(replace(plan, not_worth=(dear,))), given="p.json"))
    assert "7 packages from hot to deep (1.00 GB): costs 3.00 EUR, saves 2.00 EUR" in told


def test_how_much_of_a_plan_is_done_is_told(lively: House, plan: Plan) -> None:
    # Everything in the house was done by "a run"; a plan of that name has all of it behind it.
    told = said(gather_tiering(lively, replace(plan, plan_id="a run"), given="p.json"))
    assert "Done of this plan: 60 of 28 copies made and 5 of 3 removed, the latest on" in told


def test_rates_that_were_measured_since_tell_the_time(lively: House, plan: Plan) -> None:
    unmeasured = replace(plan, totals=replace(plan.totals, hours=None))
    assert "15 min at the rates" in said(gather_tiering(lively, unmeasured, given="p.json"))


def test_a_plan_of_other_holdings_is_one_sentence(lively: House, plan: Plan) -> None:
    with pytest.raises(BadInput, match=r"^p\.json was made for catalogue elsewhere, and these holdings"):
        gather_tiering(lively, replace(plan, catalogue_id="elsewhere"), given="p.json")
    odd = replace(plan.moves[0], target_store="gone")
    with pytest.raises(BadInput, match="stores that the settings do not name: gone"):
        gather_tiering(lively, replace(plan, moves=(odd,)), given="p.json")


def test_nothing_to_do_is_said(tmp_path: Path) -> None:
    with a_house(tmp_path, at=NOW) as house:
        made = make_plan(house, read_policy(house.settings.policy), at=NOW)
        page = render_html(view_tiering(gather_tiering(house, made, given=None)))
    outline(page)
    told = words(page)
    for sentence in (
        "What would be moved now",
        "Nothing is to be moved: 0 packages looked at.",
        "Nothing is moved, so there is nothing to draw.",
        "What was done until now? Nothing yet.",
    ):
        assert sentence in told


@pytest.mark.parametrize(
    ("hours", "told"),
    [(0.001, "1 min"), (0.25, "15 min"), (1.5, "1.50 h"), (47.0, "47.0 h"), (96.0, "4.00 days")],
)
def test_hours_as_people_say_them(hours: float, told: str) -> None:
    assert duration(hours) == told
