"""Opening everything that one `holdfast.toml` names."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.gate import Patience
from holdings.catalogue.identity import OwnStore, refuse_if_packages, settle_identity
from holdings.catalogue.migrating import create_catalogue
from holdings.clock import Clock, SystemClock
from holdings.house import House
from holdings.observing import Observer, nobody
from holdings.settings import Settings
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
    with ExitStack() as stack:
        stores = open_stores(settings, observer=observer)
        for store in stores.values():
            stack.callback(store.close)
        _found_catalogue(settings, stores, observer)
        path, wait_seconds = settings.catalogue.path, settings.catalogue.wait_seconds
        catalogue = DuckDBCatalogue(path, wait_seconds=wait_seconds, observer=observer)
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
    return {name: open_store(spec, observer=observer) for name, spec in settings.stores.items()}


def journal_keepers(settings: Settings) -> list[str]:
    """The stores that history is written to."""
    return [name for name, spec in settings.stores.items() if spec.keeps_journal and not spec.read_only]


def _found_catalogue(settings: Settings, stores: Mapping[str, Store], observer: Observer) -> None:
    """Make the first catalogue. One key per store is listed, and only this once."""
    path = settings.catalogue.path
    if path.exists():
        return
    refuse_if_packages(stores.values())
    identity = settle_identity(stores, journal_keepers(settings))
    patience = Patience(path=path, seconds=settings.catalogue.wait_seconds, observer=observer)
    create_catalogue(path, identity, patience=patience)
