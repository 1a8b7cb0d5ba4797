"""`holdfast report capacity`: what will be needed, in a file that opens anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, ReportData, ReportFile, SettingsFile
from service.cli.session import open_here_or_none
from service.cli.statuses import DONE
from service.wording import size

if TYPE_CHECKING:
    import xarray as xr

    from holdings.house import House


def capacity(
    results: Annotated[
        list[str],
        typer.Argument(metavar="RESULT...", help="What `holdfast capacity run -o` kept; any number."),
    ],
    *,
    target: ReportFile = Path("report.html"),
    data: ReportData = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Tell what results of `holdfast capacity run` mean: how much, where, for what money, at what risk.

    Several results stand side by side. Where there are holdings (a holdfast.toml), what really came is
    drawn into the pictures, and what is held stands in a chapter of its own. The file needs nothing
    beside it, and asks no server for anything.

    \b
    EXAMPLES
      holdfast report capacity projection.zarr
      holdfast report capacity lossless.zarr lossy.zarr -o plans.html
      holdfast report capacity projection.zarr -o report.pdf --data tables
    """
    from reports.projection.view import view_capacity
    from reports.writing import check_form, write_report

    check_form(target)
    with open_here_or_none(settings) as house:
        report = view_capacity(gathered(results, house))
    page = write_report(report, target, data=data)
    return tell_report(page, data, as_json=as_json)


def tell_report(page: Path, data: Path | None, *, as_json: bool) -> int:
    """Say where a report is."""
    written = page.stat().st_size
    lines = [f"The report is in {page} ({size(written)})."]
    if data is not None:
        lines.append(f"Its tables are in {data}, as CSV and Parquet.")
    answer({"report": page, "bytes": written, "data": data}, lines, as_json=as_json)
    return DONE


def gathered(results: list[str], house: House | None) -> dict[str, Any]:
    """What the report is made of: the results, and the holdings where there are any."""
    from reports.projection.gathering import gather_capacity

    return gather_capacity([opened(each) for each in results], house)


def opened(result: str) -> xr.Dataset:
    """A result in a folder or behind a URL."""
    from capacity.results import open_result

    return open_result(result if "://" in result else Path(result))
