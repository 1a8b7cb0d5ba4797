"""What is held, as a page needs it: by store, by collection, what happened, what is below policy."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from holdings.house import House
from holdings.records import Copy, CopyStatus, Event, Outcome, Package, short
from reports.numbers import count, joined, plural, si_bytes
from reports.tables import Table
from tiering.planning import make_plan
from tiering.policy import read_policy


@dataclass(frozen=True, kw_only=True)
class HoldingsView:
    """The holdings at one moment, in words and tables."""

    sentences: tuple[str, ...]
    stores: Table
    collections: Table
    history: Table
    store_names: tuple[str, ...]
    store_bytes: tuple[int, ...]
    """Verified bytes, in the order of `store_names`."""


def view_holdings(house: House) -> HoldingsView:
    """Read everything that the page says of what is held, in one go."""
    packages = {package.package_id: package for package in house.catalogue.packages()}
    copies = [copy for copy in house.catalogue.copies() if copy.package_id in packages]
    held = {name: _held_in(name, copies, packages) for name in house.stores}
    return HoldingsView(
        sentences=tuple(_sentences(house, packages.values(), copies)),
        stores=_stores_table(house, copies, packages),
        collections=_collections_table(house, packages.values(), copies),
        history=_history_table(house.catalogue.events()),
        store_names=tuple(held),
        store_bytes=tuple(held.values()),
    )


def _good(copy: Copy) -> bool:
    return copy.status is CopyStatus.VERIFIED


def _held_in(store: str, copies: Iterable[Copy], packages: dict[str, Package]) -> int:
    return sum(packages[copy.package_id].size_bytes for copy in copies if copy.store == store and _good(copy))


def _sentences(house: House, packages: Iterable[Package], copies: list[Copy]) -> Iterator[str]:
    packages = list(packages)
    if not packages:
        yield "Nothing is held yet."
        return
    images = sum(package.images for package in packages)
    size = sum(package.size_bytes for package in packages)
    verified = [copy for copy in copies if _good(copy)]
    yield (
        f"{plural(images, 'image')} in {plural(len(packages), 'package')} are held: {si_bytes(size)}, "
        f"in {plural(len(verified), 'verified copy', 'verified copies')}."
    )
    if bad := [copy for copy in copies if not _good(copy)]:
        states = Counter(str(copy.status) for copy in bad)
        told = joined([f"{n} {state}" for state, n in sorted(states.items())])
        yield f"{plural(len(bad), 'copy is', 'copies are')} not good: {told}. Run holdfast verify."
    yield _against_policy(house)


def _against_policy(house: House) -> str:
    plan = make_plan(house, read_policy(house.settings.policy), at=house.clock.now())
    if plan.blocked:
        return f"{plural(len(plan.blocked), 'thing stands', 'things stand')} in the way of the policy."
    if plan.moves:
        size = si_bytes(sum(move.size_bytes for move in plan.moves))
        return f"The policy asks for {plural(len(plan.moves), 'more copy', 'more copies')} ({size})."
    return "Every package has the copies that the policy asks for today."


def _stores_table(house: House, copies: list[Copy], packages: dict[str, Package]) -> Table:
    return Table(
        caption=f"Stores. Source: catalogue {house.catalogue.catalogue_id}, copies last read as dated.",
        headings=("store", "tier", "domain", "packages", "bytes verified", "not good", "oldest check"),
        rows=tuple(_store_row(house, name, copies, packages) for name in house.stores),
        words=(0, 1, 2, 6),
    )


def _store_row(house: House, name: str, copies: list[Copy], packages: dict[str, Package]) -> tuple[str, ...]:
    spec = house.settings.stores[name]
    here = [copy for copy in copies if copy.store == name]
    good = [copy for copy in here if _good(copy)]
    checks = [copy.verified_at for copy in good if copy.verified_at]
    oldest = short(min(checks)) if checks else "never"
    size = si_bytes(_held_in(name, copies, packages))
    return name, spec.tier, spec.domain, count(len(good)), size, count(len(here) - len(good)), oldest


def _collections_table(house: House, packages: Iterable[Package], copies: list[Copy]) -> Table:
    by_collection: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        by_collection[package.collection].append(package)
    where: dict[str, set[str]] = defaultdict(set)
    for copy in filter(_good, copies):
        where[copy.package_id].add(copy.store)
    return Table(
        caption=f"Collections. Source: catalogue {house.catalogue.catalogue_id}.",
        headings=("collection", "packages", "images", "bytes of one copy", "fewest copies", "fewest domains"),
        rows=tuple(_collection_row(house, name, held, where) for name, held in sorted(by_collection.items())),
    )


def _collection_row(
    house: House, name: str, packages: list[Package], where: dict[str, set[str]]
) -> tuple[str, ...]:
    stores = [where[package.package_id] for package in packages]
    domains = [{house.settings.stores[store].domain for store in held} for held in stores]
    return (
        name,
        count(len(packages)),
        count(sum(package.images for package in packages)),
        si_bytes(sum(package.size_bytes for package in packages)),
        count(min(map(len, stores))),
        count(min(map(len, domains))),
    )


def _history_table(events: Iterable[Event]) -> Table:
    kinds: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        kinds[event.event_type].append(event)
    return Table(
        caption="What happened. Source: the events in the catalogue (PREMIS event types).",
        headings=("event", "times", "failed", "first", "last"),
        rows=tuple(
            (
                kind,
                count(len(found)),
                count(sum(event.outcome is Outcome.FAIL for event in found)),
                short(min(event.at for event in found)),
                short(max(event.at for event in found)),
            )
            for kind, found in sorted(kinds.items())
        ),
        words=(0, 3, 4),
    )
