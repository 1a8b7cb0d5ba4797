"""What holds for every report: it is checked to the last number, it fits a telephone, it is silent."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import xarray as xr

from archive.deposit import deposit
from holdings.house import House
from reports.accession.gathering import gather_deposit
from reports.accession.view import view_deposit
from reports.document import Report
from reports.inventory.view import gather_holdings, view_holdings
from reports.kinds import VIEWS
from reports.moving.gathering import gather_tiering
from reports.moving.view import view_tiering
from reports.reckoning.gathering import gather_reckoning
from reports.reckoning.view import view_reckoning
from reports.render.pdf import render_pdf
from reports.render.workbook import render_workbook
from reports.verifying import verify_page
from reports.writing import write_report
from tests.kit.pictures import write_pictures
from tests.reports.lively import NOW, a_lively_house
from tests.reports.test_page_in_chromium import chromium
from tiering.planning import make_plan
from tiering.policy import read_policy

_PROBE = """
const found = {};
for (const frame of document.querySelectorAll("iframe")) {
  const page = frame.contentDocument;
  const shown = [...page.querySelectorAll("a[href], button, input, summary, [tabindex]")].filter(
    (one) => one.checkVisibility({ contentVisibilityAuto: true }));
  found[frame.id] = {
    widths: [page.documentElement.scrollWidth, page.documentElement.clientWidth],
    reachable: shown.length,
    unreachable: shown.filter((one) => { one.focus(); return page.activeElement !== one; }).length,
    untold: [...page.querySelectorAll("img")].filter((one) => !one.alt || !one.naturalWidth).length,
    images: page.querySelectorAll("img").length,
  };
}
document.title = JSON.stringify(found);
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("every")
    write_pictures(folder / "source", 3, size=(90, 60))
    with a_lively_house(folder / "house", packages=24, days_apart=22.0) as house:
        deposit(house, folder / "source", collection="sheets")
        yield house


@pytest.fixture(scope="module")
def reports(house: House, result: xr.Dataset) -> dict[str, Report]:
    plan = make_plan(house, read_policy(house.settings.policy), at=NOW)
    (bag,) = house.catalogue.packages(collection="sheets")
    made: dict[str, Callable[[], Report]] = {
        "holdings": lambda: view_holdings(gather_holdings(house)),
        "tiering": lambda: view_tiering(gather_tiering(house, plan, given="plan.json")),
        "deposit": lambda: view_deposit(gather_deposit(house, bag.package_id)),
        "plan-vs-actual": lambda: view_reckoning(gather_reckoning(result, house)),
    }
    assert {*made, "capacity"} == set(VIEWS)
    return {name: make() for name, make in made.items()}


@pytest.fixture(scope="module")
def pages(reports: dict[str, Report], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    return {name: write_report(report, folder / f"{name}.html") for name, report in reports.items()}


def test_each_is_verified_to_the_byte(pages: dict[str, Path]) -> None:
    for name, page in pages.items():
        found = verify_page(page)
        assert (found.kind, found.differences, found.same_bytes) == (name, (), True)
        assert found.numbers > 30


def test_each_fits_a_telephone_and_is_silent(tmp_path: Path, pages: dict[str, Path]) -> None:
    frames = "".join(
        f'<iframe id="{name}" src="{page.as_uri()}" style="width:400px;height:900px;border:0"></iframe>'
        for name, page in pages.items()
    )
    (tmp_path / "frames.html").write_text(f"{frames}<script>window.onload = () => {{ {_PROBE} }}</script>")
    ran = chromium(
        tmp_path,
        (tmp_path / "frames.html").as_uri(),
        *("--allow-file-access-from-files", "--virtual-time-budget=5000", "--enable-logging=stderr"),
        "--dump-dom",
    )
    assert [line for line in ran.stderr.splitlines() if "CONSOLE" in line] == []
    found = json.loads(html.unescape(ran.stdout.split("<title>")[1].split("</title>")[0]))
    assert set(found) == set(pages)
    for each in found.values():
        assert each["widths"] == [400, 400]
        assert (each["unreachable"], each["untold"]) == (0, 0)
        assert each["reachable"] > 8
    assert found["deposit"]["images"] == 3


@pytest.mark.soak  # what a form does with each kind of block has tests of its own
def test_each_has_every_form(reports: dict[str, Report]) -> None:
    for report in reports.values():
        assert render_pdf(report).startswith(b"%PDF")
        assert render_workbook(report).startswith(b"PK")


def test_each_table_has_a_name_and_a_source(reports: dict[str, Report]) -> None:
    for report in reports.values():
        names = [table.name for table in report.tables()]
        assert len(names) == len(set(names))
        assert all("Source" in table.caption for table in report.tables())
