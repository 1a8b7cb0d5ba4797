"""Where every byte is, against where the policy wants it: a few numbers per store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from holdings.house import House
from holdings.records import CopyStatus
from tiering.deciding import Decision, decide
from tiering.describing import described
from tiering.held_again import apart, held_again
from tiering.plan import Due, Surplus
from tiering.planning import know_tiers, store_facts, store_sheets
from tiering.policy import Policy
from tiering.situations import with_bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreStatus:
    """What one store holds."""

    store: str
    tier: str
    domain: str
    packages: int
    """Verified copies."""
    size_bytes: int
    """Of the verified copies."""
    doubtful: int
    """Copies of any other status: writing, suspect, missing, …"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """What is held, against what the policy wants at a moment."""

    at: datetime
    packages: int
    below_policy: int
    """Packages with fewer copies or domains than their rule asks for."""
    stores: tuple[StoreStatus, ...]
    due: tuple[Due, ...]
    surplus: tuple[Surplus, ...]


def status(house: House, policy: Policy, *, at: datetime) -> Status:
    """The state of the holdings at the moment `at`. Reads the catalogue only."""
    know_tiers(house, policy)
    packages, copies = described(house, policy, at=at), house.catalogue.copy_table()
    counted, _ = apart(packages, held_again(house, packages, copies))
    decision: Decision = decide(counted, copies, store_facts(house, store_sheets(house)), policy, at=at)
    sized = with_bytes(copies, packages)
    return Status(
        at=at,
        packages=len(packages),
        below_policy=decision.below,
        stores=tuple(_store_status(house, name, sized) for name in house.settings.stores),
        due=decision.due,
        surplus=decision.surplus,
    )


def _store_status(house: House, name: str, copies: pa.Table) -> StoreStatus:
    here = copies.filter(pc.equal(copies.column("store"), name))
    verified = here.filter(pc.equal(here.column("status"), str(CopyStatus.VERIFIED)))
    settings = house.settings.stores[name]
    return StoreStatus(
        store=name,
        tier=settings.tier,
        domain=settings.domain,
        packages=len(verified),
        size_bytes=pc.sum(verified.column("bytes")).as_py() or 0,
        doubtful=len(here) - len(verified),
    )
