"""Everything that is open at once: settings, stores, catalogue, ledger, clock, observer.

The rooms above take a `House` and never open anything by themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from holdings.catalogue.interface import Catalogue
from holdings.clock import Clock, SystemClock
from holdings.errors import BadInput
from holdings.ledger import Ledger
from holdings.observing import Observer, nobody
from holdings.settings import Settings
from holdings.stores.interface import Store


@dataclass(frozen=True, kw_only=True)
class House:
    """The open holdings of one `holdfast.toml`."""

    settings: Settings
    stores: Mapping[str, Store]
    """By name, in the order of the settings."""
    catalogue: Catalogue
    clock: Clock = field(default_factory=SystemClock)
    observer: Observer = nobody
    agent: str = "holdfast"
    """Who acts, for events: program, version and login."""

    @property
    def ledger(self) -> Ledger:
        """Writes history: into the stores first, then into the catalogue."""
        return Ledger(
            self.catalogue,
            {name: store for name, store in self.stores.items() if self.settings.stores[name].keeps_journal},
        )

    def store(self, name: str) -> Store:
        """The store of that name. Raises BadInput naming those there are."""
        try:
            return self.stores[name]
        except KeyError:
            raise BadInput(
                f"There is no store named '{name}'.", hint=f"The settings name: {', '.join(self.stores)}."
            ) from None

    def stores_in(self, tier: str) -> list[Store]:
        """The stores of a tier, in the order of the settings."""
        return [store for name, store in self.stores.items() if self.settings.stores[name].tier == tier]

    def at(self, clock: Clock) -> Self:
        """The same house at another time."""
        return replace(self, clock=clock)

    def close(self) -> None:
        """Give back every connection."""
        for store in self.stores.values():
            store.close()
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
