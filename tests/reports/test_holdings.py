"""What is held, as data, as words and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from archive.withdrawing import withdraw
from holdings.house import House
from holdings.records import EventType, Outcome
from reports.document import Table
from reports.inventory.view import gather_holdings, view_holdings
from reports.kinds import VIEWS
from reports.render.html import render_html
from reports.render.markdown import render_markdown
from tests.capacity.holdings import deposit_images, read_copy
from tests.kit.houses import a_house
from tests.reports.lively import COLLECTIONS, NOW, a_lively_house
from tests.reports.telling import told as told_in
from tests.reports.test_page import outline, words
from tiering.holding import lay_hold
from tiering.planning import make_plan
from tiering.policy import read_policy


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with a_lively_house(tmp_path_factory.mktemp("lively")) as house:
        lay_hold(house, "bag-000000000003", owner="J. Curator", reason="on loan <b>")
        yield house


@pytest.fixture(scope="module")
def data(lively: House) -> dict[str, Any]:
    return gather_holdings(lively)


def table(data: dict[str, Any], name: str) -> Table:
    return next(each for each in view_holdings(data).tables() if each.name == name)


def test_the_sums_are_those_of_the_catalogue(lively: House, data: dict[str, Any]) -> None:
    packages = {package.package_id: package for package in lively.catalogue.packages()}
    copies = lively.catalogue.copies()
    good = [copy for copy in copies if copy.status == "verified"]
    assert data["packages"] == len(packages) == 60
    assert data["bytes"] == sum(package.size_bytes for package in packages.values())
    assert data["verified"] == len(good)
    assert data["not_good"] == {"missing": 1, "suspect": 4}
    assert data["given_up"] == sum(copy.status == "retired" for copy in copies) > 0
    for store in data["stores"]:
        here = [copy for copy in good if copy.store == store["name"]]
        assert (store["packages"], store["bytes"]) == (
            len(here),
            sum(packages[copy.package_id].size_bytes for copy in here),
        )
    late = NOW - timedelta(days=180)
    due = [copy for copy in good if copy.verified_at is not None and copy.verified_at < late]
    assert data["due"]["copies"] == len(due)
    assert sum(each["copies"] for each in data["ages"] if each["due"]) == len(due)
    assert sum(each["bytes"] for each in data["growth"]) == data["bytes"]


def test_what_is_below_is_what_a_plan_would_mend(lively: House, data: dict[str, Any]) -> None:
    plan = make_plan(lively, read_policy(lively.settings.policy), at=NOW)
    asked = sum(each["copies"] for each in data["below"])
    stuck = sum(each["packages"] for each in data["below"] if not each["copies"])
    assert (asked, stuck) == (len(plan.moves), len(plan.blocked))
    assert sum(each["copies_bytes"] for each in data["below"]) == plan.totals.size_bytes
    assert {due.store: due.copies for due in plan.due}.keys() == set(data["due"]["stores"])
    assert sum(due.copies for due in plan.due) == data["due"]["copies"]


def test_a_copy_that_was_given_up_is_not_told_as_bad(data: dict[str, Any]) -> None:
    near = next(store for store in data["stores"] if store["name"] == "near")
    assert near["not_good"] == 0


def test_the_picture_of_places_is_its_table(data: dict[str, Any]) -> None:
    where = table(data, "where")
    assert [column.heading for column in where.columns[:4]] == [
        "collection",
        "packages",
        "packages in hot, leiden",
        "bytes in hot, leiden",
    ]
    assert {row[0] for row in where.rows} == set(COLLECTIONS)
    hot = next(store for store in data["stores"] if store["name"] == "hot")
    assert sum(int(row[3] or 0) for row in where.rows) == hot["bytes"]


def test_many_collections_become_a_row_of_others(data: dict[str, Any]) -> None:
    first = data["collections"][0]
    many = {**data, "collections": [{**first, "name": f"c-{n:03}", "bytes": n} for n in range(100)]}
    where = table(many, "where")
    assert [str(where.rows[n][0]) for n in (0, -1)] == ["c-099", "all others"]
    assert where.rows[-1][1] == 77 * first["packages"]
    assert len(table(many, "collections").rows) == 100


def test_the_first_screen_says_it(data: dict[str, Any]) -> None:
    told = told_in(view_holdings(data))
    for sentence in (
        "All verified copies together take 113 GB: 43 % in hot (hot, leiden)",
        "The policy asks for 28 more copies (24.7 GB), first of all because cold has 1 of 2 copies;",
        "2 packages are below it (1.84 GB) and no move helps",
        "5 copies are not good: 1 missing and 4 suspect.",
        "101 copies of 142 (80.6 GB) in cold, deep, hot and near: last read more than 180 days ago.",
        "The oldest reading is of 1 September 2025.",
        "45 copies in cold (35.1 GB); by its price sheet they take 4 hours to wake.",
        "1 package is on hold: nothing of it is removed. Nothing is withdrawn.",
    ):
        assert sentence in told


def test_it_is_made_again_from_its_data(lively: House, data: dict[str, Any], drawn_once: None) -> None:
    page = render_html(VIEWS["holdings"](json.loads(json.dumps(data))))
    assert render_html(view_holdings(gather_holdings(lively))) == page
    outline(page)
    assert page.count("<script") == 2, "the data and our own"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>" not in render_markdown(view_holdings(data))


def test_one_missed_copy_is_not_rounded_away(data: dict[str, Any]) -> None:
    nearly = {**data, "verified": 10_000, "due": {**data["due"], "copies": 1}}
    assert "99 % of the copies were read" in told_in(view_holdings(nearly))


def test_a_day_too_late_is_due(tmp_path: Path) -> None:
    now = datetime(2027, 4, 3, 12, tzinfo=UTC)
    with a_house(tmp_path, at=now) as house:
        for hours, name in ((90 * 24, "in-time"), (90 * 24 + 1, "late")):
            deposit_images(house, [7], collection=name, at=now - timedelta(hours=hours))
        found = gather_holdings(house)
    assert found["due"] == {"copies": 1, "bytes": found["due"]["bytes"], "stores": ["hot"]}


def test_what_is_withdrawn_and_what_it_shows(tmp_path: Path) -> None:
    with a_house(tmp_path, at=NOW) as house:
        package = deposit_images(house, [10, 20, 30], collection="herb")
        read_copy(house, package, "cold", at=NOW, kind=EventType.FIXITY_CHECK, outcome=Outcome.FAIL)
        withdraw(house, [f"{package.package_id}.2"], reason="a protected place", by="A. Keeper")
        found = gather_holdings(house)
    assert found["formats"] == [{"media_type": "image/tiff", "object_type": "", "images": 2, "bytes": 40}]
    told = told_in(view_holdings(found))
    assert "Withdrawn, so held and not given out: 1 image." in told
    assert "a protected place" in told
    assert "not told" in told


def test_years_stand_for_many_months(data: dict[str, Any]) -> None:
    growth = [{"month": f"{year}-03", "packages": 1, "images": 2, "bytes": 3} for year in range(2000, 2030)]
    old = {**data, "growth": growth}
    assert [row[:2] for row in table(old, "growth").rows[:2]] == [(2000, 3), (2001, 3)]
    assert len(table(old, "growth-months").rows) == 29 * 12 + 1
    assert table(old, "growth").rows[-1][4] == 90


def test_an_empty_house_is_one_sentence_each(tmp_path: Path) -> None:
    with a_house(tmp_path, at=NOW) as house:
        page = render_html(view_holdings(gather_holdings(house)))
    outline(page)
    told = words(page)
    for sentence in ("Nothing is held yet.", "There is no copy yet.", "Nothing was deposited yet."):
        assert sentence in told
