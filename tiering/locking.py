"""Object Lock for whole copies: set where a rule or a hold wants it, and read before anything is removed."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from holdings.errors import BadInput, Conflict, NotFound, Unavailable
from holdings.house import House
from holdings.records import MANIFEST_NAME, Package, package_prefix
from tiering.plan import Move, Removal
from tiering.policy import Policy

if TYPE_CHECKING:
    from holdings.stores.s3_locking import Locking


class Locks:
    """The locks of the stores of a house, opened where they are needed. Threads may share it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._open: dict[str, Locking] = {}
        self._stack = ExitStack()
        self._lock = threading.Lock()

    def refuse_unless_locking(self, names: Iterable[str]) -> None:
        """Raise Conflict for the first of the stores that cannot lock what its settings say it can."""
        for name in names:
            self._of(name).refuse_unless_locking(self._house.store(name))

    def retain(self, name: str, package: Package, *, until: datetime) -> None:
        """Keep every object of a copy until then."""
        for key in _keys(package):
            self._of(name).retain(key, until=until)

    def hold(self, name: str, package: Package, *, on: bool) -> None:
        """Lay a legal hold on every object of a copy, or take it away."""
        for key in _keys(package):
            self._of(name).hold(key, on=on)

    def refuse_if_locked(self, name: str, package: Package) -> None:
        """Raise Conflict where any object of a copy may not be removed now; nothing is ever forced."""
        if not self._house.settings.stores[name].object_lock:
            return
        now = self._house.clock.now()
        for key in _keys(package):
            try:
                because = self._of(name).lock_of(key).keeps(now)
            except NotFound:
                continue  # removed by a run that did not live to say so
            if because:
                raise Conflict(
                    f"{key} in {name} stays: {because}.",
                    hint="Locks are planned around, and never forced.",
                )

    def ends(self, removals: Sequence[Removal]) -> dict[tuple[str, str], datetime]:
        """By package and store until when those copies are locked that are, as far as their stores tell.

        One object of each is asked: the manifest, which is written last. What cannot be told is left out;
        every object is asked before anything is removed.
        """
        asked = [each for each in removals if self._house.settings.stores[each.store].object_lock]
        away: set[str] = set()
        found: dict[tuple[str, str], datetime] = {}
        for each in asked:
            if each.store in away:
                continue
            try:
                lock = self._of(each.store).lock_of(package_prefix(each.package_id) + MANIFEST_NAME)
            except NotFound:
                continue
            except Unavailable:
                away.add(each.store)
                continue
            if lock.retained_until is not None:
                found[each.package_id, each.store] = lock.retained_until
        return found

    def _of(self, name: str) -> Locking:
        # botocore takes a while to import; most houses lock nothing.
        from holdings.stores.s3_locking import locking  # noqa: PLC0415

        with self._lock:
            if name not in self._open:
                self._open[name] = self._stack.enter_context(locking(self._house.settings.stores[name]))
            return self._open[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


def _keys(package: Package) -> list[str]:
    return [package.prefix + key for key in (*(item.key for item in package.objects), MANIFEST_NAME)]


def lock_days(house: House, policy: Policy, rule: str, store: str) -> int:
    """For how many days a copy in `store` is locked that is made under the rule of that name; 0 for not."""
    tier = house.settings.stores[store].tier
    return next((each.lock_days.get(tier, 0) for each in policy.rules if each.name == rule), 0)


def locked_until(house: House, policy: Policy, move: Move) -> datetime | None:
    """Until when the copy that `move` makes now is to be locked; None for not."""
    days = lock_days(house, policy, move.rule, move.target_store)
    return house.clock.now() + timedelta(days=days) if days else None


def know_locks(house: House, policy: Policy) -> None:
    """Raise BadInput where `policy` wants copies locked in a store that is said to have no locks."""
    for rule in policy.rules:
        for name, store in house.settings.stores.items():
            if rule.lock_days.get(store.tier) and not store.object_lock:
                raise BadInput(
                    f"In {house.settings.policy} the rule '{rule.name}' wants copies in '{store.tier}' "
                    f"locked, and the store '{name}' has no Object Lock.",
                    hint=f"Where its bucket has versions and locks: object_lock = true for '{name}'.",
                )
