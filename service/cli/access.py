"""`holdfast access import`: what the stores' own logs tell of who reads what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import count


def import_logs(
    logs: Annotated[list[Path], typer.Argument(metavar="LOG...", help="S3 or CloudFront access logs.")],
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Take in access logs, so that rules may speak of idle_days and reads_90d.

    The same file twice counts once.

    \b
    EXAMPLES
      holdfast access import logs/2026-11-21-*
    """
    from tiering.logs import import_log

    with open_here(settings) as house:
        found = [import_log(house, path) for path in logs]
    lines = (
        f"{each.path}: "
        + (
            "taken in before"
            if each.already
            else f"{count(each.reads, 'read')} of {count(each.packages, 'package')}"
        )
        for each in found
    )
    answer({"logs": found}, lines, as_json=as_json)
    return DONE
