"""`holdfast receipt`: the receipt of a deposit once more."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, Receipts, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE

RECEIPTS_FOLDER = "receipts"
"""Beside holdfast.toml."""


def receipt(
    package_ids: Annotated[
        list[str],
        typer.Argument(metavar="PACKAGE_ID...", help="The bags of one deposit, as its images name them."),
    ],
    *,
    receipts: Receipts = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a receipt that is there.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Make the receipt of a deposit again, from the catalogue: a page to keep, and JSON.

    It says where the bags lie today. What was left out of the deposit is not in the catalogue:
    that was told in the first receipt, and stands in metadata/premis.xml inside the bag.

    \b
    EXAMPLES
      holdfast receipt nhmuk-pinned-0f3a52c1d9e4
      holdfast receipt nhmuk-pinned-0f3a52c1d9e4 --receipt for-the-depositor
    """
    from archive.receipting import recollect
    from reports.receipt import write_receipt

    with open_here(settings) as house:
        folder = receipts or house.settings.folder / RECEIPTS_FOLDER
        written = write_receipt(recollect(house, package_ids), folder, overwrite=overwrite)
    answer({"package_ids": package_ids, "receipts": written}, [told_receipt(written)], as_json=as_json)
    return DONE


def told_receipt(written: Sequence[Path]) -> str:
    """Where a receipt is, as short as it can be said from here."""
    return f"The receipt is in {' and '.join(map(_seen_from_here, written))}."


def _seen_from_here(path: Path) -> str:
    here = os.path.relpath(path)
    return str(path) if here.startswith("..") else here
