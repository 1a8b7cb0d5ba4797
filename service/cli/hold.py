"""`holdfast hold` and `holdfast release`: nothing of a package is removed while somebody says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE

if TYPE_CHECKING:
    from tiering.holding import Hold


def hold(
    package_id: Annotated[
        str | None, typer.Argument(metavar="[PACKAGE_ID]", help="The package; without, holds are listed.")
    ] = None,
    *,
    reason: Annotated[str | None, typer.Option("--reason", metavar="WORDS", help="Why.")] = None,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="Who may be asked about it.")
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Keep every copy of a package where it is, until the hold is released.

    \b
    EXAMPLES
      holdfast hold nhmuk-pinned-0f3a52c1d9e4 --reason "on loan" --owner "J. Curator"
      holdfast hold
    """
    from holdings.errors import BadInput
    from tiering.holding import holds_on, lay_hold

    if package_id is not None and not (reason and owner):
        raise BadInput("A hold needs a --reason and an --owner.", hint="They are told whenever it is met.")
    with open_here(settings) as house:
        if package_id is None:
            found = holds_on(house.catalogue)
        else:
            found = [lay_hold(house, package_id, owner=owner or "", reason=reason or "")]
    answer({"holds": found}, _lines(found), as_json=as_json)
    return DONE


def release(
    hold_id: Annotated[str, typer.Argument(metavar="HOLD_ID", help="As `holdfast hold` lists it.")],
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="WORDS", help="Why.")],
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Take a hold away; the history keeps that it was there.

    \b
    EXAMPLES
      holdfast release 20260301T120000000000-0a1b2c3d4e5f607 --reason "it is back"
    """
    from tiering.holding import release_hold

    with open_here(settings) as house:
        found = release_hold(house, hold_id, reason=reason)
    lines = [f"{found.package_id} is no longer held: {reason}"]
    lines += [f"  its legal hold in {store} stays: {because}" for store, because in found.unlocked]
    answer({"released": found}, lines, as_json=as_json)
    return DONE


def _lines(holds: Sequence[Hold]) -> Iterator[str]:
    for each in holds:
        yield f"{each.hold_id}: {each.package_id} is held by {each.owner}: {each.reason}"
        yield from (f"  no legal hold in {store}: {because}" for store, because in each.unlocked)
    if not holds:
        yield "Nothing is on hold."
