"""Specimens and their pictures, from two tables, as one list of records."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from archive.matching.delimited import check_record_count
from archive.matching.findings import Finding, Findings
from archive.matching.interface import Records, Sheet


def join(
    origin: str, core: Sheet, pictures: Sequence[Sheet], *, key: str, findings: Sequence[Finding] = ()
) -> Records:
    """First every row of the core by itself, then every picture with the terms of its core row.

    `key` is the column by which pictures name their core row.
    A number in a file name tells the specimen and not which of its pictures: it leads to the core row.
    Where both tables say a term (license, identifier), the picture's word stands in the picture's record.
    """
    check_record_count(len(core.lines.numbers) + sum(len(sheet.lines.numbers) for sheet in pictures))
    notes = Findings(origin)
    tables, specimens = [core.terms], array("q", range(core.terms.num_rows))
    for sheet in pictures:
        rows = _core_rows(core, sheet, key, notes)
        tables.append(_with_core_terms(sheet.terms, core.terms, rows))
        first = len(specimens)
        specimens.extend(
            first + number if row is None else row for number, row in enumerate(rows.to_pylist())
        )
    read = [finding for sheet in (core, *pictures) for finding in sheet.findings]
    return Records(
        origin=origin,
        terms=pa.concat_tables(tables, promote_options="default"),
        lines=(core.lines, *(sheet.lines for sheet in pictures)),
        specimens=specimens,
        findings=(*findings, *read, *notes.done()),
    )


def _core_rows(core: Sheet, sheet: Sheet, key: str, findings: Findings) -> pa.Array:
    """For each picture the row of the core it is about; null where there is none."""
    ids = core.terms.column(key)
    if pc.count_distinct(ids).as_py() < len(ids) - ids.null_count:
        findings.add(
            "core-id-repeated", f"{core.lines.origin}: some rows have the same id; pictures go to the first."
        )
    named = sheet.terms.column(key).combine_chunks()
    rows = pc.index_in(named, value_set=ids.drop_null().combine_chunks())
    if ids.null_count:
        kept = pc.indices_nonzero(ids.is_valid()).cast(pa.int64())
        rows = kept.take(rows)
    for number in pc.indices_nonzero(rows.is_null()).to_pylist():
        findings.add(
            "picture-without-specimen",
            f"{sheet.lines.origin}, {sheet.lines.unit} {sheet.lines.numbers[number]} belongs to "
            f"{named[number].as_py()!r}, which {core.lines.origin} does not have.",
        )
    return rows


def _with_core_terms(pictures: pa.Table, core: pa.Table, rows: pa.Array) -> pa.Table:
    own = {name.casefold() for name in pictures.column_names}
    added = core.select([name for name in core.column_names if name.casefold() not in own]).take(rows)
    for name in added.column_names:
        pictures = pictures.append_column(name, added.column(name))
    return pictures
