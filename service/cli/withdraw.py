"""`holdfast withdraw`: packages and images are not given out any more, with who, when and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO

if TYPE_CHECKING:
    from archive.withdrawing import Undone, Withdrew
    from holdings.house import House
    from holdings.records import Withdrawal


def withdraw(
    identifiers: Annotated[
        list[str], typer.Argument(metavar="PACKAGE|IMAGE...", help="As `holdfast find --json` shows them.")
    ],
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why. It is kept for ever.")],
    by: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who decided; without, your login.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Give out again what was withdrawn.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Withdraw packages or single images: they are not found, given back or exported any more.

    No byte is removed. The tombstone is written into the stores' journals, so it outlives the
    catalogue; `holdfast find --withdrawn` shows it, and --undo takes it back. Bytes leave by the
    policy only, and not before the time under [withdrawals] in the settings is over. A deposit of the
    same content is refused as long as the tombstone stands.

    \b
    EXAMPLES
      holdfast withdraw nhmuk-pinned-0f3a52c1d9e4.17 --reason "locality of a protected species"
      holdfast withdraw nhmuk-pinned-0f3a52c1d9e4 --reason "returned to owner" --by "A. Keeper"
      holdfast withdraw --undo nhmuk-pinned-0f3a52c1d9e4 --reason "loan agreement found"
    """
    from archive.withdrawing import undo as undo_withdrawals
    from archive.withdrawing import withdraw as withdraw_all

    with open_here(settings) as house:
        if undo:
            undone = undo_withdrawals(house, identifiers, reason=reason, by=by)
            answer(_undone_document(undone), _undone_lines(undone), as_json=as_json)
            return NO if undone.not_withdrawn else DONE
        withdrew = withdraw_all(house, identifiers, reason=reason, by=by)
        answer(_document(house, withdrew), _lines(house, withdrew), as_json=as_json)
    return DONE


def _document(house: House, withdrew: Withdrew) -> dict[str, object]:
    from archive.withdrawing import bytes_stay_until

    return {
        "withdrawn": [
            {**withdrawal_row(item), "bytes_stay_until": bytes_stay_until(house, item)}
            for item in withdrew.withdrawn
        ],
        "already": [withdrawal_row(item) for item in withdrew.already],
    }


def _lines(house: House, withdrew: Withdrew) -> Iterator[str]:
    from archive.withdrawing import bytes_stay_until, told

    for item in withdrew.withdrawn:
        until = bytes_stay_until(house, item)
        yield f"{item.subject} is withdrawn. Its bytes stay, at least until {until}."
    for item in withdrew.already:
        yield f"{told(item)} (It is as it was.)"


def _undone_document(undone: Undone) -> dict[str, object]:
    return {
        "undone": [withdrawal_row(item) for item in undone.undone],
        "not_withdrawn": undone.not_withdrawn,
    }


def _undone_lines(undone: Undone) -> Iterator[str]:
    for item in undone.undone:
        yield f"{item.subject} is given out again."
    for identifier in undone.not_withdrawn:
        yield f"{identifier} is not withdrawn; nothing was done."


def withdrawal_row(item: Withdrawal) -> dict[str, object]:
    """A tombstone as `--json` shows it."""
    return {
        "package_id": item.package_id,
        "image_id": item.image_id,
        "at": item.at,
        "by": item.by,
        "reason": item.reason,
    }
