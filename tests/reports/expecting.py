"""Whole pages as they are expected, one Markdown file for each kind of report in `expected/`.

When a report is meant to say something else, the pages are made afresh, and their diff is what is reviewed:

    HOLDFAST_EXPECTED=write pytest tests/reports/test_whole_pages.py
"""

from __future__ import annotations

import os
import re
from pathlib import Path

PAGES = Path(__file__).parent / "expected"
_OTHER_ELSEWHERE = (
    (re.compile(r"(?<!bag-)\b[0-9a-f]{12,64}\b"), "<hash>"),
    (re.compile(r"\bseconds [\d.e-]+"), "seconds <took>"),
    (re.compile(r"\bsize\\_bytes \d+"), r"size\_bytes <about 3 MB>"),
)
"""What differs from one house, machine or release of a library to the next, and how it is written here.

The bags of a made-up house have numbers, which are told. An index has the bytes that its writer gives it.
"""
_MADE_WITH = re.compile(r"^- made with: .*$", flags=re.MULTILINE)
_VERSION = re.compile(r"(?<=[a-z] )\d[\w.+]*(?=,|$)")


def assert_expected(name: str, page: str) -> None:
    """The page is that of `expected/NAME.md`, line by line."""
    path = PAGES / f"{name}.md"
    lines = masked(page).splitlines()
    if os.environ.get("HOLDFAST_EXPECTED") == "write":
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == path.read_text(encoding="utf-8").splitlines()


def masked(page: str) -> str:
    """The page without what is another elsewhere."""
    for other, told in _OTHER_ELSEWHERE:
        page = other.sub(told.replace("\\", r"\\"), page)
    return _MADE_WITH.sub(lambda line: _VERSION.sub("<version>", line[0]), page)
