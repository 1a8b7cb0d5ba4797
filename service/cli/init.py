"""`holdfast init`: settings to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson
from service.cli.statuses import DONE


def init(
    folder: Annotated[
        Path | None, typer.Argument(metavar="[DIR]", help="Where to write; without it, here.")
    ] = None,
    *,
    s3: Annotated[
        bool, typer.Option("--s3", help="Show settings for S3 stores; written only where DIR is given.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Write a commented holdfast.toml, with the policy, scenario and price sheets that it names.

    The embedded default keeps a hot and a cold store as local folders and the catalogue as
    one DuckDB file: nothing else is needed. Nothing that is there already is written over.

    \b
    EXAMPLES
      holdfast init
      holdfast init /srv/holdings
      holdfast init --s3
      holdfast init --s3 /srv/holdings
    """
    from holdings.settings.template import template_text, write_template

    if s3 and folder is None:
        text = template_text(s3=True)
        answer({"settings": text}, text.rstrip().split("\n"), as_json=as_json)
        return DONE
    written = write_template(folder or Path(), s3=s3)
    lines = [*(f"Written: {path}" for path in written), f"Next: {_next(folder, s3=s3)}"]
    answer({"written": written, "settings": written[-1]}, lines, as_json=as_json)
    return DONE


def _next(folder: Path | None, *, s3: bool) -> str:
    deposit = "holdfast deposit SOURCE --collection ID"
    command = deposit if folder is None else f"cd {folder} && {deposit}"
    if not s3:
        return command
    return f"name your buckets, endpoints and profiles in {folder}/holdfast.toml; then {command}"
