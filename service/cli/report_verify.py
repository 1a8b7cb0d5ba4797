"""`holdfast report verify`: whether a page says what its own data say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson
from service.cli.statuses import DONE, NO
from service.wording import count

if TYPE_CHECKING:
    from reports.verifying import Verified

_SHOWN = 20


def verify(
    page: Annotated[Path, typer.Argument(metavar="FILE.html", help="A report, as an HTML page.")],
    *,
    results: Annotated[
        list[str] | None,
        typer.Option(
            "--result",
            metavar="RESULT",
            help="Also hold its data against the result they came from; once for each plan, in order.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Make a page again from the data inside it, and name every number that is another.

    Nothing else is needed: no settings, no stores, no network. A page whose data were changed, too,
    is found with --result; `holdfast capacity rerun` in turn makes the result again.

    \b
    EXAMPLES
      holdfast report verify report.html
      holdfast report verify report.html --result projection.zarr
    """
    from reports.verifying import verify_page
    from service.cli.report_capacity import opened

    found = verify_page(page, [opened(each) for each in results or []])
    document = {"page": page, "verification": found}
    answer(document, _lines(page, found, with_results=bool(results)), as_json=as_json)
    return NO if found.differences else DONE


def _lines(page: Path, found: Verified, *, with_results: bool) -> Iterator[str]:
    numbers = count(found.numbers, "number")
    if not found.differences:
        data = "and the data are those of the result" if with_results else "to the byte"
        yield f"{page}: all {numbers} are what its data make of them, {data}."
        return
    yield f"{page} does not say what its data say, in {count(len(found.differences), 'place')}:"
    for each in found.differences[:_SHOWN]:
        told = f"  {each.where}: '{each.printed}' instead of '{each.derived}'"
        yield told.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
    if len(found.differences) > _SHOWN:
        yield f"  and {len(found.differences) - _SHOWN} more"
