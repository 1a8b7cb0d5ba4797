"""`holdfast report tiering`: a plan of moves, for those who have to agree to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.options import AsJson, Now, ReportData, ReportFile, SettingsFile
from service.cli.report_capacity import tell_report
from service.cli.session import open_here
from service.cli.tier import make, moment


def tiering(
    plan_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PLAN]",
            help="What `holdfast tier plan -o` wrote; without it, what would be planned now.",
        ),
    ] = None,
    *,
    now: Now = None,
    target: ReportFile = Path("report.html"),
    data: ReportData = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Tell what a plan moves from where to where, for what money, and what is refused by which guard.

    What tiering did until now stands beside it, month by month. Nothing is moved.

    \b
    EXAMPLES
      holdfast report tiering plan.json
      holdfast report tiering --now +400d -o next-year.pdf
    """
    from holdings.errors import BadInput
    from reports.moving.gathering import gather_tiering
    from reports.moving.view import view_tiering
    from reports.writing import check_form, write_report
    from tiering.plan import read_plan

    check_form(target)
    if plan_file is not None and now is not None:
        raise BadInput("A plan has its own date: give --now or a PLAN, not both.")
    with open_here(settings) as house:
        given = None if plan_file is None else plan_file.name
        plan = make(house, at=moment(house, now)) if plan_file is None else read_plan(plan_file)
        report = view_tiering(gather_tiering(house, plan, given=given))
    return tell_report(write_report(report, target, data=data), data, as_json=as_json)
