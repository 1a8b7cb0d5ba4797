"""Tables of text, one record per row: CSV, TSV, and those inside Darwin Core Archives.

Python's csv module reads them, not Arrow's: it is a few times slower (a million rows in seconds, where
the images of a million specimens take hours) and tells the line of every row, which a sentence needs.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from archive.matching.bounds import MAX_FIELD_CHARACTERS, MAX_RECORD_CHARACTERS, check_columns, too_long
from archive.matching.encodings import find_encoding
from archive.matching.findings import Findings
from archive.matching.headers import name_columns
from archive.matching.records import Records
from archive.matching.sources import Source
from holdings.errors import BadInput

_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_ROWS = 20
_DELIMITERS = (",", "\t", ";", "|")
_Fields = tuple[int, list[str]]
"""The line on which a row begins, and its fields."""
_HOW_OUT = "Give a table with one row per specimen or image, saved as UTF-8."
_UNCLOSED = 'Look for a quotation mark that is opened there and never closed (in a field it is "").'
_SAID = {";": "semicolons", "|": "vertical bars", "\t": "tabs", ",": "commas"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How a table is written."""

    delimiter: str
    quote: str | None = '"'
    """None: a quotation mark is a letter like any other."""
    header_lines: int = 1
    encoding: str = "utf-8"
    """As declared; what the bytes really are is found out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of the sheet that is made."""

    name: str
    index: int | None
    """In the table, from 0; None: every record has `default`."""
    default: str | None = None
    """For a field in which nothing stands."""


def read_delimited(source: Source, records: Records) -> None:
    """A table whose first line names its columns; its dialect is found out."""
    source.check_table_size()
    findings = Findings(source.name)
    encoding = find_encoding(source, findings)
    dialect = Dialect(delimiter=_sniff(source, encoding), encoding=encoding)
    if dialect.delimiter in ";|":
        findings.add(
            "delimiter", f"{source.name} is read with {_SAID[dialect.delimiter]} between its fields."
        )
    rows = _rows(source, dialect, encoding, findings)
    _, headers = next(rows, (0, []))
    if headers and headers[0].casefold() == "sep=" and not any(headers[1:]):
        _, headers = next(rows, (0, []))  # Excel's word on the delimiter, which was found out
    if not headers:
        raise BadInput(
            f"{source.name} holds nothing: the first line of a table names its columns.",
            hint="Give a table with a column catalogNumber, fileName or accessURI.",
        )
    sheet = records.sheet(source.name, "line")
    sheet.name_columns(name_columns(headers, source.name, findings))
    sheet.add(_even(rows, len(headers), source.name, findings, fills=False))
    records.findings.extend(findings.done())


def read_described(
    source: Source,
    records: Records,
    dialect: Dialect,
    columns: Sequence[Column],
    *,
    key: str,
    is_picture: bool,
) -> None:
    """A table whose columns are described elsewhere, by position; `key` is the one by which tables meet."""
    source.check_table_size()
    findings = Findings(source.name)
    encoding = find_encoding(source, findings, declared=dialect.encoding)
    rows = _rows(source, dialect, encoding, findings)
    width = 1 + max((column.index for column in columns if column.index is not None), default=0)
    for _ in range(dialect.header_lines):
        _, headers = next(rows, (0, []))
        check_columns(len(headers), source.name)
        # Columns after the described ones are allowed: the header tells how many there are.
        width = max(width, len(headers))
    sheet = records.sheet(source.name, "line", is_picture=is_picture)
    sheet.name_columns((column.name for column in columns), key=key)
    # Archives leave out empty fields at the end of a row; GBIF's readers fill them in, too.
    even = _even(rows, width, source.name, findings, fills=True)
    sheet.add((line, _described(row, columns)) for line, row in even)
    records.findings.extend(findings.done())


def _described(row: Sequence[str | None], columns: Sequence[Column]) -> list[str | None]:
    return [(None if column.index is None else row[column.index]) or column.default for column in columns]


def _sniff(source: Source, encoding: str) -> str:
    """The delimiter by which the first rows are most alike and widest."""
    with io.TextIOWrapper(source.opens(), encoding=encoding, errors="replace", newline="") as text:
        sample = text.read(_SAMPLE_CHARACTERS)
    whole, newline, _ = sample.rpartition("\n")
    return max(_DELIMITERS, key=_fit(whole if newline and len(sample) == _SAMPLE_CHARACTERS else sample))


def _fit(sample: str) -> Callable[[str], tuple[bool, float, int]]:
    def fit(delimiter: str) -> tuple[bool, float, int]:
        rows = []
        try:
            for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
                rows += [len(row)] if row else []
                if len(rows) > _SAMPLE_ROWS:
                    break
        except csv.Error:
            return False, 0.0, 0
        alike = rows.count(rows[0]) / len(rows) if rows else 0.0
        return bool(rows) and rows[0] > 1, alike, rows[0] if rows else 0

    return fit


def _rows(source: Source, dialect: Dialect, encoding: str, findings: Findings) -> Iterator[_Fields]:
    """Rows that are not empty, with the line on which they begin."""
    with io.TextIOWrapper(source.opens(), encoding=encoding, newline="") as text:
        quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE
        lines = _Lines(text, source.name)
        reader = csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            quoting=quoting,
            strict=True,
        )
        line = 1
        try:
            while (row := _next_row(reader, line, source.name, findings)) is not None:
                if any(row):
                    yield line, row
                line = reader.line_num + 1
                lines.record_begins()
        except UnicodeError as error:
            raise BadInput(
                f"{source.name} breaks its encoding {encoding} after line {line}: {error}.",
                hint=_HOW_OUT,
            ) from None


def _next_row(reader: Iterator[list[str]], line: int, name: str, findings: Findings) -> list[str] | None:
    """A row that cannot be read is told, and is as if it were empty; None at the end."""
    try:
        return next(reader, None)
    except csv.Error as error:
        if "field limit" in str(error):
            raise BadInput(
                f"{name}, line {line}: a field has more than {MAX_FIELD_CHARACTERS:,} characters.",
                hint=_UNCLOSED,
            ) from None
        if "end of data" in str(error):
            raise BadInput(
                f"{name}, line {line}: a quotation mark is opened and never closed, so that all that comes "
                "after it is one field.",
                hint=_UNCLOSED,
            ) from None
        findings.add("broken-row", f"{name}, line {line} cannot be read as a row ({error}); it is not used.")
        return []


class _Lines:
    """The lines of a table, as long as none and no record is longer than any should be."""

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self._text = text
        self._name = name
        self._number = 0
        self._first = 1
        self._left = MAX_RECORD_CHARACTERS

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._left + 1)
        if not line:
            raise StopIteration
        self._number += 1
        self._left -= len(line)
        if self._left < 0:
            raise too_long(self._name, f"line {self._first}")
        if "\0" in line:
            raise BadInput(
                f"{self._name}, line {self._number} holds a NUL character: this is no table of text.",
                hint=_HOW_OUT,
            )
        return line

    def record_begins(self) -> None:
        """What came before was read as a record."""
        self._first, self._left = self._number + 1, MAX_RECORD_CHARACTERS


def _even(
    rows: Iterable[_Fields], width: int, name: str, findings: Findings, *, fills: bool
) -> Iterator[_Fields]:
    """Only the rows that have a field for every column: in the others nobody knows which field is which.

    Where `fills`, a row may end early.
    """
    for line, row in rows:
        if len(row) == width:
            yield line, row
        elif fills and len(row) < width:
            findings.add(
                "row-ends-early",
                f"{name}, line {line} ends after {len(row):,} of {width:,} fields; the rest counts as empty.",
            )
            yield line, row + [""] * (width - len(row))
        else:
            findings.add(
                "ragged-row",
                f"{name}, line {line} has {len(row):,} fields where the table has {width:,}; it is not used.",
            )
