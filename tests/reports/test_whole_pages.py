"""Each kind of report, word for word: small houses, a clock that stands still, one seed."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from reports.document import Report
from reports.kinds import VIEWS
from reports.render.markdown import render_markdown
from tests.reports.expecting import assert_expected, masked
from tests.reports.telling import told
from tests.reports.test_page import words


@pytest.mark.parametrize("kind", sorted(VIEWS))
def test_the_page_is_the_expected_one(every_report: dict[str, Report], kind: str) -> None:
    assert_expected(kind, render_markdown(every_report[kind]))


def test_the_html_says_every_word_of_it(every_report: dict[str, Report], every_page: dict[str, str]) -> None:
    for kind, report in every_report.items():
        pictures = re.findall(r"<desc[^>]*>(.*?)</desc>", every_page[kind])
        said = Counter(re.findall(r"\w+", f"{words(every_page[kind])} {words(' '.join(pictures))}"))
        assert Counter(re.findall(r"\w+", told(report))) - said == Counter(), kind


def test_what_differs_elsewhere_is_masked_and_nothing_else() -> None:
    page = (
        f"Source: catalogue {'0123456789abcdef' * 2}, 3.00 TB of bag-000000000014.\n"
        "- made with: numpy 2.3.1, holdfast 0.1.0\nimages 3, seconds 0.075721, size\\_bytes 3035119 |"
    )
    assert masked(page) == (
        "Source: catalogue <hash>, 3.00 TB of bag-000000000014.\n"
        "- made with: numpy <version>, holdfast <version>\n"
        "images 3, seconds <took>, size\\_bytes <about 3 MB> |"
    )
