"""Which stores still answer during a run: one that is away must not be waited for at every move."""

from __future__ import annotations

import threading

from holdings.errors import HoldfastError, NotOnline, Unavailable

PATIENCE = 3
"""After so many failures in a row a store is not asked again by this run."""


class GivenUp(Unavailable):
    """A store failed so often in a row that this run asks it no more."""

    def __init__(self, store: str) -> None:
        super().__init__(
            f"The store '{store}' failed {PATIENCE} times in a row and was left alone after that."
        )
        self.store = store


class Reachable:
    """Which stores still answer, over all threads."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()

    def check(self, *stores: str) -> None:
        """Raise GivenUp for the first of `stores` that failed too often."""
        with self._lock:
            for store in stores:
                if self._failures.get(store, 0) >= PATIENCE:
                    raise GivenUp(store)

    def failed(self, store: str, error: HoldfastError) -> None:
        """Count `error` against `store`, where it says that the store did not answer as stores do."""
        if not isinstance(error, Unavailable) or isinstance(error, GivenUp | NotOnline):
            return
        with self._lock:
            self._failures[store] = self._failures.get(store, 0) + 1

    def answered(self, *stores: str) -> None:
        """All is forgiven."""
        with self._lock:
            for store in stores:
                self._failures[store] = 0
