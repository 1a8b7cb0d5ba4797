"""The seam of matching: what the readers hand over and what `match` answers."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Literal, TypeAlias

import pyarrow as pa

from archive.matching.findings import Finding

Terms: TypeAlias = pa.Table
"""One row per record, text columns. Columns have qualified standard names (`dwc:catalogNumber`); those
without a standard name keep their own, which has no known prefix. Nothing in a field is null, never ''."""

By: TypeAlias = Literal["accessURI", "fileName", "catalogNumber"]
"""What brought an image and a record together; `catalogNumber` stands for every number of the specimen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Where consecutive records were read."""

    origin: str
    """The file, as it was named; inside an archive `archive.zip: occurrence.txt`."""
    unit: str
    """What `numbers` count: line, row, document."""
    numbers: Sequence[int]
    """From 1, one for each record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """One table as it was read, not yet joined to another."""

    terms: Terms
    lines: Lines
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """Everything that a metadata file says, one record per specimen or picture."""

    origin: str
    terms: Terms
    lines: tuple[Lines, ...]
    """In order of the records."""
    specimens: array[int] | None = None
    """For each record the record of its specimen (itself, where it is one); None means that no record
    belongs to another."""
    findings: tuple[Finding, ...] = ()
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False, default=())

    def __post_init__(self) -> None:
        lengths = accumulate((len(lines.numbers) for lines in self.lines), initial=0)
        object.__setattr__(self, "_starts", tuple(lengths))

    def __len__(self) -> int:
        return int(self.terms.num_rows)

    def where(self, index: int) -> str:
        """The file and the line of a record, for sentences: `specimens.csv, line 3`."""
        piece = bisect_right(self._starts, index, hi=len(self.lines)) - 1
        lines = self.lines[piece]
        return f"{lines.origin}, {lines.unit} {lines.numbers[index - self._starts[piece]]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Matched:
    """An image and its one record."""

    path: str
    record: int
    """Its row in `Records.terms`."""
    by: By


@dataclass(frozen=True, kw_only=True, slots=True)
class Ambiguous:
    """An image that several records claim, or that a record names no more clearly than another image."""

    path: str
    records: tuple[int, ...]
    """The first ten."""
    by: By


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """Every image is in exactly one of `matched`, `ambiguous` and `images_without_record`."""

    matched: tuple[Matched, ...]
    images_without_record: tuple[str, ...]
    records_without_image: tuple[int, ...]
    ambiguous: tuple[Ambiguous, ...]
    findings: tuple[Finding, ...]
    """Those of the reading first."""
