"""What a metadata file says, on disk while it is matched: records may be millions, and memory is bounded.

Everything lies in one temporary SQLite database without a name (in SQLITE_TMPDIR, TMPDIR or /var/tmp): it
is gone when nobody holds it any more, or when the process is killed.
"""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from archive.matching.bounds import MAX_RECORD_CHARACTERS, MAX_RECORDS, check_columns, too_long
from archive.matching.claims import ABOUT, NUMBER, Roles, claims_of, roles_of
from archive.matching.findings import Finding, Findings
from holdings.errors import BadInput, StoreFull

_BATCH, _BATCH_CHARACTERS = 1000, 1024 * 1024
_SHOWN = 80
"""Of a number, so many characters at most are told in a sentence."""
_SCHEMA = """
    -- A scratch file: it is never read by another process, nor after a crash.
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA cache_size = -8192;
    PRAGMA temp_store = FILE;
    CREATE TABLE rows (
        record   INTEGER PRIMARY KEY,
        sheet    INTEGER NOT NULL,
        line     INTEGER NOT NULL,
        about    TEXT,              -- of a picture: what it calls its specimen
        specimen INTEGER            -- of a picture: the record of its specimen
    );
    CREATE TABLE told (record INTEGER PRIMARY KEY, terms TEXT NOT NULL);
    -- What a record says in further columns, where they were not read together with the first.
    CREATE TABLE more (record INTEGER NOT NULL, part INTEGER NOT NULL, terms TEXT NOT NULL,
                       PRIMARY KEY (record, part)) WITHOUT ROWID;
    CREATE TABLE claims (
        by     INTEGER NOT NULL,
        key    TEXT NOT NULL,
        record INTEGER NOT NULL,
        named  TEXT                 -- the file with its folders, where the record gives any
    );
"""

_json = json.JSONEncoder(ensure_ascii=False).encode

Row = tuple[int, Sequence[str | None]]
"""The line (or row, or document) from 1, and a value for each column; '' is nothing."""


class Sheet:
    """One table of a metadata file, or a part of one, as it is read."""

    def __init__(self, records: Records, number: int, *, origin: str, unit: str, is_picture: bool) -> None:
        self.origin = origin
        """The file, as it was named; inside an archive `archive.zip: occurrence.txt`."""
        self.unit = unit
        """What its lines count: line, row, document."""
        self.is_picture = is_picture
        """Whether its records tell of pictures, and name the specimens that other records are about."""
        self.number = number
        self.columns: list[str] = []
        """Qualified standard names (`dwc:catalogNumber`); those without one keep their own."""
        self._records = records
        self._key: int | None = None
        self._places: dict[str, int] = {}
        self._roles: Roles = ()

    def name_columns(self, names: Iterable[str], *, key: str | None = None) -> None:
        """Columns that come after those there are; pictures and specimens meet by what is in `key`."""
        first = len(self.columns)
        for name in names:
            self._places[name] = len(self.columns)
            self.columns.append(name)
        check_columns(len(self.columns), self.origin)
        self._key = self._places[key] if key is not None else self._key
        # Of the new ones alone: documents may bring one after the other.
        self._roles += tuple((first + place, role) for place, role in roles_of(self.columns[first:]))

    @property
    def number_places(self) -> list[int]:
        """The columns with numbers of specimens, catalogNumber first."""
        places = [place for place, role in self._roles if role == NUMBER]
        return sorted(places, key=lambda place: self.columns[place] != "dwc:catalogNumber")

    def add(self, rows: Iterable[Row]) -> None:
        """The next records. Their rows may end before the last columns: see `add_more`."""
        for batch, told in self._batches(rows):
            first = self._records.take_numbers(len(batch))
            with self._as_text(batch):
                self._insert(batch, told, first)

    def add_more(self, part: int, rows: Iterable[Row]) -> None:
        """What the records of this sheet, all of them and from the first, say in the next columns.

        part : from 1, in the order of the columns. No image is found by what they hold.
        """
        (first,) = self._records.ask("SELECT min(record) FROM rows WHERE sheet = ?", self.number).fetchone()
        for batch, told in self._batches(rows):
            with self._as_text(batch):
                self._records.write_many(
                    "INSERT INTO more VALUES (?, ?, ?)",
                    ((first + nth, part, text) for nth, text in enumerate(told)),
                )
            first += len(batch)

    def _batches(self, rows: Iterable[Row]) -> Iterator[tuple[list[Row], list[str]]]:
        """Rows with what is kept of each, so many at once that they are small together."""
        batch: list[Row] = []
        told: list[str] = []
        characters = 0
        for row in rows:
            text = _json(row[1])
            if len(text) > MAX_RECORD_CHARACTERS:
                raise too_long(self.origin, f"{self.unit} {row[0]}")
            if "\\u0000" in text and any("\0" in value for value in row[1] if value):
                raise BadInput(
                    f"{self.origin}, {self.unit} {row[0]} holds a NUL character, which is no text.",
                    hint="Take it out: nothing that is written as a table can keep it.",
                )
            batch.append(row)
            told.append(text)
            characters += len(text)
            if len(batch) >= _BATCH or characters >= _BATCH_CHARACTERS:
                yield batch, told
                batch, told, characters = [], [], 0
        if batch:
            yield batch, told

    @contextmanager
    def _as_text(self, batch: Sequence[Row]) -> Iterator[None]:
        try:
            yield
        except UnicodeEncodeError:
            raise BadInput(
                f"{self.origin}, at {self.unit} {batch[0][0]} or soon after, holds half a character "
                "(a lone surrogate), which is no text.",
                hint="Save it again as UTF-8.",
            ) from None

    def add_document(self, line: int, document: Mapping[str, str]) -> None:
        """The next record, which may have terms that no record had before."""
        if new := [name for name in document if name not in self._places]:
            self.name_columns(new)
        self.add([(line, [document.get(name) for name in self.columns])])

    def _insert(self, batch: Sequence[Row], told: Sequence[str], first: int) -> None:
        records, key = self._records, self._key
        abouts = [row[key] or None for _, row in batch] if key is not None else [None] * len(batch)
        claims: list[tuple[int, str, int, str | None]] = []
        for record, (_, row) in enumerate(batch, start=first):
            claims.extend((by, found, record, named) for by, found, named in claims_of(row, self._roles))
        if key is not None and not self.is_picture:
            claims.extend((ABOUT, about, first + nth, None) for nth, about in enumerate(abouts) if about)
        pictured = abouts if self.is_picture else [None] * len(batch)
        records.write_many(
            "INSERT INTO rows (record, sheet, line, about) VALUES (?, ?, ?, ?)",
            (
                (first + nth, self.number, line, about)
                for nth, ((line, _), about) in enumerate(zip(batch, pictured, strict=True))
            ),
        )
        records.write_many(
            "INSERT INTO told VALUES (?, ?)", ((first + nth, text) for nth, text in enumerate(told))
        )
        records.write_many("INSERT INTO claims VALUES (?, ?, ?, ?)", claims)


class Records:
    """Everything that a metadata file says, one record per specimen or picture, by their number from 0."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.sheets: list[Sheet] = []
        self.findings: list[Finding] = []
        """What was noticed while reading."""
        self._count = 0
        self._connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.close = weakref.finalize(self, self._connection.close)
        """Lets go of everything."""
        self._connection.executescript(_SCHEMA)
        self._connection.execute("BEGIN")

    def __len__(self) -> int:
        return self._count

    def sheet(self, origin: str, unit: str, *, is_picture: bool = False) -> Sheet:
        """A table to fill."""
        sheet = Sheet(self, len(self.sheets), origin=origin, unit=unit, is_picture=is_picture)
        self.sheets.append(sheet)
        return sheet

    def take_numbers(self, count: int) -> int:
        """The first of `count` numbers that no record has. BadInput where there are too many records."""
        first, self._count = self._count, self._count + count
        if self._count > MAX_RECORDS:
            raise BadInput(
                f"The metadata has more than {MAX_RECORDS:,} records.", hint="Deposit it in parts."
            )
        return first

    def done(self) -> Records:
        """All of it is there, and can be looked up."""
        self.write("CREATE INDEX claims_key ON claims (by, key, record)")
        if any(sheet.is_picture for sheet in self.sheets) and not all(
            sheet.is_picture for sheet in self.sheets
        ):
            self._join()
        return self

    def _join(self) -> None:
        """Every picture to the record of its specimen.

        A number in a file name tells the specimen and not which of its pictures: it leads to the specimen.
        """
        notes = Findings(self.origin)
        twice = "SELECT 1 FROM claims WHERE by = ? GROUP BY key HAVING count(*) > 1 LIMIT 1"
        core = next(sheet for sheet in self.sheets if not sheet.is_picture)
        if self.ask(twice, ABOUT).fetchone():
            notes.add(
                "core-id-repeated", f"{core.origin}: some rows have the same id; pictures go to the first."
            )
        pictures = json.dumps([sheet.number for sheet in self.sheets if sheet.is_picture])
        are_pictures = "sheet IN (SELECT value FROM json_each(?))"
        self.write(
            "UPDATE rows SET specimen = (SELECT min(record) FROM claims WHERE by = ? AND key = rows.about)"
            f" WHERE {are_pictures}",
            ABOUT,
            pictures,
        )
        lost = f"SELECT record, about FROM rows WHERE specimen IS NULL AND {are_pictures} ORDER BY record"
        for record, about in self.ask(lost, pictures):
            self._note_lost(notes, record, about, core.origin)
        self.write(
            "DELETE FROM claims WHERE by = ?"
            " AND record IN (SELECT record FROM rows WHERE specimen IS NOT NULL)",
            NUMBER,
        )
        self.findings.extend(notes.done())

    def _note_lost(self, notes: Findings, record: int, about: str | None, core: str) -> None:
        notes.add(
            "picture-without-specimen",
            lambda: f"{self.where(record)} belongs to {about!r}, which {core} does not have.",
        )

    def where(self, record: int) -> str:
        """The file and the line of a record, for sentences: `specimens.csv, line 3`."""
        sheet, line = self.ask("SELECT sheet, line FROM rows WHERE record = ?", record).fetchone()
        return f"{self.sheets[sheet].origin}, {self.sheets[sheet].unit} {line}"

    def named(self, record: int) -> str:
        """The same, with the number of its specimen where it has one: `specimens.csv, line 3 (BM000009)`."""
        query = "SELECT sheet, line, terms FROM rows JOIN told USING (record) WHERE record = ?"
        sheet, line, told = self.ask(query, record).fetchone()
        where = f"{self.sheets[sheet].origin}, {self.sheets[sheet].unit} {line}"
        values = json.loads(told)
        for place in self.sheets[sheet].number_places:
            if place < len(values) and (number := " ".join((values[place] or "").split())):
                return f"{where} ({number if len(number) <= _SHOWN else number[: _SHOWN - 3] + '...'})"
        return where

    def specimen(self, record: int) -> int:
        """The record of the specimen that a record is about: itself, unless it tells of a picture."""
        (specimen,) = self.ask("SELECT specimen FROM rows WHERE record = ?", record).fetchone()
        return record if specimen is None else int(specimen)

    def specimens(self) -> Iterator[tuple[int, int]]:
        """Every record, with that of its specimen."""
        for record, specimen in self.ask("SELECT record, specimen FROM rows ORDER BY record"):
            yield record, record if specimen is None else specimen

    def terms(self, record: int) -> dict[str, str]:
        """What a record says; that of a picture has the terms of its specimen that its own table lacks."""
        terms, columns = self._own_terms(record)
        if (specimen := self.specimen(record)) != record:
            own = {name.casefold() for name in columns}
            inherited, _ = self._own_terms(specimen)
            terms |= {name: value for name, value in inherited.items() if name.casefold() not in own}
        return terms

    def _own_terms(self, record: int) -> tuple[dict[str, str], Sequence[str]]:
        query = "SELECT sheet, terms FROM rows JOIN told USING (record) WHERE record = ?"
        sheet, told = self.ask(query, record).fetchone()
        columns, values = self.sheets[sheet].columns, json.loads(told)
        for (more,) in self.ask("SELECT terms FROM more WHERE record = ? ORDER BY part", record):
            values += json.loads(more)
        # A document that came before others had more terms is shorter than the columns.
        return {name: value for name, value in zip(columns, values, strict=False) if value}, columns

    def ask(self, query: str, *values: Any) -> sqlite3.Cursor:
        """Rows of the scratch file."""
        try:
            return self._connection.execute(query, values)
        except sqlite3.OperationalError as error:
            raise _said(error) from None

    def write(self, statement: str, *values: Any) -> None:
        """Change the scratch file."""
        self.ask(statement, *values)

    def write_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """The same, for each row."""
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.OperationalError as error:
            raise _said(error) from None


def _said(error: sqlite3.OperationalError) -> Exception:
    if not any(word in str(error) for word in ("full", "I/O", "unable to open")):
        return error
    return StoreFull(
        f"The records of the metadata cannot be kept in the temporary folder: {error}.",
        hint="Make room there, or name another folder in TMPDIR.",
    )
