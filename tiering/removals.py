"""Which copies could be done without, and which guard keeps them from being removed now.

Nothing here removes: what this proposes is proven anew, copy by copy, when it is applied.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tiering.circumstances import Circumstances
from tiering.plan import Refused, Removal, Seen
from tiering.policy import Guards, Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A package with copies that its rule can do without."""

    package_id: str
    size_bytes: int
    objects: int
    rule: Rule
    seen: tuple[Seen, ...]
    removable: tuple[str, ...]
    """Stores."""
    keeps: tuple[str, ...]
    """Stores with the verified copies that stay."""
    surplus: Mapping[str, int]
    """Copies by tier beyond what the rule asks for."""


@dataclass(kw_only=True)
class Refusals:
    """What was refused, summed up by guard."""

    packages: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    size_bytes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    until: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)
    """The days on which each ends by itself, where they are known."""

    def add(
        self,
        guard: str,
        what: str,
        says: str,
        *,
        packages: int = 1,
        size_bytes: int,
        until: datetime | None = None,
    ) -> None:
        """Count what `guard` refuses; the guard's words are said once for all."""
        self.packages[guard, what, says] += packages
        self.size_bytes[guard, what, says] += size_bytes
        if until is not None:
            self.until.setdefault((guard, what, says), set()).add(f"{until:%Y-%m-%d}")

    def told(self) -> tuple[Refused, ...]:
        """In order of guard."""
        return tuple(
            Refused(
                guard=guard,
                what=what,
                packages=number,
                size_bytes=self.size_bytes[guard, what, says],
                says=says + _days(self.until.get((guard, what, says), set())),
            )
            for (guard, what, says), number in sorted(self.packages.items())
            if number
        )


def _days(until: Set[str]) -> str:
    if not until:
        return ""
    first, last = min(until), max(until)
    return f"; locked until {first}" + (f" (the first) to {last} (the last)" if last > first else "")


def choose_removals(
    candidates: Sequence[Candidate],
    guards: Guards,
    around: Circumstances,
    ceilings: Ceilings,
    refusals: Refusals,
    *,
    at: datetime,
) -> list[Removal]:
    """The removals that no guard refuses, in order of package; what is refused goes into `refusals`."""
    return [
        removal
        for candidate in sorted(candidates, key=lambda each: each.package_id)
        if not _stands_in_the_way(candidate, guards, around, refusals, at=at)
        for removal in _removals(candidate)
        if not _is_locked(removal, around, refusals, at=at) and ceilings.take(removal)
    ]


def _stands_in_the_way(
    candidate: Candidate, guards: Guards, around: Circumstances, refusals: Refusals, *, at: datetime
) -> bool:
    if candidate.package_id in around.on_hold:
        says = "a hold lies on the package; holdfast hold lists them"
        refusals.add("hold", "removals", says, size_bytes=candidate.size_bytes)
        return True
    if at < around.withheld_until.get(candidate.package_id, at):
        refusals.add("withdrawals.hold", "removals", WITHHELD, size_bytes=candidate.size_bytes)
        return True
    since = at - timedelta(days=guards.settle_days)
    if around.settling(candidate.package_id, candidate.keeps, since=since):
        says = f"a copy that would stay was made less than {guards.settle_days} days ago"
        refusals.add("guards.settle_days", "removals", says, size_bytes=candidate.size_bytes)
        return True
    return False


def _is_locked(removal: Removal, around: Circumstances, refusals: Refusals, *, at: datetime) -> bool:
    until = around.locked_until.get((removal.package_id, removal.store))
    if until is None or until <= at:
        return False
    refusals.add("lock_days", "removals", "not forced", size_bytes=removal.size_bytes, until=until)
    return True


def _removals(candidate: Candidate) -> Iterator[Removal]:
    more = ", ".join(f"{n} more in {tier}" for tier, n in candidate.surplus.items())
    reason = f"{more} than the rule asks for" if more else "an earlier run began to remove it"
    for store in candidate.removable:
        yield Removal(
            package_id=candidate.package_id,
            store=store,
            size_bytes=candidate.size_bytes,
            objects=candidate.objects,
            rule=candidate.rule.name,
            because=candidate.rule.because,
            reason=reason,
            keeps=candidate.keeps,
            seen=candidate.seen,
        )


WITHHELD = "it was withdrawn, and its bytes stay until the time under [withdrawals] in the settings is over"
_NO_MORE = "one run may not remove more"


class Ceilings:
    """What may still be removed by this run."""

    def __init__(self, guards: Guards, copies_in: Mapping[str, int], refusals: Refusals) -> None:
        """copies_in : verified copies by store, which the share that may be removed is counted of."""
        most = guards.removal
        self._refusals = refusals
        self._packages = most.packages
        self._bytes = most.size_bytes
        self._of_store = {store: int(most.share * number) for store, number in copies_in.items()}

    @property
    def exhausted(self) -> bool:
        """Whether no other copy may be removed, however small and wherever."""
        return self._packages <= 0

    def refuse_more(self, packages: int, size_bytes: int) -> None:
        """Count packages that nobody looked at, as the ceiling was reached before."""
        self._refusals.add(
            "guards.removal.packages", "removals", _NO_MORE, packages=packages, size_bytes=size_bytes
        )

    def take(self, removal: Removal) -> bool:
        """Whether the removal fits; it is taken off what is left then."""
        for guard, fits in (
            ("guards.removal.packages", self._packages >= 1),
            ("guards.removal.size", self._bytes >= removal.size_bytes),
            ("guards.removal.share", self._of_store.get(removal.store, 0) >= 1),
        ):
            if not fits:
                self._refusals.add(guard, "removals", _NO_MORE, size_bytes=removal.size_bytes)
                return False
        self._packages -= 1
        self._bytes -= removal.size_bytes
        self._of_store[removal.store] -= 1
        return True
