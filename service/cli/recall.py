"""`holdfast recall`: wake what sleeps, once its price is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO
from service.wording import count, money_told, size

if TYPE_CHECKING:
    from tiering.recalling import Needed


def recall(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Packages, or images of theirs.")
    ] = None,
    *,
    text: Annotated[
        str | None, typer.Option("--text", metavar="WORDS", help="The packages of images found by these.")
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask the stores; without, only the price is shown.")
    ] = False,
    days: Annotated[int, typer.Option("--days", min=1, max=365, help="How long to stay awake.")] = 7,
    wait: Annotated[bool, typer.Option("--wait", help="With --ask: end when all are awake.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Wake packages that sleep in a cold class: cost and hours first, then asked for with --ask.

    Asking twice asks once. Stopped while it waits, the same command waits on.

    \b
    EXAMPLES
      holdfast recall nhmuk-pinned-0f3a52c1d9e4.17
      holdfast recall --text Bombus --ask --wait
    """
    from holdings.errors import BadInput
    from tiering.recalling import packages_of
    from tiering.recalling import recall as recall_packages

    if not names and text is None:
        raise BadInput("Nothing was named.", hint="Give packages, images, or --text.")
    with open_here(settings) as house:
        wanted = packages_of(house, names or [], text=text)
        found = recall_packages(house, wanted, ask=ask, days=days, wait=wait)
    answer({"packages": found}, _lines(found, asked=ask), as_json=as_json)
    return DONE if all(each.awake for each in found) else NO


def _lines(found: Sequence[Needed], *, asked: bool) -> Iterator[str]:
    money: defaultdict[str, float] = defaultdict(float)
    for each in found:
        if each.because:
            yield f"{each.package_id} cannot be had: {each.because}"
        elif each.awake:
            yield f"{each.package_id} is awake in {each.store}."
        else:
            large = size(each.size_bytes)
            yield f"{each.package_id} sleeps in {each.store} ({large}), up to {each.hours:g} h."
            money[each.currency or "?"] += each.costs
    asleep = sum(not each.awake and not each.because for each in found)
    if asleep:
        costs = ", ".join(f"{money_told(amount)} {currency}" for currency, amount in money.items())
        then = "asked for; run the same again to see" if asked else "--ask asks for them"
        yield f"{count(asleep, 'package')} to wake: {costs}; {then}."
