"""What one situation calls for: a pure function of a rule, the stores, and the state of each copy.

Many packages share a situation (the same rule, the same copies in the same stores), so this
is asked once for each, in plain Python, however many packages there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from holdings.records import CopyStatus
from tiering.policy import Rule

HELD = frozenset({CopyStatus.VERIFIED})
"""Unknown is neither absent nor good: only what was read and matched counts."""
ABSENT = frozenset({None, CopyStatus.MISSING, CopyStatus.RETIRED})
"""Where a copy may be written: no other bytes are supposed to lie there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreFacts:
    """What choosing needs to know of a store."""

    name: str
    tier: str
    domain: str
    read_only: bool = False
    read_cost_per_gb: float = 0.0
    """Retrieval and egress together, by its price sheet."""
    restore_hours: float = 0.0
    """How long it takes to wake what sleeps there; 0 for a store that never sleeps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A store that is to get a copy."""

    store: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """What a situation calls for; nothing but `below=False` where all is well."""

    below: bool
    """Whether fewer copies or domains are held than the rule asks for."""
    source: str | None = None
    targets: tuple[Target, ...] = ()
    blocked: tuple[str, ...] = ()
    surplus: Mapping[str, int]
    """Copies by tier beyond what the rule asks for."""
    removable: tuple[str, ...] = ()
    """Stores whose copies the rule can do without, all of them together."""
    safe: bool = False
    """Whether as many copies in as many domains are held as the rule asks for, if in other tiers."""


Statuses = Sequence[CopyStatus | None]
"""Of one package in each store, in the order of the stores; None where there is no copy."""


def choose(statuses: Statuses, rule: Rule, stores: Sequence[StoreFacts]) -> Choice:
    """The copies to make so that `rule` holds, as far as the stores allow, and what is in the way."""
    held = [store for store, status in zip(stores, statuses, strict=True) if status in HELD]
    shortfall = {tier: max(0, n - _in_tier(held, tier)) for tier, n in rule.copies.items()}
    domains = {store.domain for store in held}
    surplus = _surplus(held, rule)
    if not any(shortfall.values()) and len(domains) >= rule.domains:
        return Choice(below=False, surplus=surplus, removable=_removable(held, rule), safe=True)
    if not held:
        blocked = (f"no verified copy to copy from ({_states(statuses, stores)})",)
        return Choice(below=True, blocked=blocked, surplus=surplus)
    free = [s for s, status in zip(stores, statuses, strict=True) if status in ABSENT and not s.read_only]
    filled, unfilled = _fill(shortfall, free, missing_domains=rule.domains - len(domains), taken=domains)
    extra = _spread_further(rule, free, held=[*held, *filled])
    targets = [*(_target(store, rule, held) for store in filled), *(_extra(store, rule) for store in extra)]
    reached = {store.domain for store in (*held, *filled, *extra)}
    return Choice(
        below=True,
        source=min(held, key=_reading_order).name,
        targets=tuple(sorted(targets, key=lambda target: _position(stores, target.store))),
        blocked=(*_unfilled(unfilled, rule, statuses, stores), *_too_few_domains(rule, reached)),
        surplus=surplus,
        safe=len(held) >= sum(rule.copies.values()) and len(domains) >= rule.domains,
    )


def _removable(held: Sequence[StoreFacts], rule: Rule) -> tuple[str, ...]:
    """The least preferred first, as long as what is left is what `rule` asks for.

    The last copy is never among them, whatever a rule says.
    """
    left = list(held)
    for store in reversed(held):
        rest = [other for other in left if other is not store]
        enough = all(_in_tier(rest, tier) >= n for tier, n in rule.copies.items())
        if rest and enough and len({other.domain for other in rest}) >= rule.domains and not store.read_only:
            left = rest
    return tuple(store.name for store in held if store not in left)


def _in_tier(stores: Sequence[StoreFacts], tier: str) -> int:
    return sum(store.tier == tier for store in stores)


def _surplus(held: Sequence[StoreFacts], rule: Rule) -> dict[str, int]:
    tiers = dict.fromkeys(store.tier for store in held)
    return {tier: n for tier in tiers if (n := _in_tier(held, tier) - rule.copies.get(tier, 0)) > 0}


def _reading_order(store: StoreFacts) -> tuple[bool, float, bool]:
    return store.restore_hours > 0, store.read_cost_per_gb, store.tier != "hot"


def _position(stores: Sequence[StoreFacts], name: str) -> int:
    return next(number for number, store in enumerate(stores) if store.name == name)


def _fill(
    shortfall: Mapping[str, int], free: Sequence[StoreFacts], *, missing_domains: int, taken: set[str]
) -> tuple[list[StoreFacts], list[str]]:
    """A free store for each missing copy; and the tiers of those for which there is none."""
    slots = [tier for tier, missing in shortfall.items() for _ in range(missing)]
    chosen = _in_new_domains(slots, free, missing_domains=missing_domains, taken=taken)
    for slot, tier in enumerate(slots):
        if slot not in chosen:
            others = (s for s in free if s.tier == tier and s not in chosen.values())
            if store := next(others, None):
                chosen[slot] = store
    return list(chosen.values()), [tier for slot, tier in enumerate(slots) if slot not in chosen]


def _in_new_domains(
    slots: Sequence[str], free: Sequence[StoreFacts], *, missing_domains: int, taken: set[str]
) -> dict[int, StoreFacts]:
    """Slots to stores so that as many missing domains as possible are gained, each once.

    A matching by augmenting paths (Kuhn 1955): taking the first new domain that comes along
    can spend it on a tier that had another, and leave the next tier without.
    """
    by_domain: dict[str, tuple[int, StoreFacts]] = {}

    def gains(slot: int, tried: set[str]) -> bool:
        for store in free:
            if store.tier != slots[slot] or store.domain in taken or store.domain in tried:
                continue
            tried.add(store.domain)
            if store.domain not in by_domain or gains(by_domain[store.domain][0], tried):
                by_domain[store.domain] = (slot, store)
                return True
        return False

    for slot in range(len(slots)):
        if len(by_domain) < missing_domains:
            gains(slot, set())
    return dict(sorted(by_domain.values(), key=lambda pair: pair[0]))


def _spread_further(
    rule: Rule, free: Sequence[StoreFacts], *, held: Sequence[StoreFacts]
) -> list[StoreFacts]:
    """Copies beyond the count, where the count is met and the domains are not: removal may follow later."""
    domains = {store.domain for store in held}
    extra: list[StoreFacts] = []
    for store in free:
        if len(domains) < rule.domains and rule.copies.get(store.tier, 0) and store.domain not in domains:
            extra.append(store)
            domains.add(store.domain)
    return extra


def _target(store: StoreFacts, rule: Rule, held: Sequence[StoreFacts]) -> Target:
    has, wants = _in_tier(held, store.tier), rule.copies[store.tier]
    return Target(store=store.name, reason=f"{store.tier} has {has} of {wants} copies")


def _extra(store: StoreFacts, rule: Rule) -> Target:
    return Target(store=store.name, reason=f"copies in {rule.domains} domains need one in {store.domain}")


def _unfilled(
    tiers: Sequence[str], rule: Rule, statuses: Statuses, stores: Sequence[StoreFacts]
) -> list[str]:
    return [
        f"{tiers.count(tier)} of {rule.copies[tier]} copies in {tier} cannot be made: no store there is free "
        f"({_states(statuses, stores, tier=tier)}){_way_out(statuses, stores, tier=tier)}"
        for tier in dict.fromkeys(tiers)
    ]


def _way_out(statuses: Statuses, stores: Sequence[StoreFacts], *, tier: str) -> str:
    """Planning replaces no bytes that are in doubt; repairing does, where a store may be written."""
    suspect = [
        store
        for store, status in zip(stores, statuses, strict=True)
        if store.tier == tier and status is CopyStatus.SUSPECT
    ]
    mended = ", ".join(store.name for store in suspect if not store.read_only)
    fixed = ", ".join(store.name for store in suspect if store.read_only)
    way = f"; run holdfast repair: it mends {mended} and keeps the wrong bytes aside" if mended else ""
    return way + (f"; {fixed} is read-only, and holdfast repair mends nothing there" if fixed else "")


def _too_few_domains(rule: Rule, reached: set[str]) -> list[str]:
    if len(reached) >= rule.domains:
        return []
    return [f"copies can lie in {len(reached)} of {rule.domains} domains ({', '.join(sorted(reached))})"]


def _states(statuses: Statuses, stores: Sequence[StoreFacts], *, tier: str | None = None) -> str:
    told = [
        f"{store.name}: {status or 'no copy'}{', read-only' if store.read_only else ''}"
        for store, status in zip(stores, statuses, strict=True)
        if tier in (None, store.tier)
    ]
    return "; ".join(told) or "no store is in it"
