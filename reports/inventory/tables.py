"""Tables and pictures of what is held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reports.document import Block, Cell, Column, Folded, Shown, Side, Table
from reports.figures.ages import Ages
from reports.figures.bars import Bars
from reports.figures.matrix import Matrix
from reports.figures.months import TimeBars
from reports.numbers import count, plural, si_bytes

Data = dict[str, Any]
_ROWS = 24
_MONTHS = 48
_OTHERS = "all others"
_NOT_TOLD = "not told"


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


def below_table(data: Data) -> Table:
    """What is below the policy, by rule and by what is wanting."""
    return Table(
        name="below",
        caption=(
            f"Below the policy, by rule and by what is wanting. Source: {data['policy']['name']} held "
            f"against catalogue {data['catalogue_id']}."
        ),
        columns=(
            Column(heading="what is wanting"),
            Column(heading="packages", kind="count"),
            Column(heading="bytes of one copy", kind="bytes"),
            Column(heading="copies that mend it", kind="count"),
            Column(heading="rule"),
            Column(heading="why the rule", kind="path"),
            Column(heading="for example", kind="path"),
        ),
        rows=tuple(
            (each["wanting"], each["packages"], each["bytes"], each["copies"],
             each["rule"], each["because"], ", ".join(each["examples"]))
            for each in data["below"]
        ),
        emphasised=frozenset(n for n, each in enumerate(data["below"]) if not each["copies"]),
    )  # fmt: skip


def ages_shown(data: Data) -> Shown:
    """When copies were last read."""
    days = data["policy"]["days"]
    late = [each for each in data["ages"] if each["due"] and each["copies"]]
    told = (
        f"{plural(data['due']['copies'], 'copy', 'copies')} of {count(data['verified'])} were last read "
        f"more than {plural(days, 'day')} ago."
    )
    return Shown(
        picture=Ages(
            name="fixity",
            title=f"When each verified copy was last read; after {plural(days, 'day')} it is due",
            description=told,
            value=1,
            marked="due",
        ),
        table=Table(
            name="fixity",
            caption=(
                f"Verified copies by the age of their last reading; rows beyond {plural(days, 'day')} are "
                f"marked{'' if late else ', and are empty'}. Source: catalogue {data['catalogue_id']}."
            ),
            columns=(
                Column(heading="last read"),
                Column(heading="copies", kind="count"),
                Column(heading="bytes", kind="bytes"),
                *(Column(heading=f"copies in {each['name']}", kind="count") for each in data["stores"]),
            ),
            rows=tuple(
                (_class(each), each["copies"], each["bytes"], *each["by_store"]) for each in data["ages"]
            ),
            emphasised=frozenset(n for n, each in enumerate(data["ages"]) if each["due"]),
        ),
    )


def _class(age: Data) -> str:
    low, high = age["over_days"], age["to_days"]
    if low is None:
        return "never"
    if low < 0:
        return f"up to {_span(high)} ago"
    if high is None:
        return f"over {_span(low)} ago"
    return f"{_span(low)} to {_span(high)} ago"


def _span(days: int) -> str:
    years, rest = divmod(days, 365)
    return plural(years, "year") if years and not rest else plural(days, "day")


def damaged_table(data: Data) -> Table:
    """Copies that are known not to be good."""
    n = sum(data["not_good"].get(state, 0) for state in ("suspect", "missing"))
    shown = f" Shown are {count(len(data['damaged']))} of {count(n)}." if n > len(data["damaged"]) else ""
    return Table(
        name="damaged",
        caption=f"Suspect and missing copies.{shown} Source: catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="package", kind="path"),
            Column(heading="collection"),
            Column(heading="store"),
            Column(heading="state"),
            Column(heading="bytes", kind="bytes"),
            Column(heading="last good", kind="moment"),
        ),
        rows=tuple(
            (each["package_id"], each["collection"], each["store"], each["status"], each["bytes"],
             each["last_good"] or "never")
            for each in data["damaged"]
        ),
    )  # fmt: skip


def kinds_shown(data: Data) -> Block:
    """Formats, and what the images show."""
    pictures = (
        _sums(data, "media_type", "formats", "Bytes by format", "format"),
        _sums(data, "object_type", "object-types", "Bytes by what the images show", "basisOfRecord"),
    )
    return Side(shown=pictures)


def _sums(data: Data, key: str, name: str, title: str, heading: str) -> Shown:
    sums: dict[str, list[int]] = {}
    for each in data["formats"]:
        found = sums.setdefault(each[key] or _NOT_TOLD, [0, 0])
        found[0] += each["images"]
        found[1] += each["bytes"]
    ordered = sorted(sums.items(), key=lambda item: (-item[1][1], item[0]))
    chosen, rest = ordered[:_ROWS], ordered[_ROWS:]
    if rest:
        chosen.append((_OTHERS, [sum(each[1][0] for each in rest), sum(each[1][1] for each in rest)]))
    table = Table(
        name=name,
        caption=(
            f"Images that are given out, by {heading}; one copy counted, withdrawn images not. "
            f"Source: the image index of catalogue {data['catalogue_id']}."
        ),
        columns=(
            Column(heading=heading),
            Column(heading="images", kind="count"),
            Column(heading="bytes", kind="bytes"),
        ),
        rows=tuple((word, images, size) for word, (images, size) in chosen),
    )
    told = "; ".join(f"{word} {si_bytes(size)}" for word, (_, size) in chosen) or "No image is held."
    return Shown(picture=Bars(name=name, title=title, description=told, value=2), table=table)


def growth_blocks(data: Data) -> Iterable[Block]:
    """What came in each month, or in each year where there are many."""
    growth = data["growth"]
    if not growth:
        return
    months = _every_month(growth)
    by_year = len(months) > _MONTHS
    rows = _by_year(growth) if by_year else months
    table = _growth_table(data, "growth", rows, by_year=by_year)
    each = "year" if by_year else "month"
    yield Side(
        shown=(
            Shown(
                picture=TimeBars(
                    name="growth",
                    title=f"Bytes deposited in each {each}, one copy",
                    description=f"In all {si_bytes(sum(row['bytes'] for row in growth))}.",
                    value=1,
                ),
                table=table,
            ),
            Shown(
                picture=TimeBars(
                    name="growth-images",
                    title=f"Images deposited in each {each}",
                    description=f"In all {count(sum(row['images'] for row in growth))}.",
                    value=2,
                ),
                table=_growth_table(data, "growth-images", rows, by_year=by_year),
            ),
        )
    )
    if by_year:
        monthly = _growth_table(data, "growth-months", months, by_year=False)
        yield Folded(title="The same month by month", content=monthly)


def _growth_table(data: Data, name: str, rows: list[tuple[Cell, ...]], *, by_year: bool) -> Table:
    return Table(
        name=name,
        caption=f"Deposits by the date of their bags. Source: catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="year", kind="year") if by_year else Column(heading="month", kind="month"),
            Column(heading="bytes deposited", kind="bytes"),
            Column(heading="images", kind="count"),
            Column(heading="packages", kind="count"),
            Column(heading="bytes since the first", kind="bytes"),
        ),
        rows=tuple(rows),
    )


def _every_month(growth: list[Data]) -> list[tuple[Cell, ...]]:
    """From the first to the last, those that brought nothing too."""
    known = {each["month"]: each for each in growth}
    first, last = (
        int(month[:4]) * 12 + int(month[5:]) - 1 for month in (growth[0]["month"], growth[-1]["month"])
    )
    rows: list[tuple[Cell, ...]] = []
    total = 0
    for number in range(first, last + 1):
        month = f"{number // 12:04}-{number % 12 + 1:02}"
        each = known.get(month, {"bytes": 0, "images": 0, "packages": 0})
        total += each["bytes"]
        rows.append((month, each["bytes"], each["images"], each["packages"], total))
    return rows


def _by_year(growth: list[Data]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    total = 0
    for year in range(int(growth[0]["month"][:4]), int(growth[-1]["month"][:4]) + 1):
        parts = [each for each in growth if each["month"][:4] == f"{year:04}"]
        size, images, packages = (sum(each[key] for each in parts) for key in ("bytes", "images", "packages"))
        total += size
        rows.append((year, size, images, packages, total))
    return rows


def holds_table(data: Data) -> Table:
    """Holds, the latest last."""
    return Table(
        name="holds",
        caption=f"Holds; nothing of these is removed. Source: events of catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="package", kind="path"),
            Column(heading="owner"),
            Column(heading="reason", kind="path"),
            Column(heading="since", kind="moment"),
        ),
        rows=tuple(
            (each["package_id"], each["owner"], each["reason"], each["since"]) for each in data["holds"]
        ),
    )


def withdrawn_table(data: Data) -> Table:
    """The latest withdrawals."""
    sums = data["withdrawn_sums"]
    n = sums["packages"] + sums["images"]
    shown = (
        f" Shown are the latest {count(len(data['withdrawn']))} of {count(n)}."
        if n > len(data["withdrawn"])
        else ""
    )
    return Table(
        name="withdrawn",
        caption=f"Held and not given out.{shown} Source: catalogue {data['catalogue_id']}.",
        columns=(
            Column(heading="what", kind="path"),
            Column(heading="since", kind="moment"),
            Column(heading="by"),
            Column(heading="reason", kind="path"),
        ),
        rows=tuple(
            (each["subject"], each["since"], each["by"], each["reason"]) for each in data["withdrawn"]
        ),
    )


def history_table(data: Data) -> Table:
    """What happened, by kind of event."""
    return Table(
        name="history",
        caption="What happened. Source: the events in the catalogue (PREMIS event types).",
        columns=(
            Column(heading="event"),
            Column(heading="times", kind="count"),
            Column(heading="failed", kind="count"),
            Column(heading="first", kind="moment"),
            Column(heading="last", kind="moment"),
        ),
        rows=tuple(tuple(each.values()) for each in data["events"]),
    )
