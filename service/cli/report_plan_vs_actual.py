"""`holdfast report plan-vs-actual`: a forecast, and what really came."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.options import AsJson, ReportData, ReportFile, SettingsFile
from service.cli.report_capacity import opened, tell_report
from service.cli.session import open_here


def plan_vs_actual(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="What `holdfast capacity run -o` kept.")],
    before: Annotated[
        str | None,
        typer.Argument(metavar="[BEFORE]", help="The result of the plan before it, to say what changed."),
    ] = None,
    *,
    invoices: Annotated[
        Path | None,
        typer.Option("--invoices", metavar="CSV", help="Columns month (2027-03), store, amount."),
    ] = None,
    target: ReportFile = Path("report.html"),
    data: ReportData = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Hold a plan against what was really deposited and paid, and say what is to be expected now.

    With the result of the plan before it, the change is walked through input by input.

    \b
    EXAMPLES
      holdfast report plan-vs-actual projection.zarr
      holdfast report plan-vs-actual plan-2028.zarr plan-2027.zarr --invoices invoices.csv -o reckoning.pdf
    """
    from capacity.weighing import read_invoices
    from reports.reckoning.gathering import check_invoices, gather_reckoning
    from reports.reckoning.view import view_reckoning
    from reports.writing import check_form, write_report

    check_form(target)
    ds = opened(result)
    earlier = None if before is None else opened(before)
    paid = read_invoices(invoices) if invoices else ()
    check_invoices(ds, paid)
    with open_here(settings) as house:
        report = view_reckoning(gather_reckoning(ds, house, paid, before=earlier))
    return tell_report(write_report(report, target, data=data), data, as_json=as_json)
