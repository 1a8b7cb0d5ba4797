"""What stands below the policy, and why: summed up by rule and by what is wanting, however many packages."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from holdings.house import House
from tiering.choosing import Choice, choose
from tiering.describing import described
from tiering.held_again import apart, held_again
from tiering.planning import know_tiers, store_facts, store_sheets
from tiering.policy import Policy, place
from tiering.situations import find_situations

EXAMPLES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanting:
    """Packages that fall short of their rule in the same way."""

    rule: str
    because: str
    """The operator's reason, from the policy."""
    wanting: str
    """What was found wanting: "cold has 0 of 1 copies"."""
    packages: int
    size_bytes: int
    """Of one copy of each."""
    copies: int
    """That would mend it; 0 where something is in the way."""
    copies_bytes: int
    examples: tuple[str, ...]
    """The first few packages."""


def below_policy(house: House, policy: Policy, *, at: datetime) -> list[Wanting]:
    """What is below `policy` at the moment `at`: what no move mends first, then by bytes.

    A package is counted once for each way in which it falls short. Reads the catalogue only.
    """
    know_tiers(house, policy)
    packages, copies = described(house, policy, at=at), house.catalogue.copy_table()
    packages, _ = apart(packages, held_again(house, packages, copies))
    facts = store_facts(house, store_sheets(house))
    rule = place(packages, policy, at=at).column("rule").to_numpy()
    names = [each.name for each in facts]
    found = find_situations(packages.column("package_id"), rule, copies, names)
    choices = [choose(each.statuses, policy.rules[each.rule], facts) for each in found.distinct]
    sizes = packages.column("bytes").to_numpy()
    ways: dict[tuple[int, str], dict[int, int]] = {}
    for number, (situation, choice) in enumerate(zip(found.distinct, choices, strict=True)):
        for words, copies in _short_of(choice).items():
            ways.setdefault((situation.rule, words), {})[number] = copies
    told = []
    for (number, words), copies_of in ways.items():
        rows = np.flatnonzero(np.isin(found.of_row, list(copies_of)))
        times = np.array([copies_of[each] for each in found.of_row[rows]])
        told.append(
            Wanting(
                rule=policy.rules[number].name,
                because=policy.rules[number].because,
                wanting=words,
                packages=len(rows),
                size_bytes=int(sizes[rows].sum()),
                copies=int(times.sum()),
                copies_bytes=int((times * sizes[rows]).sum()),
                examples=tuple(packages.column("package_id").take(rows[:EXAMPLES]).to_pylist()),
            )
        )
    return sorted(told, key=lambda each: (each.copies > 0, -each.size_bytes, each.rule, each.wanting))


def _short_of(choice: Choice) -> Counter[str]:
    """What is wanting, and how many copies would mend it: none where something is in the way."""
    found = Counter(each.reason for each in choice.targets if choice.below)
    found.update(dict.fromkeys(choice.blocked if choice.below else (), 0))
    return found
