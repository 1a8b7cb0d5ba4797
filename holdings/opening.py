"""Opening everything that one `holdfast.toml` names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager

from holdings.catalogue.identity import OwnStore, SameStore, mark_of, refuse_if_packages, settle_identity
from holdings.catalogue.keeping import Keeper, keeper_of
from holdings.clock import Clock, SystemClock
from holdings.house import House
from holdings.observing import Observer, nobody
from holdings.settings import Settings, StoreSettings
from holdings.settings.prices_reading import hours_to_wake
from holdings.stores.interface import Store
from holdings.stores.opening import open_store

_SYSTEM_CLOCK = SystemClock()


def open_house(
    settings: Settings,
    *,
    clock: Clock = _SYSTEM_CLOCK,
    observer: Observer = nobody,
    agent: str = "holdfast",
) -> House:
    """The open holdings of `settings`; a first catalogue is made where there is none.

    Raises Conflict where there is none although the stores hold packages: it was lost, and
    only a rebuild may replace it.
    """
    with ExitStack() as stack, closing(keeper_of(settings, observer=observer)) as keeper:
        stores = open_stores(settings, observer=observer)
        for store in stores.values():
            stack.callback(store.close)
        _found_catalogue(settings, stores, keeper)
        catalogue = keeper.open()
        house = House(
            settings=settings,
            stores={name: OwnStore(store, lambda: catalogue.catalogue_id) for name, store in stores.items()},
            catalogue=catalogue,
            clock=clock,
            observer=observer,
            agent=agent,
        )
        stack.pop_all()
        return house


def open_stores(settings: Settings, *, observer: Observer = nobody) -> dict[str, Store]:
    """Every store of `settings`, by name, in their order."""
    return {
        name: open_store(spec, may_sleep=_may_sleep(settings, spec), observer=observer)
        for name, spec in settings.stores.items()
    }


def _may_sleep(settings: Settings, spec: StoreSettings) -> bool:
    """Whether what is in the store may have to be woken one day; where nothing is known of it, it may."""
    if spec.endpoint is None:
        return True  # a rule of an AWS bucket sends to sleep what it likes
    hours = hours_to_wake(settings, spec)
    return hours is None or hours > 0


def marks_of(house: House) -> dict[str, str | None]:
    """By store the catalogue that it says it belongs to, for `stores_elsewhere`; None where it does not say.

    One that cannot be asked now is taken for ours.
    """
    return {name: mark_of(store, house.catalogue.catalogue_id) for name, store in house.stores.items()}


@contextmanager
def stores_elsewhere(settings: Settings, marks: Mapping[str, str | None]) -> Iterator[dict[str, Store]]:
    """On a worker: every store of `settings`, each used only where it is the place that `marks` tell of."""
    with ExitStack() as stack:
        stores = open_stores(settings)
        for store in stores.values():
            stack.callback(store.close)
        yield {name: SameStore(store, marks[name]) for name, store in stores.items()}


def journal_keepers(settings: Settings) -> list[str]:
    """The stores that history is written to."""
    return [name for name, spec in settings.stores.items() if spec.keeps_journal and not spec.read_only]


def _found_catalogue(settings: Settings, stores: Mapping[str, Store], keeper: Keeper) -> None:
    """Make the first catalogue. One key per store is listed, and only this once."""
    if keeper.exists():
        return
    refuse_if_packages(stores.values())
    keeper.create(settle_identity(stores, journal_keepers(settings)))
