"""The page as text: what it says, that it says it again, and that nothing gets in."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import xarray as xr

from capacity.results import open_result, save_result
from holdings.errors import BadInput
from holdings.house import House
from reports.inventory.view import gather_holdings, view_holdings
from reports.numbers import money, si_bytes
from reports.projection.gathering import gather_capacity
from reports.projection.movers import short
from reports.projection.view import view_capacity
from reports.render.html import render_html
from reports.writing import write_report
from tests.capacity.holdings import deposit_images
from tests.kit.houses import a_house
from tests.reports.conftest import NOW
from tests.reports.telling import pictures, told

VOID = {"meta", "link", "br", "img", "hr"}


class Outline(HTMLParser):
    """The page's headings, tables and whether every element is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.named: dict[str, list[list[str]]] = {}
        self.ids: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.ids += [str(value) for name, value in attrs if name == "id"]
        assert not [name for name, _ in attrs if name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
            self.named[str(dict(attrs)["id"])] = self.tables[-1]
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append(data)
        if self.open and self.open[-1] in ("td", "th"):
            self.tables[-1][-1][-1] += data


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    found.close()
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    return found


def words(page: str) -> str:
    """What a reader sees, with ordinary spaces."""
    text = re.sub(r"<style>.*?</style>|<svg.*?</svg>|<script.*?</script>", " ", page, flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", " ", text)
    return re.sub(r"\s+", " ", html.unescape(text))


def render_report(house: House | None, results: list[xr.Dataset]) -> str:
    return render_html(view_capacity(gather_capacity(results, house)))


@pytest.fixture
def page(capacity_page: str) -> str:
    return capacity_page


def test_headings_are_what_planners_ask(page: str) -> None:
    assert outline(page).headings == [
        "Doubts",
        "What does one year look like?",
        "How much will be held?",
        "Where will it lie?",
        "How much will it cost, and when is the money needed?",
        "When is a store full, and when must be ordered?",
        "What moves the answer most?",
        "At what risk?",
        "What does it ask of networks and audits?",
        "What does it cost the climate?",
        "What is it based on?",
        "How can it be made again?",
        "What is held",
        "How many copies are there, and where?",
        "What happened?",
    ]


def test_what_is_held(page: str) -> None:
    told = words(page)
    assert "10 images in 2 packages are held: 10.0 GB, in 3 verified copies." in told
    assert "Every package has the copies that the policy asks for today." in told
    tables = outline(page).tables
    stores = next(table for table in tables if table[0][0] == "store")
    assert [row[:4] for row in stores[1:]] == [
        ["hot", "hot", "disk-a", "2"],
        ["cold", "cold", "disk-b", "1"],
    ]
    collections = next(table for table in tables if table[0][0] == "collection")
    assert [[row[0], row[2], row[4], row[5]] for row in collections[1:]] == [
        ["ferns", "3", "1", "1"],
        ["herb", "7", "2", "2"],
    ]
    history = next(table for table in tables if table[0][0] == "event")
    assert [row[:3] for row in history[1:]] == [["ingestion", "2", "0"], ["replication", "1", "0"]]


def test_plan_against_actual(page: str) -> None:
    # Since January 2027 3 GB were made. The 7 GB that went to cold in February were made in 2026, and
    # the plan, which begins in 2027, knows nothing of their second copy.
    told = words(page)
    assert "Really come since January 2027, all collections of this catalogue counted: 3.00 GB by" in told
    assert "by April 2027, below the plan's band" in told
    assert "what was made before is not in it" in told
    assert ">really come<" in page


def test_nothing_really_come_is_not_in_the_key(tmp_path: Path, result: xr.Dataset) -> None:
    with a_house(tmp_path, at=NOW) as house:
        report = view_capacity(gather_capacity([result], house))
    assert "eally come" not in told(report)
    totals = [each for each in pictures(report) if each.table.name == "p1-total"]
    assert ["eally come" in each.picture.drawn(each.table, width="wide").svg for each in totals] == [False]


def test_every_number_says_where_it_came_from(page: str, result: xr.Dataset) -> None:
    found = outline(page)
    captions = re.findall(r"<caption>(.*?)</caption>", page)
    assert len(captions) == len(found.tables)
    hashed = result.attrs["draws_sha256"][:12]
    assert all("Source: " in caption or "who vouches for it" in caption for caption in captions)
    ours = [name for name in found.named if name.startswith("t-p1-")]
    texts = [name for name in ours if name.endswith(("-assumptions", "-movers"))]
    assert sum(hashed in caption for caption in captions) == len(ours) - len(texts)
    assumptions = [row[:6] for row in found.named["t-p1-assumptions"]]
    assert [
        "packaging overhead, sheet",
        "0.002",
        "factor",
        "BagIt manifests",
        "2026-01-01",
        "assumed",
    ] in assumptions
    assert sum("none given: an assumption" in row for row in assumptions) == 12
    assert [
        "storage per gb month, hot",
        "0.023",
        "EUR per GB and month; 276.00 per TB and year",
        "an invoice",
        "2026-01-31",
        "published",
    ] in assumptions
    assert "measured or published, 0 quoted at second hand" in words(page)


def test_shares_of_the_stores_make_a_whole(page: str) -> None:
    told = re.search(
        r"all copies counted, (\d+) % in hot and (\d+) % in cold", words(page).replace("\xa0", " ")
    )
    assert told is not None
    assert int(told[1]) + int(told[2]) == 100


def test_it_can_be_made_again(page: str, result: xr.Dataset) -> None:
    told = words(page)
    assert "holdfast capacity run scenario.toml --draws 256 --seed 5" in told
    assert result.attrs["draws_sha256"] in told
    assert "old bags also rest in cold" in told
    assert "storage_per_gb_month" in told


def test_tables_beneath_pictures_are_the_data(page: str, result: xr.Dataset) -> None:
    tables = outline(page).named
    by_year = tables["t-p1-money"]
    assert [row[0] for row in by_year[1:]] == ["2027", "2028"]
    medians = result["cost_year_fan"].sel(quantile=0.5).values
    assert [row[3] for row in by_year[1:]] == [money(float(each), "EUR") for each in medians]
    for name, fan in {
        "t-p1-total": result["bytes_held_total_fan"],
        "t-p1-store-1": result["bytes_held_fan"].sel(store="hot"),
        "t-p1-store-2": result["bytes_held_fan"].sel(store="cold"),
    }.items():
        assert [row[0] for row in tables[name][1:]] == [str(month)[:7] for month in result["month"].values]
        values = fan.transpose("month", "quantile").values
        assert [row[1:6] for row in tables[name][1:]] == [[si_bytes(short(n)) for n in row] for row in values]


def test_the_same_input_gives_the_same_bytes(
    tmp_path: Path, house: House, result: xr.Dataset, page: str
) -> None:
    kept = save_result(result, tmp_path / "run")
    again = view_capacity(gather_capacity([open_result(kept)], house))
    written = write_report(again, tmp_path / "report.html")
    assert written.read_text(encoding="utf-8") == page
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_two_results_stand_on_one_page(two_plans_page: str) -> None:
    assert outline(two_plans_page).headings.count("How much will be held?") == 2
    said = words(two_plans_page)
    assert "Inputs that differ" in said or "0 inputs differ" in said


def test_a_page_of_holdings_alone(house: House, drawn_once: None) -> None:
    page = render_html(view_holdings(gather_holdings(house)))
    assert outline(page).headings[0] == "What is held"
    assert "3 April 2027. 10 images" in words(page)


def test_an_empty_house_says_so(tmp_path: Path) -> None:
    with a_house(tmp_path, at=NOW) as house:
        page = render_html(view_holdings(gather_holdings(house)))
    assert "Nothing is held yet." in page
    assert "nothing yet" in page
    outline(page)


def test_what_came_from_outside_stays_text(tmp_path: Path, result: xr.Dataset) -> None:
    bad = "<script>alert('x')</script>"
    named = result.copy()
    named.attrs = {
        name: value.replace("Doubts", bad).replace("BagIt manifests", bad)
        if isinstance(value, str)
        else value
        for name, value in result.attrs.items()
    }
    named = named.assign_coords(store=("store", [bad, "cold"]))
    with a_house(tmp_path, at=NOW) as house:
        deposit_images(house, [5], collection=bad)
        page = render_report(house, [named])
    assert page.count("<script") == 2, "the data and our own"
    assert page.count("&lt;script&gt;") > 10
    (data,) = re.findall(r'id="holdfast-data">(.*?)</script>', page)
    assert json.loads(data)["kind"] == "capacity"


def test_nothing_is_asked_of_any_server(page: str) -> None:
    assert "url(http" not in page
    assert re.findall(r'(?:src|href)="(?!#|data:,)([^"]*)"', page) == []
    assert "@import" not in page


def test_it_is_small(page: str) -> None:
    assert len(page.encode()) < 300_000


def test_a_folder_is_no_target(tmp_path: Path, house: House) -> None:
    with pytest.raises(BadInput, match="a report is one file"):
        write_report(view_holdings(gather_holdings(house)), tmp_path)


def test_a_name_that_no_form_goes_by_is_refused(tmp_path: Path, house: House) -> None:
    with pytest.raises(BadInput, match=r"page.doc is no form of a report; its name ends in \.html"):
        write_report(view_holdings(gather_holdings(house)), tmp_path / "page.doc")
    assert list(tmp_path.iterdir()) == []
