"""`holdfast demo`: the whole journey on made-up specimens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, plain, say
from service.cli.options import AsJson
from service.cli.session import agent
from service.cli.statuses import DONE, NO

if TYPE_CHECKING:
    from service.demo.journey import Made


def demo(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="A folder that is new or empty, or an earlier demo.")
    ] = Path("demo"),
    *,
    as_json: AsJson = False,
) -> int:
    """Make the whole journey on a few made-up specimens, and say at each step what is done.

    Settings, a deposit, a plan for 400 days ahead, its apply, a verification, a projection and
    a report, all in DIR. Run again, it goes on where it was, or finds everything done.

    \b
    EXAMPLES
      holdfast demo
      holdfast demo /tmp/look --json
    """
    from service.cli.progress import watching
    from service.demo.journey import travel

    began = time.monotonic()
    tell = say if as_json else _tell
    with watching() as observer:
        made = travel(folder, tell=tell, observer=observer, agent=agent())
    document = {**_fields(made), "seconds": round(time.monotonic() - began, 3)}
    answer(document, _lines(made, time.monotonic() - began), as_json=as_json)
    return DONE if made.good else NO


def _tell(line: str) -> None:
    print(line, flush=True)


def _fields(made: Made) -> dict[str, object]:
    fields = plain(made)
    assert isinstance(fields, dict)
    return fields


def _lines(made: Made, seconds: float) -> Iterator[str]:
    yield f"Done in {seconds:.0f} s. Where everything lies:"
    yield f"  report      {made.report.resolve()}"
    yield f"  settings    {made.settings.resolve()}"
    yield f"  specimens   {made.specimens.resolve()}  (made up)"
    yield f"  stores      {(made.folder / 'stores').resolve()}"
    yield f"  plan        {made.plan.resolve()}"
    yield f"  projection  {made.projection.resolve()}"
    yield f"Next: open the report, or try: cd {made.folder} && holdfast find"
