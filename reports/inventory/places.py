"""Where the holdings are: stores, collections by tier and domain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reports.document import Block, Cell, Column, Folded, Shown, Table
from reports.figures.bars import Bars
from reports.figures.matrix import Matrix
from reports.numbers import count, si_bytes

Data = dict[str, Any]
_ROWS = 24
_OTHERS = "all others"


def stores_table(data: Data) -> Shown:
    """Every store with what is verified in it."""
    table = Table(
        name="stores",
        caption=f"Stores. Source: catalogue {data['catalogue_id']}, copies last read as dated.",
        columns=(
            Column(heading="store"),
            Column(heading="tier"),
            Column(heading="domain"),
            Column(heading="verified copies", kind="count"),
            Column(heading="bytes verified", kind="bytes"),
            Column(heading="not good", kind="count"),
            Column(heading="wakes in", kind="number", unit="h"),
            Column(heading="oldest check", kind="moment"),
        ),
        rows=tuple(
            (each["name"], each["tier"], each["domain"], each["packages"], each["bytes"], each["not_good"],
             each["wakes_in_hours"], each["oldest_check"] or "never")
            for each in data["stores"]
        ),
    )  # fmt: skip
    told = "; ".join(f"{each['name']} {si_bytes(each['bytes'])}" for each in data["stores"])
    return Shown(
        picture=Bars(name="stores", title="Verified bytes in each store", description=told, value=4),
        table=table,
    )


def where_blocks(data: Data) -> Iterable[Block]:
    """Collections by tier and domain, the largest first; where there are many, all of them folded."""
    if not data["collections"]:
        return
    yield _matrix(data)
    if len(data["collections"]) > _ROWS:
        yield Folded(
            title=f"All {count(len(data['collections']))} collections", content=collections_table(data)
        )


def _matrix(data: Data) -> Shown:
    tiers = list(dict.fromkeys(each["tier"] for each in data["stores"]))
    found = dict.fromkeys((each["tier"], each["domain"]) for each in data["stores"])
    places = tuple(sorted(found, key=lambda place: tiers.index(place[0])))
    cells = {(each["collection"], each["tier"], each["domain"]): each for each in data["cells"]}
    largest = sorted(data["collections"], key=lambda each: (-each["bytes"], each["name"]))
    chosen = largest if len(largest) <= _ROWS else largest[: _ROWS - 1]
    rows = [_line(each["name"], [each], places, cells) for each in chosen]
    if rest := largest[len(chosen) :]:
        rows.append(_line(_OTHERS, rest, places, cells))
    columns = [Column(heading="collection"), Column(heading="packages", kind="count")]
    for tier, domain in places:
        columns.append(Column(heading=f"packages in {tier}, {domain}", kind="count"))
        columns.append(Column(heading=f"bytes in {tier}, {domain}", kind="bytes"))
    table = Table(
        name="where",
        caption=(
            "Verified copies by collection, tier and failure domain; the largest collections first. "
            f"Source: catalogue {data['catalogue_id']}."
        ),
        columns=tuple(columns),
        rows=tuple(rows),
    )
    return Shown(
        picture=Matrix(
            name="where",
            title="Where the holdings are: each collection by tier and failure domain",
            description=_told(rows, places),
            places=places,
        ),
        table=table,
    )


def _line(
    name: str, parts: list[Data], places: tuple[tuple[str, str], ...], cells: dict[tuple[str, str, str], Data]
) -> tuple[Cell, ...]:
    row: list[Cell] = [name, sum(each["packages"] for each in parts)]
    for tier, domain in places:
        here = [found for each in parts if (found := cells.get((each["name"], tier, domain)))]
        row += [sum(each["packages"] for each in here), sum(each["bytes"] for each in here)]
    return tuple(row)


def _told(rows: list[tuple[Cell, ...]], places: tuple[tuple[str, str], ...]) -> str:
    """What the picture shows, for who does not see it."""
    holes = []
    for column, (tier, domain) in enumerate(places):
        n = sum(int(row[2 + 2 * column] or 0) < int(row[1] or 0) for row in rows)
        holes.append(f"in {tier} of {domain} {n or 'no'} of {len(rows)} rows lack something")
    return (
        f"A cell is full where every package of the collection has a verified copy there; {', '.join(holes)}."
    )


def collections_table(data: Data) -> Table:
    """Every collection with its least protected package."""
    return Table(
        name="collections",
        caption=f"Collections. Source: catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="collection"),
            Column(heading="packages", kind="count"),
            Column(heading="images", kind="count"),
            Column(heading="bytes of one copy", kind="bytes"),
            Column(heading="fewest copies", kind="count"),
            Column(heading="fewest domains", kind="count"),
        ),
        rows=tuple(tuple(each.values()) for each in data["collections"]),
    )
