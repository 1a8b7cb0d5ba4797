"""A small house with made-up packages in it, for tests that plan and apply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from holdings.catalogue.interface import Catalogue, Entry
from holdings.catalogue.manifest import manifest_bytes
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import (
    MANIFEST_NAME,
    CopyStatus,
    Event,
    EventType,
    Outcome,
    Package,
    PackageKind,
    StoredObject,
    new_event_id,
    sha256_hex,
)
from holdings.stores.faulty import Crashed
from holdings.stores.interface import Store
from holdings.stores.memory import MemoryStore
from tests.kit.houses import TEST_TIME, a_house
from tests.tiering.builders import a_policy
from tests.tiering.memory_catalogue import MemoryCatalogue
from tiering.plan import Plan
from tiering.planning import make_plan

FOUR_STORES = "\n".join(
    f'[stores.{name}]\nurl = "memory:"\ntier = "{tier}"\ndomain = "{domain}"\nprice_sheet = "{sheet}"\n'
    for name, tier, domain, sheet in (
        ("hot", "hot", "site-a", "local-disk"),
        ("hot2", "hot", "site-b", "local-disk"),
        ("cold", "cold", "site-b", "local-cold"),
        ("cold2", "cold", "site-c", "local-cold"),
    )
)
TWO_STORES = FOUR_STORES.replace("hot2", "unused").split("[stores.unused]", maxsplit=1)[0] + (
    '[stores.cold]\nurl = "memory:"\ntier = "cold"\ndomain = "site-b"\nprice_sheet = "local-cold"\n'
)


def a_memory_house(folder: Path, *, stores: str = TWO_STORES) -> House:
    """A house whose stores are in memory and whose catalogue is real."""
    return a_house(folder, stores=stores)


def emptied(house: House) -> House:
    """The same settings with new stores and a new catalogue, all in memory."""
    stores = {name: MemoryStore(name, clock=house.clock) for name in house.stores}
    return replace(house, stores=stores, catalogue=MemoryCatalogue())


def with_stores(house: House, **stores: Store) -> House:
    """The same house with some of its stores replaced or wrapped."""
    return replace(house, stores={**house.stores, **stores})


def a_package(
    number: int,
    *,
    age_days: int = 400,
    objects: int = 2,
    size: int = 3000,
    made: Callable[[int, int], bytes] | None = None,
) -> tuple[Package, dict[str, bytes]]:
    """A bag with made-up bytes, and the bytes by key.

    made : makes the bytes of an object from a number and its size; None repeats a pattern.
    """
    made = made or _made_up
    data = {f"part-{n}.bin": made(number * 31 + n * 7, size // (n + 1)) for n in range(objects)}
    package = Package(
        package_id=f"nhmuk-{number:012x}",
        kind=PackageKind.BAG,
        collection="nhmuk",
        created_at=TEST_TIME - timedelta(days=age_days),
        objects=tuple(
            StoredObject(key=key, size_bytes=len(part), sha256=sha256_hex(part))
            for key, part in sorted(data.items())
        ),
        images=number,
    )
    return package, data


def _made_up(start: int, size: int) -> bytes:
    return bytes((start + i) % 251 for i in range(size))


def deposit(house: House, number: int, *, store: str = "hot", **shape: Any) -> Package:
    """Put a made-up package into a store and into the catalogue, as a deposit leaves it."""
    package, data = a_package(number, **shape)
    write(house.store(store), package, data)
    event = Event(
        event_id=new_event_id(house.clock.now()),
        at=house.clock.now(),
        event_type=EventType.INGESTION,
        package_id=package.package_id,
        store=store,
        agent="test",
        outcome=Outcome.SUCCESS,
        run=f"deposit-{number}",
        detail={"size_bytes": package.size_bytes, "seconds": 2.0},
    )
    house.ledger.record(Entry(packages=[package], copies=[copy_after(event)], events=[event]))
    return package


def write(store: Store, package: Package, data: Mapping[str, bytes]) -> None:
    for key, part in data.items():
        store.put(package.prefix + key, part)
    store.put(package.prefix + MANIFEST_NAME, manifest_bytes(package))


def a_plan(house: House) -> Plan:
    """What the handbook's policy wants now."""
    return make_plan(house, a_policy(), at=TEST_TIME)


def is_whole(store: Store, package: Package) -> bool:
    """Whether the store holds exactly the package, manifest and all, with the right bytes."""
    wanted = {package.prefix + item.key: item.sha256 for item in package.objects}
    wanted[package.prefix + MANIFEST_NAME] = sha256_hex(manifest_bytes(package))
    found = {info.key: sha256_hex(b"".join(store.get(info.key))) for info in store.list(package.prefix)}
    return found == wanted


def statuses(house: House, package: Package) -> dict[str, CopyStatus]:
    return {copy.store: copy.status for copy in house.catalogue.copies(package_id=package.package_id)}


def flip_a_bit(store: Store, key: str) -> None:
    """Change an object behind everybody's back."""
    assert isinstance(store, MemoryStore)
    kept = store._kept[key]
    store._kept[key] = replace(kept, data=bytes([kept.data[0] ^ 1]) + kept.data[1:])


def forget_leases(house: House) -> None:
    """As if all of them had ended."""
    assert isinstance(house.catalogue, MemoryCatalogue)
    house.catalogue.forget_leases()


def lose(store: Store, key: str) -> None:
    """Delete an object behind everybody's back."""
    store.delete(key, version=store.head(key).version)


@dataclass
class CrashingCatalogue:
    """A catalogue during whose n-th `record` the process dies."""

    inner: Catalogue
    at_record: int
    after: bool

    def record(self, entry: Entry) -> None:
        self.at_record -= 1
        if self.at_record == 0 and not self.after:
            raise Crashed("before the catalogue wrote")
        self.inner.record(entry)
        if self.at_record == 0:
            raise Crashed("after the catalogue wrote")

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def dying() -> suppress:
    """The process may die in here."""
    return suppress(Crashed)
