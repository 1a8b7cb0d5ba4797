"""`holdfast report holdings`: what is held, for those who answer for it."""

from __future__ import annotations

from pathlib import Path

from service.cli.options import AsJson, ReportData, ReportFile, SettingsFile
from service.cli.report_capacity import tell_report
from service.cli.session import open_here


def holdings(
    *,
    target: ReportFile = Path("report.html"),
    data: ReportData = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Tell what is held: where, what is below the policy and why, when it was last read, how it grew.

    Only the catalogue is read. The file needs nothing beside it, and asks no server for anything.

    \b
    EXAMPLES
      holdfast report holdings
      holdfast report holdings -o holdings.xlsx --data tables
    """
    from reports.inventory.view import gather_holdings, view_holdings
    from reports.writing import check_form, write_report

    check_form(target)
    with open_here(settings) as house:
        report = view_holdings(gather_holdings(house))
    return tell_report(write_report(report, target, data=data), data, as_json=as_json)
