"""The report as a workbook: a sheet that tells, then every table with raw numbers, and charts of its own.

Numbers stay numbers: a format makes petabytes of bytes on the screen, and a formula of your own still
counts with bytes. No date of making is in it, so that the same report gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import xlsxwriter

from reports.document import (
    WORDS,
    Answers,
    Block,
    Cell,
    Command,
    Facts,
    Folded,
    Questions,
    Report,
    Shown,
    Slider,
    Table,
    Words,
    pictures_of,
    tables_of,
)
from reports.numbers import headed

_LONG_AGO = datetime(1980, 1, 1)  # noqa: DTZ001  # as the zip inside has it; a day that says nothing
_WIDEST = 60
_BAD_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME = 31


def render_workbook(report: Report) -> bytes:
    """The whole workbook."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": report.title, "created": _LONG_AGO})
    _Book(book, report).write()
    book.close()
    return out.getvalue()


class _Book:
    """Sheets, their names, and the formats that they share."""

    def __init__(self, book: Any, report: Report) -> None:
        self._book, self._report = book, report
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._names: set[str] = set()
        self._texts = 0

    def write(self) -> None:
        front = self._sheet("Report")
        front.set_column(0, 0, 34)
        front.set_column(1, 1, 100)
        lines = list(_front(self._report))
        places: list[tuple[int, str, str]] = []
        for row, (kind, first, second) in enumerate(lines):
            style = {"title": {"bold": True, "font_size": 18}, "heading": {"bold": True, "font_size": 13}}
            front.write_string(
                row, 0, first, self._format(text_wrap=kind == "pair", valign="top", **style.get(kind, {}))
            )
            front.write_string(row, 1, second, self._format(text_wrap=True, valign="top"))
        row = len(lines) + 1
        front.write_string(row, 0, "Tables in this workbook", self._format(bold=True, font_size=13))
        for block in _blocks(self._report):
            for title, name in self._tables(block):
                places.append((row := row + 1, title, name))
        for row, title, name in places:
            front.write_url(row, 0, f"internal:'{name}'!A1", string=name)
            front.write_string(row, 1, title, self._format(text_wrap=True))

    def _tables(self, block: Block) -> Iterator[tuple[str, str]]:
        """Write the tables and texts of a block to sheets; their titles and sheets' names."""
        pictures = {shown.table.name: shown for shown in pictures_of(block)}
        for table in tables_of(block):
            name = self._table(table, pictures.get(table.name))
            yield table.caption, name
        if isinstance(block, Folded) and isinstance(block.content, str):
            self._texts += 1
            sheet = self._sheet(f"text {self._texts}")
            for row, line in enumerate([block.title, "", *block.content.split("\n")]):
                sheet.write_string(row, 0, line)
            yield block.title, sheet.get_name()

    def _table(self, table: Table, shown: Shown | None) -> str:
        sheet = self._sheet(table.name)
        sheet.write_string(0, 0, table.caption, self._format(italic=True))
        for column, told in enumerate(table.columns):
            sheet.write_string(2, column, headed(told), self._format(bold=True, bottom=1, text_wrap=True))
            sheet.set_column(column, column, _width(table, column))
            style = self._format(**_number_format(table, column))
            for row, cells in enumerate(table.rows, start=3):
                _write(sheet, row, column, cells[column], style)
        sheet.freeze_panes(3, 1)
        if shown is not None and table.rows:
            self._chart(sheet, shown)
        return str(sheet.get_name())

    def _chart(self, sheet: Any, shown: Shown) -> None:
        """A chart of the program's own, beside the table; for pictures that have one."""
        form = getattr(shown.picture, "sheet_form", None)
        if form is None:
            return
        chart = self._book.add_chart(dict(zip(("type", "subtype"), form.split(" "), strict=False)))
        name, table = sheet.get_name(), shown.table
        last = 2 + len(table.rows)
        for column in shown.picture.sheet_columns(table):  # type: ignore[attr-defined]  # has a form, so it has these
            chart.add_series(
                {
                    "name": [name, 2, column],
                    "categories": [name, 3, 0, last, 0],
                    "values": [name, 3, column, last, column],
                }
            )
        chart.set_title({"name": shown.picture.title, "name_font": {"size": 12}})
        chart.set_size({"width": 760, "height": 400})
        sheet.insert_chart(2, len(table.columns) + 1, chart, {"description": shown.picture.description})

    def _sheet(self, wanted: str) -> Any:
        name = _BAD_IN_NAMES.sub("_", wanted)[:_LONGEST_NAME]
        number = 1
        while name.lower() in self._names:
            number += 1
            name = f"{_BAD_IN_NAMES.sub('_', wanted)[: _LONGEST_NAME - 4]} {number}"
        self._names.add(name.lower())
        return self._book.add_worksheet(name)

    def _format(self, **wanted: Any) -> Any:
        key = tuple(sorted(wanted.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(wanted)
        return self._formats[key]


def _blocks(report: Report) -> Iterator[Block]:
    for chapter in report.chapters:
        for section in chapter.sections:
            yield from section.blocks


def _front(report: Report) -> Iterator[tuple[str, str, str]]:
    """The lines of the first sheet: what kind, the first column, the second."""
    yield "title", report.title, ""
    yield "pair", "", report.sub
    for chapter in report.chapters:
        yield "plain", "", ""
        if len(report.chapters) > 1:
            yield "heading", chapter.title, ""
        for section in chapter.sections:
            lines = [line for block in section.blocks for line in _told(block)]
            if lines and section.title:
                yield "heading", section.title, ""
            yield from lines
    yield "plain", "", ""
    yield "pair", "", report.closing


def _told(block: Block) -> Iterator[tuple[str, str, str]]:
    match block:
        case Words():
            yield "pair", "", block.text
        case Answers():
            for each in block.answers:
                yield "pair", each.number, f"{each.what} ({each.band})"
        case Questions():
            for asked in block.asked:
                yield "pair", asked.question, " ".join(asked.sentences)
        case Command():
            yield "pair", "", block.text
        case Facts():
            for name, value in block.rows:
                yield "pair", name, value
        case Slider():
            return


def _write(sheet: Any, row: int, column: int, cell: Cell, style: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, str):
        sheet.write_string(row, column, cell, style)
    else:
        sheet.write_number(row, column, cell, style)


def _width(table: Table, column: int) -> int:
    if table.columns[column].kind not in WORDS:
        return 14
    longest = max((len(str(row[column] or "")) for row in table.rows), default=0)
    return max(12, min(longest + 2, _WIDEST))


def _number_format(table: Table, number: int) -> dict[str, Any]:
    column = table.columns[number]
    if column.kind == "money":
        return {"num_format": f'#,##0.00 "{column.unit}"' if column.unit else "#,##0.00"}
    return _FORMATS.get(column.kind, {})


_FORMATS: dict[str, dict[str, Any]] = {
    "bytes": {"num_format": '[>=1E+15]#,##0.0,,,,," PB";[>=1E+12]0.0,,,," TB";#,##0.00,,," GB"'},
    "share": {"num_format": "0.0%"},
    "count": {"num_format": "#,##0"},
    "about": {"num_format": "#,##0"},
    "number": {"num_format": "#,##0.000"},
    "text": {"text_wrap": True, "valign": "top"},
    "path": {"text_wrap": True, "valign": "top"},
}
