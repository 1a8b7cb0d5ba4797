"""Options that many commands share, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        envvar="HOLDFAST_SETTINGS",
        help="The settings; without it, the first holdfast.toml from here upwards.",
    ),
]
Receipts = Annotated[
    Path | None,
    typer.Option(
        "--receipt",
        metavar="DIR",
        help="Where receipts are written; without it, `receipts` beside holdfast.toml.",
    ),
]
ReportFile = Annotated[
    Path,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="The report to write: .html, .pdf, .md or .xlsx, by its name. It is replaced.",
    ),
]
ReportData = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Also write every table as CSV and Parquet into this folder."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; words go to stderr.")]
Now = Annotated[
    str | None,
    typer.Option(
        "--now",
        "--at",
        metavar="DATE",
        help="Stand in another time: 2040-01-31, 2040-01-31T12:00:00Z or +400d (h, d, w, y).",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler", metavar="ADDRESS", help="Let Dask workers read and write, as tcp://10.0.0.5:8786."
    ),
]
