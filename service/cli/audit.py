"""`holdfast audit` and `holdfast repair`: what is damaged is found, named, and mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.crews import crew_of
from service.cli.options import AsJson, Scheduler, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO, UNREACHABLE
from service.wording import count, size

if TYPE_CHECKING:
    from archive.asserting import Asserted
    from tiering.auditing import Audited
    from tiering.repairing import Repaired


def audit(
    *,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="SIZE", help="Read at most this much: 1TB.")
    ] = None,
    rate: Annotated[
        str | None, typer.Option("--rate", metavar="SIZE", help="Read so much of a store each second: 200MB.")
    ] = None,
    share: Annotated[
        str | None, typer.Option("--share", metavar="PART", help="Read this part of all copies: 1/90.")
    ] = None,
    listing: Annotated[
        bool, typer.Option("--listing/--no-listing", help="Also look for objects that nobody knows.")
    ] = True,
    scheduler: Scheduler = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Read copies again, those first that were read longest ago.

    What sleeps is left asleep: its store is asked for the checksums that it keeps. That is weaker
    evidence, told apart: a copy stays as old as its last reading.

    \b
    EXAMPLES
      holdfast audit --share 1/90
      holdfast audit --budget 1TB --rate 200MB
      holdfast audit --share 1/90 --scheduler tcp://10.0.0.5:8786
    """
    from tiering.auditing import audit as audit_copies

    pace = _bytes(rate, "--rate")
    with open_here(settings) as house, crew_of(house, scheduler, bytes_per_second=pace) as crew:
        found = audit_copies(
            house,
            budget_bytes=_bytes(budget, "--budget"),
            share=_share(share),
            bytes_per_second=pace,
            list_stores=listing,
            crew=crew,
        )
    document = {
        "good": not (found.wrong or found.unknown or found.surprises or found.unlisted),
        "bytes_read": found.bytes_read,
        "copies": found.copies,
        "asleep": found.asleep,
        "asserted": found.asserted,
        "surprises": found.surprises,
        "unlisted": found.unlisted,
        "left": found.left,
    }
    answer(document, _audit_lines(found), as_json=as_json)
    if found.wrong or found.surprises:
        return NO
    return UNREACHABLE if found.unknown or found.unlisted else DONE


def repair(
    packages: Annotated[
        list[str] | None, typer.Argument(metavar="[PACKAGE_ID]...", help="Only these packages; without, all.")
    ] = None,
    *,
    wake: Annotated[
        bool,
        typer.Option("--wake", help="Ask for damaged copies that sleep; mend them once awake."),
    ] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Mend copies that are damaged or missing, from a copy that is read and proven now.

    Wrong bytes are kept aside in the same store.

    \b
    EXAMPLES
      holdfast repair
      holdfast repair nhmuk-pinned-0f3a52c1d9e4
    """
    from tiering.repairing import repair as repair_copies

    with open_here(settings) as house:
        found = repair_copies(house, package_ids=packages or None, wakes=wake)
    answer({"repaired": found}, _repair_lines(found), as_json=as_json)
    return NO if any(each.because for each in found) else DONE


def _bytes(text: str | None, option: str) -> int | None:
    from holdings.errors import BadInput
    from holdings.settings.quantities import parse_size

    if text is None:
        return None
    try:
        found = parse_size(text.removesuffix("/s") if option == "--rate" else text)
    except ValueError as error:
        raise BadInput(f"{option} is '{text}'; {error}.") from None
    if not found:
        raise BadInput(f"{option} is {text}; it takes more than nothing.")
    return found


def _share(text: str | None) -> float | None:
    from fractions import Fraction

    from holdings.errors import BadInput

    if text is None:
        return None
    try:
        part = Fraction(text)
    except (ValueError, ZeroDivisionError):
        part = Fraction(0)
    if not 0 < part <= 1:
        raise BadInput(f"--share is '{text}'; it takes a part of the whole such as 1/90.")
    return float(part)


def _audit_lines(found: Audited) -> Iterator[str]:
    for copy in found.copies:
        if copy.because:
            yield f"{copy.package_id} in {copy.store}: {copy.finding}, {copy.because}"
    for surprise in found.surprises:
        found_size = size(surprise.size_bytes)
        yield f"{surprise.key} in {surprise.store} is a surprise ({found_size}): {surprise.says}."
    for store, because in found.unlisted:
        yield f"{store} could not be listed: {because}"
    if found.asserted:
        yield from _asleep_lines(found.asserted)
    read = [copy for copy in found.copies if copy.told is None]
    good = len(found.copies) - len(found.wrong) - len(found.unknown)
    yield (
        f"{count(len(read), 'copy', 'copies')} read, {size(found.bytes_read)}: {good} good, "
        f"{len(found.wrong)} damaged or missing, {len(found.unknown)} unknown; "
        f"{count(found.left, 'copy', 'copies')} left for another day."
    )
    if found.wrong:
        yield "Try: holdfast repair"


def _asleep_lines(asserted: Sequence[Asserted]) -> Iterator[str]:
    same = sum(each.because is None for each in asserted)
    yield (
        f"{count(len(asserted), 'copy', 'copies')} left asleep; of {same:,} the store itself tells the "
        "checksums that were recorded, which is not reading them."
    )
    untold = [each for each in asserted if each.because]
    for store in dict.fromkeys(each.store for each in untold):
        here = [each for each in untold if each.store == store]
        yield f"{count(len(here), 'copy', 'copies')} in {store} cannot be compared: {here[0].because}"


def _repair_lines(found: Sequence[Repaired]) -> Iterator[str]:
    for each in found:
        if each.because:
            yield f"{each.package_id} in {each.store} is not mended: {each.because}"
        else:
            aside = f"; wrong bytes are kept as {', '.join(each.set_aside)}" if each.set_aside else ""
            yield f"{each.package_id} in {each.store} is mended from {each.source}, and read back{aside}."
    if not found:
        yield "No copy is known to be damaged or missing; holdfast audit looks."
