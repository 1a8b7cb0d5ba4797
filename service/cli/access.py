"""`holdfast access import`: what the stores' own logs tell of who reads what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import count

if TYPE_CHECKING:
    from tiering.logs import Imported


def import_logs(
    logs: Annotated[list[Path], typer.Argument(metavar="LOG...", help="S3 or CloudFront access logs.")],
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Take in access logs, so that rules may speak of idle_days and reads_90d.

    The same file twice counts once; compressed ones are read as they are. Holdfast's own readings,
    such as audits, are left out.

    \b
    EXAMPLES
      holdfast access import logs/2026-11-21-*
    """
    from tiering.logs import import_log

    with open_here(settings) as house:
        found = [import_log(house, path) for path in logs]
    answer({"logs": found}, map(_line, found), as_json=as_json)
    return DONE


def _line(log: Imported) -> str:
    if log.already:
        return f"{log.path}: taken in before"
    ours = f"; {count(log.ours, 'read')} by Holdfast itself, left out" if log.ours else ""
    strange = f"; {count(log.not_understood, 'line')} not understood" if log.not_understood else ""
    return f"{log.path}: {count(log.reads, 'read')} of {count(log.packages, 'package')}{ours}{strange}"
