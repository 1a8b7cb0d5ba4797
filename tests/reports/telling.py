"""What a report says, without drawing its pictures."""

from __future__ import annotations

import re

from reports.document import Report
from reports.render.markdown import render_markdown


def told(report: Report) -> str:
    """Its words, tables too, on one line with ordinary spaces and without the marks of Markdown."""
    return re.sub(r"\s+", " ", re.sub(r"[\\*]", "", render_markdown(report)))
