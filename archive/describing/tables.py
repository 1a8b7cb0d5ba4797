"""The matched records as tables, the same in Parquet and in CSV: a row per image of the bag.

Columns, in this order: `path`, `specimen`, `matched_by`, `record`, then every term of the records
under its qualified standard name (`dwc:country`), in order of the names. A column of the records
that bears one of our names has ` (record)` after it. Values are exactly as they were given, never
prefixed or changed, so a program that takes text for formulas has to be told not to. Nothing is
null in Parquet and an empty field in CSV; an empty text does not occur.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from archive.describing.interface import Contents, Matched
from archive.identifying.interface import FoundImage
from holdings.arrays import texts

PARQUET_NAME = "metadata/specimens.parquet"
CSV_NAME = "metadata/specimens.csv"
_OWN = ("path", "specimen", "matched_by", "record")
_ROW_GROUP = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """The images of a bag, each with its record or without."""

    paths: Sequence[str]
    found: Sequence[Matched | None]
    """In the order of `paths`."""
    terms: Sequence[str]
    """Every term that any of them has, in order."""

    @classmethod
    def of(cls, contents: Contents) -> Self:
        """What a bag holds of the records of its deposit."""
        paths = [item.file.path for item in contents.files if isinstance(item, FoundImage)]
        found = [contents.matched.get(path) for path in paths]
        terms: set[str] = set()
        for matched in found:
            if matched is not None:
                terms.update(matched.terms)
        return cls(paths=paths, found=found, terms=sorted(terms))

    @property
    def matched(self) -> bool:
        """Whether any image has a record."""
        return any(found is not None for found in self.found)

    @property
    def names(self) -> list[str]:
        """The columns, in their order."""
        return [*_OWN, *(self._named(term) for term in self.terms)]

    def _named(self, term: str) -> str:
        name = term
        while name in _OWN or (name != term and name in self.terms):
            name += " (record)"
        return name

    def columns(self) -> Iterator[Sequence[str | None]]:
        """The values, a column after the other."""
        yield self.paths
        yield [None if matched is None else matched.specimen for matched in self.found]
        yield [None if matched is None else matched.by for matched in self.found]
        yield [None if matched is None else matched.where for matched in self.found]
        for term in self.terms:
            yield [None if matched is None else matched.terms.get(term) for matched in self.found]

    def rows(self) -> Iterator[list[str | None]]:
        """The same values, a row after the other."""
        nothing: list[str | None] = [None] * (len(_OWN) - 1 + len(self.terms))
        for path, matched in zip(self.paths, self.found, strict=True):
            if matched is None:
                yield [path, *nothing]
            else:
                values = map(matched.terms.get, self.terms)
                yield [path, matched.specimen, matched.by, matched.where, *values]


def parquet_bytes(records: Records) -> bytes:
    """The table as Parquet, all columns text; the same bytes for the same records and pyarrow."""
    import pyarrow as pa  # noqa: PLC0415  # takes long to import; bags without records do without
    import pyarrow.parquet as pq  # noqa: PLC0415

    sink = io.BytesIO()
    columns = [texts(column) for column in records.columns()]
    table = pa.Table.from_arrays(columns, names=records.names)
    pq.write_table(table, sink, compression="zstd", row_group_size=_ROW_GROUP, store_schema=False)
    return sink.getvalue()


def csv_bytes(records: Records) -> bytes:
    """The table as CSV by RFC 4180: UTF-8, a header, CRLF after each record, quotes where they are needed."""
    sink = io.BytesIO()
    text = io.TextIOWrapper(sink, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(records.names)
    writer.writerows(records.rows())
    text.flush()
    return sink.getvalue()
