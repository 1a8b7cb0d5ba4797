"""`holdfast stores`: what a store claims is tried before it is believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO

if TYPE_CHECKING:
    from holdings.settings.model import StoreSettings
    from holdings.stores.probing import Proved
    from holdings.stores.protections import Protection


def probe(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A store of the settings.")],
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Break every promise of a store on purpose, in a scratch folder, and say what it minds.

    Of an S3 store also: which of the protections that terraform/ asks for are there. They are
    only looked at.

    \b
    EXAMPLES
      holdfast stores probe cold
    """
    from holdings.stores.probing import probe as probe_store
    from tiering.planning import store_sheets

    with open_here(settings) as house:
        store, spec = house.store(name), house.settings.stores[name]
        sleeps = store_sheets(house)[name].amount("restore_hours") > 0
        found = probe_store(spec, store, house.clock, sleeps=sleeps)
    protected = _protections(spec)
    document = {"store": name, "proved": found, "protections": protected}
    answer(document, _lines(found, protected), as_json=as_json)
    kept = all(each.holds for each in found)
    return DONE if kept and not any(_is_wanting(each) for each in protected) else NO


def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A store of the settings.")],
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Make the folder of a store that was added to the settings; again, changes nothing.

    Where the catalogue knows of copies in that store, it is not new, but its disk is away: then nothing
    is made, or an empty folder would stand for all that was there.

    \b
    EXAMPLES
      holdfast stores make third
    """
    from holdings.errors import BadInput, Conflict
    from holdings.stores.opening import create_store

    with open_here(settings) as house:
        spec = house.settings.stores[house.store(name).name]
        if not spec.url.startswith("file:"):
            raise BadInput(
                f"The store '{name}' is {spec.url}: no folder of this machine.",
                hint=f"Buckets are made by people or by terraform/; then holdfast stores probe {name}",
            )
        if copies := len(house.catalogue.copies(store=name)):
            raise Conflict(
                f"The catalogue knows of {copies} copies in the store '{name}': it is not new.",
                hint="Is its disk mounted? What takes the place of a lost one needs another name.",
            )
        create_store(spec)
    answer({"store": name, "url": spec.url}, [f"{name} is {spec.url}, and can be used."], as_json=as_json)
    return DONE


def _protections(spec: StoreSettings) -> list[Protection]:
    if not spec.url.startswith("s3:"):
        return []
    # botocore takes a while to import; a house of folders never needs it.
    from holdings.stores.protections import protections

    return protections(spec)


def _is_wanting(each: Protection) -> bool:
    return each.asked_for and each.found == "missing"


def _lines(found: Sequence[Proved], protected: Sequence[Protection]) -> Iterator[str]:
    for proved in found:
        yield f"{'yes' if proved.holds else 'NO '}  {proved.claim}{_because(proved.says)}"
    if protected:
        yield "Protections, as terraform/ asks for them:"
    for each in protected:
        answer_ = {"there": "yes", "not told": "?  "}.get(each.found) or ("NO " if each.asked_for else "no ")
        note = "" if each.asked_for else " (not asked for here)"
        yield f"{answer_}  {each.protection}{_because(each.says)}{note}"


def _because(says: str) -> str:
    return f": {says}" if says else ""
