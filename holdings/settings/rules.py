"""Rules that hold between the keys of `holdfast.toml`; each looks at whatever is there.

They read the raw tables, so that they speak even where another key is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from holdings.settings.places import Location, inside, locate, overlapping
from holdings.settings.problems import Problem, nearest

Table = Mapping[str, Any]


def check_rules(data: Table, folder: Path) -> Iterator[Problem]:
    """Every rule that is broken."""
    stores = {name: table for name, table in _table(data, "stores").items() if isinstance(table, dict)}
    places, wrong = _places(stores, folder)
    yield from wrong
    for rule in (_one_place_each, _catalogue_apart):
        yield from rule(places, data, folder)
    yield from _a_file_or_a_database(_table(data, "catalogue"))
    yield from _price_sheets_named(stores, _table(data, "prices"))
    yield from _bags_go_to_a_store(stores, _table(data, "bags"))
    yield from _somebody_keeps_the_journal(stores)
    yield from _s3_keys_only_for_s3(stores)


def _table(data: Table, key: str) -> Table:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _places(stores: Table, folder: Path) -> tuple[dict[str, Location], list[Problem]]:
    places: dict[str, Location] = {}
    wrong = []
    for name, table in stores.items():
        url, endpoint = table.get("url"), table.get("endpoint")
        if not isinstance(url, str):
            continue  # the shape check says so
        try:
            places[name] = locate(
                url, folder=folder, name=name, endpoint=endpoint if isinstance(endpoint, str) else None
            )
        except ValueError as error:
            wrong.append(Problem(place=("stores", name, "url"), says=f"is {url[:80]!r}, and {error}"))
    return places, wrong


def _one_place_each(places: Mapping[str, Location], _data: Table, _folder: Path) -> Iterator[Problem]:
    for earlier, later in overlapping(places):
        yield Problem(
            place=("stores", later, "url"),
            says=f"is the same place as that of the store '{earlier}', or one lies inside the other: "
            "a copy there would be no second copy",
        )


def _catalogue_apart(places: Mapping[str, Location], data: Table, folder: Path) -> Iterator[Problem]:
    for key in ("path", "folder"):
        path = _table(data, "catalogue").get(key)
        for name, place in places.items():
            if isinstance(path, str) and "\0" not in path and inside(folder / path, place):
                yield Problem(
                    place=("catalogue", key),
                    says=f"lies inside the store '{name}', where only objects belong",
                )


def _a_file_or_a_database(catalogue: Table) -> Iterator[Problem]:
    if "url" in catalogue and "path" in catalogue:
        yield Problem(
            place=("catalogue", "path"),
            says="stands beside url: the catalogue is a file or a database, never both",
        )
    for key in ("schema_name", "folder"):
        if key in catalogue and "url" not in catalogue:
            yield Problem(place=("catalogue", key), says="is for a catalogue with url only")


def _price_sheets_named(stores: Table, prices: Table) -> Iterator[Problem]:
    for name, table in stores.items():
        sheet = table.get("price_sheet")
        if isinstance(sheet, str) and sheet not in prices:
            yield Problem(
                place=("stores", name, "price_sheet"),
                says=f"is {sheet[:80]!r}, and [prices] names no such sheet{nearest(sheet, prices)}",
            )


def _bags_go_to_a_store(stores: Table, bags: Table) -> Iterator[Problem]:
    name = bags.get("store")
    if not isinstance(name, str):
        return
    if name not in stores:
        yield Problem(
            place=("bags", "store"),
            says=f"is {name[:80]!r}, and there is no store of that name{nearest(name, stores)}",
        )
    elif stores[name].get("read_only") is True:
        yield Problem(place=("bags", "store"), says=f"is {name!r}, and that store is read-only")
    if isinstance(bags.get("algorithms"), list) and "sha256" not in bags["algorithms"]:
        yield Problem(place=("bags", "algorithms"), says="lacks 'sha256', which is always among them")


def _somebody_keeps_the_journal(stores: Table) -> Iterator[Problem]:
    if stores and not any(
        table.get("keeps_journal", True) and not table.get("read_only", False) for table in stores.values()
    ):
        yield Problem(
            place=("stores",),
            says="holds no writable store with keeps_journal = true, so no lost catalogue could be rebuilt",
        )


def _s3_keys_only_for_s3(stores: Table) -> Iterator[Problem]:
    for name, table in stores.items():
        if isinstance(table.get("url"), str) and not table["url"].startswith("s3:"):
            for key in ("endpoint", "region", "profile", "object_lock"):
                if key in table:
                    yield Problem(place=("stores", name, key), says="is for s3:// stores only")
