"""A page is made again from the data inside it: what was changed is found, and named."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from holdings.errors import BadInput, Corrupt, NotFound
from holdings.house import House
from reports.inventory.view import gather_holdings, view_holdings
from reports.projection.view import view_capacity
from reports.render.html import render_html
from reports.verifying import verify_page

Data = dict[str, Any]


pytestmark = pytest.mark.usefixtures("drawn_once")


@pytest.fixture
def data(capacity_data: Data) -> Data:
    return capacity_data


@pytest.fixture
def page(capacity_page: str) -> str:
    return capacity_page


def kept(folder: Path, text: str) -> Path:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    return path


def changed(page: str, old: str, new: str) -> str:
    assert old in page
    return page.replace(old, new, 1)


def test_an_honest_page_is_the_same_to_the_byte(tmp_path: Path, page: str, result: xr.Dataset) -> None:
    found = verify_page(kept(tmp_path, page), [result])
    assert found.same_bytes
    assert found.differences == ()
    assert found.numbers > 500


def test_data_pass_through_json_unchanged(house: House, data: Data) -> None:
    for each in (data, gather_holdings(house)):
        assert json.loads(json.dumps(each)) == each


def test_a_number_in_a_table_is_named(tmp_path: Path, page: str) -> None:
    row = re.search(
        r'<table id="t-p1-money".*?<th scope="row" class="w short">2028</th><td>([^<]*)</td>', page, re.S
    )
    assert row is not None
    forged = page[: row.start(1)] + "1.00\N{NO-BREAK SPACE}EUR" + page[row.end(1) :]
    (found,) = verify_page(kept(tmp_path, forged)).differences
    assert found.where == "the table 'Cost of each year', row '2028', column '5 %'"
    assert (found.printed, found.derived) == ("1.00\N{NO-BREAK SPACE}EUR", row[1])


def test_a_number_in_a_sentence_is_named(tmp_path: Path, page: str) -> None:
    forged = changed(page, "The dearest year is 2028", "The dearest year is 2027")
    (found,) = verify_page(kept(tmp_path, forged)).differences
    assert found.where == "under 'Doubts'"
    assert "2027" in found.printed
    assert "2028" in found.derived


def test_a_picture_that_was_redrawn_is_named(tmp_path: Path, page: str) -> None:
    path = re.search(r'<svg data-along="x".*?<path d="(M [0-9.]+)', page, re.S)
    assert path is not None
    forged = page[: path.start(1)] + "M 9.99" + page[path.end(1) :]
    (found,) = verify_page(kept(tmp_path, forged)).differences
    assert found.where.startswith("the picture '")
    assert found.printed == "drawn otherwise"


def test_a_sentence_that_was_added_is_found(tmp_path: Path, page: str) -> None:
    forged = changed(page, "</header>", "<p>All is well, 100 %.</p></header>")
    found = verify_page(kept(tmp_path, forged)).differences
    assert any("All is well, 100 %." in each.printed for each in found)


def test_a_script_of_others_is_found(tmp_path: Path, page: str) -> None:
    forged = changed(page, '"use strict";', '"use strict"; alert(1);')
    assert [each.where for each in verify_page(kept(tmp_path, forged)).differences] == ["the page's script"]


def test_data_changed_with_the_page_are_found_by_the_result(
    tmp_path: Path, data: Data, result: xr.Dataset
) -> None:
    forged = copy.deepcopy(data)
    forged["scenarios"][0]["spent"][-1][2] *= 2
    path = kept(tmp_path, render_html(view_capacity(forged)))
    assert verify_page(path).differences == ()
    (found,) = verify_page(path, [result]).differences
    assert found.where == f"plan 1, spent {len(data['scenarios'][0]['months'])} 3"


def test_what_is_no_page_of_ours_is_refused(tmp_path: Path, page: str) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        verify_page(tmp_path / "none.html")
    with pytest.raises(BadInput, match="holds no data of a Holdfast report"):
        verify_page(kept(tmp_path, "<p>hello</p>"))
    (tmp_path / "bytes.html").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match="cannot be read as a page"):
        verify_page(tmp_path / "bytes.html")
    with pytest.raises(BadInput, match="of the kind 'poem'"):
        verify_page(kept(tmp_path, changed(page, '{"kind":"capacity"', '{"kind":"poem"')))
    with pytest.raises(Corrupt, match="make no report"):
        verify_page(kept(tmp_path, changed(page, '"held_total":', '"held_totals":')))
    with pytest.raises(Corrupt, match="are damaged"):
        verify_page(kept(tmp_path, changed(page, '{"kind":"capacity"', '{"kind":"capacity"]')))
    with pytest.raises(BadInput, match="name as many results"):
        verify_page(kept(tmp_path, page), [xr.Dataset(), xr.Dataset()])


def test_a_page_of_holdings_is_verified_too(tmp_path: Path, house: House) -> None:
    path = kept(tmp_path, render_html(view_holdings(gather_holdings(house))))
    assert verify_page(path).same_bytes
