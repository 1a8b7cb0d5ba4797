"""`holdfast report deposit`: one deposit, with a sheet of its pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.options import AsJson, ReportData, ReportFile, SettingsFile
from service.cli.report_capacity import tell_report
from service.cli.session import open_here


def deposit(
    identifier: Annotated[
        str, typer.Argument(metavar="ID", help="A bag of the deposit, or an image in it, as find shows them.")
    ],
    *,
    target: ReportFile = Path("report.html"),
    data: ReportData = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Tell of one deposit: how it looks, formats, records, checksums, copies, and what happened to it.

    At most 60 small pictures are made of the originals, which are read out of their bags for that; copies
    that sleep are not woken. A page shows the first rows of long tables, a workbook and --data have all.

    \b
    EXAMPLES
      holdfast report deposit nhmuk-pinned-0f3a52c1d9e4
      holdfast report deposit nhmuk-pinned-0f3a52c1d9e4 -o deposit.pdf --data tables
    """
    from reports.accession.gathering import ALL_ROWS, PAGE_ROWS, check_fits, gather_deposit, trimmed
    from reports.accession.view import view_deposit
    from reports.render.datafiles import write_data
    from reports.writing import check_form, write_report

    check_form(target)
    is_whole = target.suffix.lower() == ".xlsx"
    with open_here(settings) as house:
        found = gather_deposit(house, identifier, rows=ALL_ROWS if is_whole or data else PAGE_ROWS)
    if is_whole or data:
        check_fits(found)
    if data is not None:
        write_data(view_deposit(found), data)
    page = write_report(view_deposit(found if is_whole else trimmed(found, PAGE_ROWS)), target)
    return tell_report(page, data, as_json=as_json)
