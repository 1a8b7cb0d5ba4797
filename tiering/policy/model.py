"""What a policy is, past the door: ordered rules under guards, all frozen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property


@dataclass(frozen=True, kw_only=True, slots=True)
class RemovalCeilings:
    """The most that one run may remove; nothing, until the operator says otherwise."""

    packages: int = 0
    """Copies, each of one package."""
    size_bytes: int = 0
    share: float = 0.0
    """Of the copies that a store holds, from 0 to 1; for each store by itself."""

    @property
    def allow_none(self) -> bool:
        """Whether nothing is ever removed."""
        return not (self.packages and self.size_bytes and self.share)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCeilings:
    """The most that one run may do."""

    size_bytes: int | None = None
    """Copied; None means any."""
    spend: float | None = None
    """In each currency by itself, for requests, retrieval, egress and early deletion; None means any."""
    hours: tuple[int, int] | None = None
    """Minutes after midnight UTC from and to which moves may begin; None means the whole day."""

    def open_at(self, minute: int) -> bool:
        """Whether moves may begin at that minute of the day."""
        if self.hours is None:
            return True
        begin, end = self.hours
        return begin <= minute < end if begin < end else not end <= minute < begin


@dataclass(frozen=True, kw_only=True, slots=True)
class Guards:
    """What stands above every rule."""

    min_copies: int = 1
    """Never fewer copies than this, whatever a rule says."""
    min_domains: int = 1
    """Never in fewer failure domains than this."""
    verified_within_days: int = 90
    """A copy that was last read longer ago is due for verification."""
    settle_days: int = 7
    """A copy that was made later than this before does not yet allow the removal of another."""
    horizon_months: int = 36
    """What a move between tiers costs must be saved within so long."""
    removal: RemovalCeilings = field(default_factory=RemovalCeilings)
    run: RunCeilings = field(default_factory=RunCeilings)


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
    lock_days: Mapping[str, int] = field(default_factory=dict)
    """By tier: for how long a copy, once made, cannot be removed by anybody (Object Lock)."""


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

    def for_any_run(self) -> Policy:
        """The same without what one run may copy and spend: what is below it does not hang on that."""
        return replace(self, guards=replace(self.guards, run=RunCeilings()))

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
        # Left out where there are none, so that plans for older policies still fit.
        **({"lock_days": dict(rule.lock_days)} if rule.lock_days else {}),
    }
