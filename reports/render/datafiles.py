"""Every table of a report as CSV and as Parquet, with a table of contents that says what each column is.

CSV is for spreadsheets: text that such a program would take for a formula is told apart from one by
an apostrophe. Parquet has everything as it is. The contents are a Frictionless data package.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from holdings.errors import BadInput, Unavailable
from reports.document import WORDS, Cell, Column, Report, Table

CONTENTS_NAME = "datapackage.json"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WHOLE = {"count", "year"}


def write_data(report: Report, folder: Path) -> Path:
    """Write the tables into `folder`, which is new, empty, or of an earlier report; whole or not at all.

    Raises BadInput where anything else lies there.
    """
    _check_target(folder)
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    try:
        part.mkdir(parents=True)
        for table in report.tables():
            (part / f"{table.name}.csv").write_bytes(csv_of(table))
            pq.write_table(arrow_of(table), part / f"{table.name}.parquet", compression="zstd")
        (part / CONTENTS_NAME).write_text(_contents(report), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        part.rename(folder)
    except OSError as error:
        raise Unavailable(f"The tables cannot be written to {folder}: {error.strerror}.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _check_target(folder: Path) -> None:
    is_free = not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
    if not is_free and not (folder / CONTENTS_NAME).is_file():
        raise BadInput(
            f"{folder} holds something else than the tables of a report, and nothing is written over it.",
            hint="Name another folder with --data.",
        )


def csv_of(table: Table) -> bytes:
    """The table as CSV with units in the headings."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_plain(_heading(column)) for column in table.columns])
    writer.writerows([[_plain(cell) for cell in row] for row in table.rows])
    return out.getvalue().encode()


def _plain(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def arrow_of(table: Table) -> pa.Table:
    """The table as Arrow, its units in the fields' metadata."""
    fields, arrays = [], []
    for number, column in enumerate(table.columns):
        kind = _arrow_type(column)
        values = [row[number] for row in table.rows]
        arrays.append(pa.array(values if kind != pa.string() else [_text(each) for each in values], kind))
        fields.append(pa.field(column.heading, kind, metadata={"kind": column.kind, "unit": unit_of(column)}))
    about = {"caption": table.caption}
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=about))


def _text(cell: Cell) -> str | None:
    return None if cell is None else str(cell)


def _arrow_type(column: Column) -> Any:
    if column.kind in _WHOLE:
        return pa.int64()
    return pa.string() if column.kind in WORDS else pa.float64()


def unit_of(column: Column) -> str:
    """The unit of a column's raw values; empty for words."""
    fixed = {"bytes": "B", "share": "1", "count": "1", "about": "1"}
    return fixed.get(column.kind, column.unit)


def _heading(column: Column) -> str:
    unit = unit_of(column)
    return f"{column.heading} [{unit}]" if unit not in ("", "1") else column.heading


def _contents(report: Report) -> str:
    resources = [_resource(table) for table in report.tables()]
    about = {"name": f"holdfast-{report.kind}", "title": report.title, "resources": resources}
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"


def _resource(table: Table) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.caption,
        "path": f"{table.name}.csv",
        "schema": {
            "fields": [
                {
                    "name": _heading(column),
                    "type": "string" if column.kind in WORDS and column.kind != "year" else "number",
                    "unit": unit_of(column),
                }
                for column in table.columns
            ]
        },
    }
