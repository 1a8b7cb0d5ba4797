"""What a policy is, past the door: ordered rules under guards, all frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property


@dataclass(frozen=True, kw_only=True, slots=True)
class Guards:
    """What stands above every rule."""

    min_copies: int = 1
    """Never fewer copies than this, whatever a rule says."""
    min_domains: int = 1
    """Never in fewer failure domains than this."""
    verified_within_days: int = 90
    """A copy that was last read longer ago is due for verification."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Which packages, and where their copies must be. The first rule that matches decides."""

    name: str
    where: str
    """A restricted SQL condition over `tiering.policy.columns`; `expression` checks it at every use."""
    copies: Mapping[str, int]
    """Copies by tier; a tier that is not named is asked for none."""
    domains: int
    """How many failure domains the copies must lie in, over all tiers."""
    because: str
    """The operator's reason, repeated in every plan."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Which packages -> how many copies in which tiers, over how many domains."""

    guards: Guards
    rules: tuple[Rule, ...]
    """In order; the last one matches every package."""

    @cached_property
    def sha256(self) -> str:
        """Of what the policy says; comments and spacing of the file do not count."""
        said = {"guards": asdict(self.guards), "rules": [_said(rule) for rule in self.rules]}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    @property
    def tiers(self) -> tuple[str, ...]:
        """Every tier that a rule names, in order of first mention."""
        return tuple(dict.fromkeys(tier for rule in self.rules for tier in rule.copies))


def _said(rule: Rule) -> dict[str, object]:
    return {
        "name": rule.name,
        "where": rule.where,
        "copies": dict(rule.copies),
        "domains": rule.domains,
        "because": rule.because,
    }
