"""Waking what sleeps: only the packages that are needed, from the cheapest copy, told before it is asked.

What was asked for is known by the store itself. So nothing is kept here, asking again changes
nothing, and a run that was killed is simply made again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from holdings.errors import HoldfastError
from holdings.house import House
from holdings.records import MANIFEST_NAME, CopyStatus, Package, check_package_id, package_of_image
from holdings.settings.prices import PriceSheet
from holdings.stores.interface import Store
from tiering.planning import store_sheets
from tiering.pricing import GB

_POLL_SECONDS = 300.0
_READABLE = (CopyStatus.VERIFIED, CopyStatus.RECALLED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Needed:
    """One package that somebody wants to read."""

    package_id: str
    store: str | None
    """Where it can be read, or will be; None where it cannot be had."""
    awake: bool
    size_bytes: int
    currency: str | None
    costs: float
    """For waking it and reading it; 0 where it is awake."""
    hours: float
    """Until it is awake, by the price sheet."""
    because: str | None
    """Why it cannot be had."""


def packages_of(house: House, names: Iterable[str], *, text: str | None = None) -> list[str]:
    """The packages of these packages and images, and of the images that `text` finds."""
    found = [package_of_image(name) if "." in name else check_package_id(name) for name in names]
    if text is not None:
        table = house.catalogue.images.query(text=text)
        found += table.column("package_id").unique().to_pylist()
    return list(dict.fromkeys(found))


def recall(
    house: House,
    package_ids: Sequence[str],
    *,
    ask: bool = False,
    days: int = 7,
    wait: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Needed]:
    """What has to be woken so that the packages can be read, with its price.

    ask : ask the stores; without, nothing is asked and nothing is billed.
    days : for how long they are to stay awake.
    wait : look again until all of them are awake.

    Raises NotFound for a package that is not there.
    """
    sheets = store_sheets(house)
    packages = [house.catalogue.package(package_id) for package_id in package_ids]
    if ask:
        for package, needed in zip(
            packages, [_needed(house, each, sheets) for each in packages], strict=True
        ):
            if needed.store and not needed.awake:
                wake(house.store(needed.store), package, days=days)
    found = [_needed(house, package, sheets) for package in packages]
    while wait and ask and any(each.store and not each.awake for each in found):
        sleep(_POLL_SECONDS)
        found = [_needed(house, package, sheets) for package in packages]
    return found


def wake(store: Store, package: Package, *, days: int) -> None:
    """Ask for every object of a package; what is awake or asked for already is not asked again."""
    for key in _keys(package):
        store.warm(key, days=days)


def _keys(package: Package) -> list[str]:
    return [package.prefix + key for key in (*(item.key for item in package.objects), MANIFEST_NAME)]


def _needed(house: House, package: Package, sheets: dict[str, PriceSheet]) -> Needed:
    copies = house.catalogue.copies(package_id=package.package_id)
    stores = [copy.store for copy in copies if copy.status in _READABLE and copy.store in house.stores]
    asleep: list[str] = []
    because = "no copy of it is verified"
    for name in sorted(stores, key=lambda name: sheets[name].amount("restore_hours")):
        try:
            if all(house.store(name).is_online(key) for key in _keys(package)):
                return _told(package, name, sheets[name], awake=True)
            asleep.append(name)
        except HoldfastError as error:
            because = error.sentence
    if not asleep:
        return Needed(
            package_id=package.package_id,
            store=None,
            awake=False,
            size_bytes=package.size_bytes,
            currency=None,
            costs=0.0,
            hours=0.0,
            because=because,
        )
    cheapest = min(asleep, key=lambda name: _cost(package, sheets[name]))
    return _told(package, cheapest, sheets[cheapest], awake=False)


def _told(package: Package, name: str, sheet: PriceSheet, *, awake: bool) -> Needed:
    return Needed(
        package_id=package.package_id,
        store=name,
        awake=awake,
        size_bytes=package.size_bytes,
        currency=sheet.currency,
        costs=0.0 if awake else round(_cost(package, sheet), 6),
        hours=0.0 if awake else sheet.amount("restore_hours"),
        because=None,
    )


def _cost(package: Package, sheet: PriceSheet) -> float:
    requests = 2 * (len(package.objects) + 1)  # to wake each object, and to read it
    per_gb = sheet.amount("retrieval_per_gb") + sheet.amount("egress_per_gb")
    return requests * sheet.amount("get_per_1000") / 1000 + package.size_bytes / GB * per_gb
