"""The report as one HTML file: pictures, tables, data and script inside, and no request to anywhere."""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
from functools import cache
from importlib.resources import files

from markupsafe import Markup

from reports.document import WORDS, Column, Photo, Report, Shown, Width
from reports.numbers import headed, told
from reports.templating import environment

DATA_ID = "holdfast-data"
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def render_html(report: Report) -> str:
    """The whole page; the same report gives the same bytes."""
    style = f"{asset('page.css')}\n{asset('report.css')}"
    script = asset("report.js")
    return (
        environment()
        .overlay(finalize=_visible)
        .get_template("report.html")
        .render(
            report=report,
            style=Markup(style),  # noqa: S704  # files of ours, as are those below
            script=Markup(script),  # noqa: S704
            script_hash=content_hash(script),
            data=embedded(report),
            data_id=DATA_ID,
            choices=[chapter for chapter in report.chapters if chapter.is_choice],
            told=told,
            headed=headed,
            is_words=is_words,
            is_cards=is_cards,
            drawn=drawn,
            kind_of=kind_of,
            photo_source=photo_source,
            plain=lambda value: isinstance(value, str),
        )
    )


def _visible(value: object) -> object:
    """Text with control characters and marks of direction as escapes: words may come from outside."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(
        letter if letter == "\n" or unicodedata.category(letter) not in _UNSEEN else ascii(letter)[1:-1]
        for letter in value
    )


def kind_of(block: object) -> str:
    """The name by which a template knows a block."""
    return type(block).__name__


def is_words(column: Column) -> bool:
    """Whether a column is set to the left."""
    return column.kind in WORDS


def is_cards(columns: tuple[Column, ...]) -> bool:
    """Whether a narrow screen shows each row as a card: its words would not fit beside one another."""
    return sum(map(is_words, columns)) > len(columns) / 2


def drawn(shown: Shown, width: Width) -> Markup:
    """A picture with the places of its rows, for the script."""
    drawing = shown.picture.drawn(shown.table, width=width)
    if not drawing.marks:
        return drawing.svg
    told_marks = " ".join(f"{mark:g}" for mark in drawing.marks)
    plot = " ".join(f"{side:g}" for side in drawing.plot)
    places = Markup('data-along="{}" data-marks="{}" data-plot="{}" ').format(drawing.along, told_marks, plot)
    return Markup(str(drawing.svg).replace("<svg ", f"<svg {places}", 1))  # noqa: S704  # both are escaped


def photo_source(photo: Photo) -> Markup:
    """The picture itself, inside the page."""
    return Markup("data:image/jpeg;base64,{}").format(photo.jpeg)


def embedded(report: Report) -> Markup:
    """The data of the report as JSON that no HTML can end early."""
    text = json.dumps(
        {"kind": report.kind, "data": report.data}, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)  # noqa: S704  # no letter is left that HTML reads


def content_hash(script: str) -> str:
    """What the page's own policy lets run: this script and no other."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def asset(name: str) -> str:
    """A file beside the templates, without the line end that closes it."""
    return files("reports").joinpath("templates", name).read_text(encoding="utf-8").strip("\n")
