"""What a report says, without drawing its pictures."""

from __future__ import annotations

import re

from reports.document import Report, Shown, pictures_of
from reports.render.markdown import render_markdown


def told(report: Report) -> str:
    """Its words, tables too, on one line with ordinary spaces and without the marks of Markdown."""
    return re.sub(r"\s+", " ", re.sub(r"[\\*]", "", render_markdown(report)))


def pictures(report: Report) -> list[Shown]:
    """Its pictures, with their tables."""
    sections = (section for chapter in report.chapters for section in chapter.sections)
    return [shown for section in sections for block in section.blocks for shown in pictures_of(block)]
