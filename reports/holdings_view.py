"""What is held: by store, by collection, what happened, what is below policy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from holdings.house import House
from holdings.records import Copy, CopyStatus, Event, Outcome, Package, short
from reports.document import Chapter, Column, Report, Section, Shown, Table, Words
from reports.figures.bars import Bars
from reports.numbers import day_of_text, joined, plural, si_bytes
from tiering.planning import make_plan
from tiering.policy import read_policy

Data = dict[str, Any]


def gather_holdings(house: House) -> Data:
    """Read everything that a report says of what is held, in one go."""
    packages = {package.package_id: package for package in house.catalogue.packages()}
    copies = [copy for copy in house.catalogue.copies() if copy.package_id in packages]
    plan = make_plan(house, read_policy(house.settings.policy), at=house.clock.now())
    bad = Counter(str(copy.status) for copy in copies if not _good(copy))
    return {
        "catalogue_id": house.catalogue.catalogue_id,
        "agent": house.agent,
        "made_at": short(house.clock.now()),
        "images": sum(package.images for package in packages.values()),
        "packages": len(packages),
        "bytes": sum(package.size_bytes for package in packages.values()),
        "verified": sum(map(_good, copies)),
        "not_good": dict(sorted(bad.items())),
        "blocked": len(plan.blocked),
        "moves": len(plan.moves),
        "moves_bytes": sum(move.size_bytes for move in plan.moves),
        "stores": [_store(house, name, copies, packages) for name in house.stores],
        "collections": _collections(house, packages.values(), copies),
        "events": _events(house.catalogue.events()),
    }


def _good(copy: Copy) -> bool:
    return copy.status is CopyStatus.VERIFIED


def _store(house: House, name: str, copies: list[Copy], packages: dict[str, Package]) -> Data:
    spec = house.settings.stores[name]
    here = [copy for copy in copies if copy.store == name]
    good = [copy for copy in here if _good(copy)]
    checks = [copy.verified_at for copy in good if copy.verified_at]
    return {
        "name": name,
        "tier": spec.tier,
        "domain": spec.domain,
        "packages": len(good),
        "bytes": sum(packages[copy.package_id].size_bytes for copy in good),
        "not_good": len(here) - len(good),
        "oldest_check": short(min(checks)) if checks else None,
    }


def _collections(house: House, packages: Iterable[Package], copies: list[Copy]) -> list[Data]:
    by_collection: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        by_collection[package.collection].append(package)
    where: dict[str, set[str]] = defaultdict(set)
    for copy in filter(_good, copies):
        where[copy.package_id].add(copy.store)
    return [_collection(house, name, held, where) for name, held in sorted(by_collection.items())]


def _collection(house: House, name: str, packages: list[Package], where: dict[str, set[str]]) -> Data:
    stores = [where[package.package_id] for package in packages]
    domains = [{house.settings.stores[store].domain for store in held} for held in stores]
    return {
        "name": name,
        "packages": len(packages),
        "images": sum(package.images for package in packages),
        "bytes": sum(package.size_bytes for package in packages),
        "fewest_copies": min(map(len, stores)),
        "fewest_domains": min(map(len, domains)),
    }


def _events(events: Iterable[Event]) -> list[Data]:
    kinds: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        kinds[str(event.event_type)].append(event)
    return [
        {
            "event": kind,
            "times": len(found),
            "failed": sum(event.outcome is Outcome.FAIL for event in found),
            "first": short(min(event.at for event in found)),
            "last": short(max(event.at for event in found)),
        }
        for kind, found in sorted(kinds.items())
    ]


def view_holdings(data: Data) -> Report:
    """The report about what is held."""
    chapter = holdings_chapter(data)
    return Report(
        kind="holdings",
        title="What is held",
        sub=f"{day_of_text(data['made_at'])}. {_first_sentence(data)}",
        chapters=(chapter,),
        closing=made_of(data),
        data=data,
    )


def made_of(data: Data) -> str:
    """Who made the report, when, and of which catalogue."""
    return f"Made by {data['agent']} at {data['made_at']} from catalogue {data['catalogue_id']}."


def holdings_chapter(data: Data) -> Chapter:
    """What is held, as a part of any report."""
    return Chapter(
        title="What is held",
        anchor="held",
        sections=(
            Section(
                title="How many copies are there, and where?",
                anchor="held-copies",
                blocks=(
                    *(Words(text=text) for text in _sentences(data)),
                    _stores(data),
                    _collections_table(data),
                ),
            ),
            Section(title="What happened?", anchor="held-history", blocks=(_history(data),)),
        ),
    )


def _first_sentence(data: Data) -> str:
    if not data["packages"]:
        return "Nothing is held yet."
    return (
        f"{plural(data['images'], 'image')} in {plural(data['packages'], 'package')} are held: "
        f"{si_bytes(data['bytes'])}, in {plural(data['verified'], 'verified copy', 'verified copies')}."
    )


def _sentences(data: Data) -> Iterator[str]:
    yield _first_sentence(data)
    if not data["packages"]:
        return
    if bad := data["not_good"]:
        told = joined([f"{n} {state}" for state, n in bad.items()])
        yield f"{plural(sum(bad.values()), 'copy is', 'copies are')} not good: {told}. Run holdfast verify."
    yield _against_policy(data)


def _against_policy(data: Data) -> str:
    if n := data["blocked"]:
        return f"{plural(n, 'thing stands', 'things stand')} in the way of the policy."
    if n := data["moves"]:
        size = si_bytes(data["moves_bytes"])
        return f"The policy asks for {plural(n, 'more copy', 'more copies')} ({size})."
    return "Every package has the copies that the policy asks for today."


def _stores(data: Data) -> Shown:
    stores = data["stores"]
    table = Table(
        name="stores",
        caption=f"Stores. Source: catalogue {data['catalogue_id']}, copies last read as dated.",
        columns=(
            Column(heading="store"),
            Column(heading="tier"),
            Column(heading="domain"),
            Column(heading="packages", kind="count"),
            Column(heading="bytes verified", kind="bytes"),
            Column(heading="not good", kind="count"),
            Column(heading="oldest check", kind="moment"),
        ),
        rows=tuple(
            (each["name"], each["tier"], each["domain"], each["packages"], each["bytes"], each["not_good"],
             each["oldest_check"] or "never")
            for each in stores
        ),
    )  # fmt: skip
    told = "; ".join(f"{each['name']} {si_bytes(each['bytes'])}" for each in stores)
    picture = Bars(name="stores", title="Verified bytes in each store", description=told, value=4)
    return Shown(picture=picture, table=table)


def _collections_table(data: Data) -> Table:
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


def _history(data: Data) -> Table:
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
