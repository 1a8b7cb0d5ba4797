"""`holdfast report`: one page that opens anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import size


def report(
    results: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RESULT]...", help="What `holdfast capacity run -o` kept; any number."),
    ] = None,
    *,
    target: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page to write; it is replaced.")
    ] = Path("report.html"),
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Write one HTML page: what is held and where, and what was projected.

    The page needs nothing beside it: pictures and tables are inside, no request leaves it.

    \b
    EXAMPLES
      holdfast report -o holdings.html
      holdfast report projection.zarr -o report.html
    """
    from reports.page import write_report

    with open_here(settings) as house:
        page = write_report(house, [_place(result) for result in results or []], target)
    written = page.stat().st_size
    answer(
        {"report": page, "bytes": written}, [f"The report is in {page} ({size(written)})."], as_json=as_json
    )
    return DONE


def _place(result: str) -> Path | str:
    return result if "://" in result else Path(result)
