"""Who reads and writes the stores for a run: this machine, or workers on others (`tiering.batch`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Protocol, Self

from holdings.house import House
from holdings.observing import Observer
from holdings.records import Package
from holdings.settings import StoreSettings
from holdings.stores.beside import is_beside
from holdings.stores.removing import Witness
from tiering.copying import copy_package
from tiering.hands import Hands
from tiering.proving import read_witness


class Crew(Protocol):
    """Whatever can carry packages between stores, and read them. Threads may share it."""

    @property
    def at_once(self) -> int:
        """How many packages at a time keep it at work."""
        ...

    def copy(
        self, package: Package, source: str, target: str, *, may_go_on: Callable[[], None], observer: Observer
    ) -> bool:
        """As `copy_package`, between two stores by name; raises what it raises."""
        ...

    def read(self, package: Package, store: str, *, may_go_on: Callable[[], None]) -> Witness:
        """As `read_witness`; raises what it raises."""
        ...


class Here:
    """This process, with its own threads."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._hands = Hands(house.settings.limits.threads)

    @property
    def at_once(self) -> int:
        return self._hands.threads

    def copy(
        self, package: Package, source: str, target: str, *, may_go_on: Callable[[], None], observer: Observer
    ) -> bool:
        return copy_package(
            package,
            self._house.store(source),
            self._house.store(target),
            beside=beside(self._house.settings.stores, source, target),
            hands=self._hands,
            may_go_on=may_go_on,
            observer=observer,
        )

    def read(self, package: Package, store: str, *, may_go_on: Callable[[], None]) -> Witness:
        return read_witness(self._house, package, store, may_go_on=may_go_on)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._hands.__exit__(kind, error, trace)


def beside(settings: Mapping[str, StoreSettings], source: str, target: str) -> str | None:
    """The URL of the source, where the target's server can copy from there by itself."""
    return settings[source].url if is_beside(settings[source], settings[target]) else None
