"""Whether a page says what its own data say: it is made again from them and compared, number by number.

Whoever changes a number on the page is found, and the number named. Whoever changes the data and the
page alike is found by the result that the data came from (`against_results`), which in turn can be made
again from what lies inside it.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import xarray as xr

from holdings.errors import BadInput, Corrupt, NotFound
from reports.document import Report
from reports.kinds import VIEWS
from reports.projection.gathering import gather_projection
from reports.render.html import DATA_ID, render_html

_DATA = re.compile(rf'<script type="application/json" id="{DATA_ID}">(.*?)</script>', re.DOTALL)
_NUMBER = re.compile(r"\d[\d.,\N{NARROW NO-BREAK SPACE}]*")
_VOID = {"meta", "link", "br", "img", "hr", "input"}
_OF_THE_HOUSE = {"actuals", "came_bands"}
"""What a scenario's data have from the holdings, and not from its result."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One place at which a page does not say what its data say."""

    where: str
    printed: str
    derived: str
    """What the data make of it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """What came of it."""

    kind: str
    title: str
    numbers: int
    """How many numbers a reader finds on the page, in words, tables and pictures."""
    differences: tuple[Difference, ...]
    same_bytes: bool
    """The page made again is the same to the byte."""


def verify_page(path: Path, results: Sequence[xr.Dataset] = ()) -> Verified:
    """Make the page again from the data inside it, and compare.

    results : of a report about plans, what it was made of, in the same order; compared with the data.

    Raises NotFound or BadInput where `path` is no page of ours, Corrupt where its data make no report.
    """
    text = _read(path)
    kind, data = _embedded(text, path)
    made = _made_again(kind, data, path)
    again = render_html(made)
    printed, derived = _pieces(text), _pieces(again)
    found = [*_differences(printed, derived), *against_results(data, results)]
    if text != again and not found:
        found = [
            Difference(where="what no reader sees", printed="other bytes", derived="those of this version")
        ]
    return Verified(
        kind=kind,
        title=made.title,
        numbers=sum(len(_NUMBER.findall(piece.text)) for piece in printed if piece.is_read),
        differences=tuple(found),
        same_bytes=text == again,
    )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read as a page: {error}.") from None


def _embedded(text: str, path: Path) -> tuple[str, dict[str, Any]]:
    found = _DATA.findall(text)
    if len(found) != 1:
        raise BadInput(
            f"{path} holds no data of a Holdfast report.",
            hint="Only the .html of a report can be verified; its other forms carry no page to compare.",
        )
    try:
        held = json.loads(found[0])
        kind, data = str(held["kind"]), held["data"]
    except (ValueError, KeyError, TypeError) as error:
        raise Corrupt(f"The data inside {path} are damaged.", detail=str(error)) from None
    if kind not in VIEWS:
        raise BadInput(
            f"{path} is a report of the kind '{kind}', which this version of Holdfast does not know."
        )
    return kind, data


def _made_again(kind: str, data: dict[str, Any], path: Path) -> Report:
    try:
        return VIEWS[kind](data)
    except Exception as error:  # whatever a view meets in data that are none of its
        raise Corrupt(
            f"The data inside {path} make no report.",
            hint="It was changed, or made by another version of Holdfast.",
            detail=repr(error),
        ) from None


def against_results(data: dict[str, Any], results: Sequence[xr.Dataset]) -> Iterator[Difference]:
    """Where the data of a report about plans are not what these results say."""
    scenarios = data.get("scenarios", [])
    if results and len(results) != len(scenarios):
        raise BadInput(f"The page tells of {len(scenarios)} plans; name as many results, in its order.")
    for number, (scenario, result) in enumerate(zip(scenarios, results, strict=False), start=1):
        own = {key: value for key, value in scenario.items() if key not in _OF_THE_HOUSE}
        said = json.loads(json.dumps(gather_projection(result)))
        yield from _unlike(f"plan {number}", own, {key: said[key] for key in own if key in said})


def _unlike(where: str, printed: Any, derived: Any) -> Iterator[Difference]:
    if isinstance(printed, dict) and isinstance(derived, dict):
        for key in {**printed, **derived}:
            yield from _unlike(f"{where}, {key}", printed.get(key), derived.get(key))
    elif isinstance(printed, list) and isinstance(derived, list) and len(printed) == len(derived):
        for number, (one, other) in enumerate(zip(printed, derived, strict=True), start=1):
            yield from _unlike(f"{where} {number}", one, other)
    elif printed != derived:
        yield Difference(where=where, printed=_short(printed), derived=_short(derived))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:79]}…"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Piece:
    """A text of the page, or an attribute that draws, and where it stands."""

    where: str
    text: str
    is_read: bool


def _differences(printed: list[_Piece], derived: list[_Piece]) -> Iterator[Difference]:
    if len(printed) == len(derived):
        pairs = zip(printed, derived, strict=True)
        yield from (_difference(one, other) for one, other in pairs if one.text != other.text)
        return
    left, right = [piece.text for piece in printed], [piece.text for piece in derived]
    for what, i, j, m, n in difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if what != "equal":
            where = (printed[i:j] or derived[m:n])[0].where
            told = (" ".join(left[i:j]), " ".join(right[m:n]))
            yield Difference(where=where, printed=_short(told[0]), derived=_short(told[1]))


def _difference(printed: _Piece, derived: _Piece) -> Difference:
    if not printed.is_read:
        return Difference(where=printed.where, printed="drawn otherwise", derived="drawn from the data")
    return Difference(where=printed.where, printed=_short(printed.text), derived=_short(derived.text))


def _pieces(text: str) -> list[_Piece]:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return reader.pieces


class _Reader(HTMLParser):
    """Collects what a reader finds, with the place as a reader would tell it."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[_Piece] = []
        self._open: list[str] = []
        self._heading = self._caption = self._row = self._picture = ""
        self._headings: list[str] = []
        self._column = 0
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._flush()
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "table":
            self._headings, self._caption = [], ""
        elif tag == "tr":
            self._column, self._row = 0, ""
        elif tag == "svg":
            self._picture = ""
        drawing = " ".join(f"{name}={value}" for name, value in attrs)
        if "svg" in self._open:
            self.pieces.append(_Piece(where=f"the picture {self._picture}", text=drawing, is_read=False))

    def handle_endtag(self, tag: str) -> None:
        self._flush()
        if tag in self._open:
            while self._open.pop() != tag:
                pass
        if tag in ("td", "th"):
            self._column += 1

    def handle_data(self, data: str) -> None:
        self._text += data

    def _flush(self) -> None:
        """What was read since the last tag becomes a piece."""
        text, self._text = " ".join(self._text.split(" ")).strip("\n "), ""
        if not text:
            return
        inside = self._open[-1] if self._open else ""
        if inside in ("h1", "h2", "h3"):
            self._heading = text
        elif inside == "caption":
            self._caption = text
        elif inside == "title" and "svg" in self._open:
            self._picture = f"'{text}'"
        elif inside == "th" and "thead" in self._open:
            self._headings.append(text)
        elif inside == "th":
            self._row = text
        is_code = inside in ("script", "style")
        self.pieces.append(_Piece(where=self._where(inside), text=text, is_read=not is_code))

    def _where(self, inside: str) -> str:
        if inside in ("script", "style"):
            return f"the page's {inside}"
        if "svg" in self._open:
            return f"the picture {self._picture}"
        if inside == "td":
            heading = self._headings[self._column] if self._column < len(self._headings) else ""
            caption = self._caption.split(". ")[0]
            return f"the table '{_short(caption)}', row '{_short(self._row)}', column '{heading}'"
        if "table" in self._open:
            return f"the table '{_short(self._caption.split('. ')[0])}'"
        return f"under '{self._heading}'" if self._heading else "the page's head"
