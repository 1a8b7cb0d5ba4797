"""`holdfast catalogue`: the ledger is checked, made again, or copied away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here, settings_here
from service.cli.statuses import DONE, NO, UNREACHABLE
from service.wording import count, size

if TYPE_CHECKING:
    from holdings.catalogue.checking import CatalogueCheck
    from holdings.catalogue.findings import Finding
    from holdings.catalogue.rebuilding import Rebuilt
    from holdings.catalogue.restoring import Restored


def check(*, settings: SettingsFile = None, as_json: AsJson = False) -> int:
    """Compare what the catalogue claims with what the stores list. Nothing is changed.

    Objects are listed, not read: `holdfast verify` reads them.

    \b
    EXAMPLES
      holdfast catalogue check
      holdfast catalogue check --json
    """
    from holdings.catalogue.checking import check_catalogue

    with open_here(settings) as house:
        found = check_catalogue(house)
    document = {
        "ok": found.ok,
        "packages": found.packages,
        "copies": found.copies,
        "stores": found.stores,
        "findings": [_finding_row(finding) for finding in found.findings],
    }
    answer(document, _check_lines(found), as_json=as_json)
    return _status(found.findings)


def rebuild(
    *,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="STORE", help="Leave out a store that cannot be reached."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Make the catalogue again from the stores alone. The one that is there is kept beside it.

    \b
    EXAMPLES
      holdfast catalogue rebuild
      holdfast catalogue rebuild --without cold
    """
    from holdings.catalogue.rebuilding import rebuild_catalogue

    with settings_here(settings) as (read, observer):
        rebuilt = rebuild_catalogue(read, without=without or (), observer=observer)
    answer(_rebuilt_document(rebuilt), _rebuilt_lines(rebuilt), as_json=as_json)
    return _status(rebuilt.findings)


def backup(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; it must not exist.")],
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Copy the catalogue and its image indexes into a new folder, whole or not at all.

    Other commands may work meanwhile; they wait for each other.

    \b
    EXAMPLES
      holdfast catalogue backup /mnt/safe/catalogue-2026-11-22
    """
    from holdings.catalogue.backing_up import backup_catalogue

    with settings_here(settings) as (read, observer):
        made = backup_catalogue(read, target, observer=observer)
    document = {
        "folder": made.folder,
        "catalogue": made.catalogue,
        "files": made.files,
        "bytes": made.size_bytes,
    }
    words = f"The catalogue is in {made.folder}: {count(made.files, 'file')}, {size(made.size_bytes)}."
    answer(document, [words], as_json=as_json)
    return DONE


def restore(
    source: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder that holdfast catalogue backup made.")
    ],
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Bring a backup back where there is no catalogue: after a loss, or when it moves to a database.

    What happened after the backup is in the stores: `holdfast catalogue check` names it, and
    `holdfast catalogue rebuild` takes it in.

    \b
    EXAMPLES
      holdfast catalogue restore /mnt/safe/catalogue-2026-11-22
    """
    from holdings.catalogue.restoring import restore_catalogue

    with settings_here(settings) as (read, observer):
        restored = restore_catalogue(read, source, observer=observer)
    answer(asdict(restored), _restored_lines(restored), as_json=as_json)
    return NO if restored.without_index else DONE


def _status(findings: tuple[Finding, ...]) -> int:
    """A definite difference outweighs what could not be looked at."""
    from holdings.catalogue.findings import FindingKind

    kinds = {finding.kind for finding in findings}
    if not kinds:
        return DONE
    return UNREACHABLE if kinds == {FindingKind.UNKNOWN_STORE} else NO


def _finding_row(finding: Finding) -> dict[str, object]:
    return {**asdict(finding), "hint": finding.hint}


def _finding_lines(findings: tuple[Finding, ...]) -> Iterator[str]:
    """Each finding, and after the last of its kind the way out of all of them."""
    for hint, some in groupby(findings, key=lambda finding: finding.hint):
        yield from (finding.sentence for finding in some)
        yield f"  Try: {hint}"


def _check_lines(found: CatalogueCheck) -> Iterator[str]:
    yield from _finding_lines(found.findings)
    verdict = "they agree" if found.ok else count(len(found.findings), "difference")
    yield (
        f"{count(found.packages, 'package')}, {count(found.copies, 'copy', 'copies')}, "
        f"{count(len(found.stores), 'store')} listed: {verdict}."
    )


def _rebuilt_document(rebuilt: Rebuilt) -> dict[str, object]:
    return {
        "catalogue_id": rebuilt.catalogue_id,
        "packages": rebuilt.packages,
        "copies": rebuilt.copies,
        "events": rebuilt.events,
        "images": rebuilt.images,
        "without": rebuilt.without,
        "findings": [_finding_row(finding) for finding in rebuilt.findings],
        "backup": rebuilt.backup,
    }


def _rebuilt_lines(rebuilt: Rebuilt) -> Iterator[str]:
    yield from _finding_lines(rebuilt.findings)
    yield (
        f"The catalogue was made again: {count(rebuilt.packages, 'package')}, "
        f"{count(rebuilt.copies, 'copy', 'copies')}, {count(rebuilt.images, 'image')}, "
        f"{count(rebuilt.events, 'event')}."
    )
    if rebuilt.without:
        yield f"Nothing was asked of: {', '.join(rebuilt.without)}."
    if rebuilt.backup is not None:
        yield f"The one before is kept as {rebuilt.backup}."


def _restored_lines(restored: Restored) -> Iterator[str]:
    for package_id in restored.without_index:
        yield f"The image index of {package_id} is not in the backup: holdfast catalogue rebuild fetches it."
    yield (
        f"The catalogue is back: {count(restored.packages, 'package')}, "
        f"{count(restored.copies, 'copy', 'copies')}, {count(restored.images, 'image')}, "
        f"{count(restored.events, 'event')}."
    )
