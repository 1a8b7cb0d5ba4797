"""Leases for the time of a run, prolonged as long as it lives."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from holdings.catalogue.leasing import Lease, Purpose, begin, end, holder_of
from holdings.errors import Conflict, HoldfastError
from holdings.house import House

LIVES = timedelta(minutes=15)
"""After that a lease of a run that died is nobody's."""
_PROLONGED_EVERY = timedelta(minutes=5)


class Leases:
    """What one run has leased. Threads may share it."""

    def __init__(self, house: House, holder: str) -> None:
        self.holder = holder
        self._house = house
        self._held: dict[str, Purpose] = {}
        self._lock = threading.Lock()

    def take(self, package_ids: Collection[str], purpose: Purpose = Purpose.READING) -> frozenset[str]:
        """The packages that were leased; the others are somebody else's at this moment."""
        until = self._house.clock.now() + LIVES
        wanted = [
            Lease(package_id=package_id, holder=self.holder, purpose=purpose, until=until)
            for package_id in package_ids
        ]
        granted = self._house.catalogue.lease(wanted, now=self._house.clock.now()) if wanted else []
        with self._lock:
            self._held.update({lease.package_id: purpose for lease in granted})
        return frozenset(lease.package_id for lease in granted)

    def give_back(self, package_ids: Collection[str] | None = None) -> None:
        """End them, or all: a courtesy, since they end by themselves."""
        with self._lock:
            named = list(self._held) if package_ids is None else list(package_ids)
            for package_id in named:
                self._held.pop(package_id, None)
        if named:
            with suppress(HoldfastError):
                self._house.catalogue.give_back(self.holder, named)

    def prolong(self) -> None:
        """Take everything anew that is held."""
        with self._lock:
            held = dict(self._held)
        for purpose in Purpose:
            named = [package_id for package_id, what in held.items() if what is purpose]
            with suppress(HoldfastError):  # busy now; there are two more tries before it ends
                self.take(named, purpose)


def somebody_else(package_id: str) -> Conflict:
    """What to say where a lease was not granted."""
    minutes = LIVES // timedelta(minutes=1)
    return Conflict(
        f"Somebody else is at work on {package_id}.",
        hint=f"Run the same again later; what a killed run worked on is free after {minutes} minutes.",
    )


@contextmanager
def leases(house: House, holder: str) -> Iterator[Leases]:
    """Leases that are prolonged inside, and given back at the end.

    holder : the run that takes them.
    """
    held, stop = Leases(house, holder_of(holder)), threading.Event()
    begin(held.holder)

    def keep() -> None:
        while not stop.wait(_PROLONGED_EVERY.total_seconds()):
            held.prolong()

    keeper = threading.Thread(target=keep, name="leases", daemon=True)
    keeper.start()
    try:
        yield held
    finally:
        stop.set()
        keeper.join()
        held.give_back()
        end(held.holder)
