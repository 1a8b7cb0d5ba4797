"""`holdfast terraform`: the plan and the settings, as variables of the modules in terraform/."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import settings_here
from service.cli.statuses import DONE
from service.wording import size, table

if TYPE_CHECKING:
    from capacity.buckets import PlannedBuckets

NAME = "holdfast.auto.tfvars.json"
"""Terraform reads every `*.auto.tfvars.json` of the folder that it runs in."""


def write_vars(
    result: Annotated[str, typer.Argument(metavar="RESULT", help="What capacity run -o kept.")],
    *,
    year: Annotated[
        int | None,
        typer.Option("--year", metavar="Y", help="The year of the plan that ends in Y. Default: the first."),
    ] = None,
    target: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="The folder with the modules.")
    ] = Path("terraform"),
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Write what a plan expects of each bucket, and what the settings call it, for Terraform.

    One file for each root module that has a store: its buckets, tiers and domains, the days
    until a bag may sleep and for which a version is locked, quotas, and the bytes and requests
    above which somebody is warned (p50 and p95). The same plan and settings give the same
    files; those of another year are replaced.

    \b
    EXAMPLES
      holdfast terraform vars projection.zarr
      holdfast terraform vars projection.zarr --year 2029 -o terraform
    """
    from capacity.buckets import planned_buckets, variables
    from capacity.places import is_remote
    from capacity.results import open_result
    from tiering.policy import read_policy

    with settings_here(settings) as (read, _):
        ds = open_result(result if is_remote(result) else Path(result))
        found = planned_buckets(ds, read, read_policy(read.policy), year=year)
    texts = {
        target / root / NAME: json.dumps(said, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        for root, said in variables(found)
    }
    _write_all(target, texts)
    document = {
        "year": found.year,
        "buckets": found.buckets,
        "no_buckets": found.no_buckets,
        "not_planned": found.not_planned,
        "written": list(texts),
    }
    answer(document, _lines(found, texts), as_json=as_json)
    return DONE


def _write_all(target: Path, texts: Mapping[Path, str]) -> None:
    """Every file or none: what is there and not ours is found before the first is written."""
    from holdings.errors import BadInput
    from service.cli.files import write_text

    for path, text in texts.items():
        if not (path.parent / "versions.tf").is_file() and not (path.parent / "main.tf").is_file():
            raise BadInput(
                f"{target} does not hold Holdfast's Terraform modules: there is no {path.parent}.",
                hint="Name the folder that holds irreplaceable/ and disposable/ with -o.",
            )
        if path.exists() and not _is_ours(path, text):
            raise BadInput(
                f"{path} holds other variables than this command writes; nothing was changed.",
                hint="Move them to a file of another name: Terraform reads every *.auto.tfvars.",
            )
    for path, text in texts.items():
        write_text(path, text)


def _is_ours(path: Path, text: str) -> bool:
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(there, dict) and there.keys() <= json.loads(text).keys()


def _lines(found: PlannedBuckets, texts: Mapping[Path, str]) -> Iterator[str]:
    yield f"The year of the plan that ends in {found.year}:"
    rows: list[tuple[str, ...]] = [
        ("store", "bucket", "tier", "domain", "bytes p50", "p95", "requests a day p50", "p95")
    ]
    for each in found.buckets:
        known = each.expected
        numbers = (
            *(size(number) for number in (known.bytes.p50, known.bytes.p95)),
            *(f"{number:,}" for number in (known.requests_per_day.p50, known.requests_per_day.p95)),
        ) if known else ("nothing yet", "", "", "")  # fmt: skip
        rows.append((each.store, each.bucket, each.tier, each.domain, *numbers))
    yield from table(rows)
    for name in found.no_buckets:
        yield f"{name} is a folder, and gets no bucket."
    for name in found.not_planned:
        yield f"{name} is not in the plan, and was left out."
    yield from (f"Written: {path}" for path in texts)
