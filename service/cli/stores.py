"""`holdfast stores`: what a store claims is tried before it is believed."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO


def probe(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A store of the settings.")],
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Break every promise of a store on purpose, in a scratch folder, and say what it minds.

    \b
    EXAMPLES
      holdfast stores probe cold
    """
    from holdings.stores.probing import probe as probe_store

    with open_here(settings) as house:
        store = house.store(name)
        found = probe_store(house.settings.stores[name], store, house.clock)
    lines = (
        f"{'yes' if each.holds else 'NO '}  {each.claim}{f': {each.says}' if each.says else ''}"
        for each in found
    )
    answer({"store": name, "proved": found}, lines, as_json=as_json)
    return DONE if all(each.holds for each in found) else NO
