"""`holdfast verify`: every copy is read again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO, UNREACHABLE
from service.wording import count, size

if TYPE_CHECKING:
    from archive.verifying import Verification


def verify(
    packages: Annotated[
        list[str] | None, typer.Argument(metavar="[PACKAGE_ID]...", help="Only these packages; without, all.")
    ] = None,
    *,
    store: Annotated[
        str | None, typer.Option("--store", metavar="NAME", help="Only the copies in this store.")
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Read every byte of every copy again and compare it with what was recorded.

    \b
    EXAMPLES
      holdfast verify
      holdfast verify nhmuk-pinned-0f3a52c1d9e4 --store cold
    """
    from archive.verifying import verify as verify_copies

    with open_here(settings) as house:
        found = verify_copies(house, package_ids=packages or None, store=store)
    answer(verification_document(found), _lines(found), as_json=as_json)
    return _status(found)


def _status(found: Verification) -> int:
    """A definite fault outweighs what could not be looked at."""
    from archive.verifying import Finding

    if found.is_good:
        return DONE
    only_unknown = all(copy.finding in (Finding.GOOD, Finding.UNKNOWN) for copy in found.copies)
    return UNREACHABLE if only_unknown else NO


def verification_document(found: Verification) -> dict[str, object]:
    """A verification as `--json` shows it."""
    return {"good": found.is_good, "bytes_read": found.bytes_read, "copies": found.copies}


def _lines(found: Verification) -> Iterator[str]:
    for copy in found.copies:
        because = f", {copy.because}" if copy.because else ""
        yield f"{copy.package_id} in {copy.store}: {copy.finding}{because}"
    yield f"{count(len(found.copies), 'copy', 'copies')} read, {size(found.bytes_read)}: {_verdict(found)}"


def _verdict(found: Verification) -> str:
    wrong = sum(copy.because is not None for copy in found.copies)
    return f"{wrong} not good." if wrong else "all good."
