"""Removing one copy of a package, so that at no instant fewer are held than the policy allows.

```
lease ─> hold? settled? ─> read the others ─> proof ─> given up (unless anything changed)
      ─> objects, the manifest first ─> removed
```
From the moment that a copy is retired nobody counts it, so that two removals at once never rely
on each other. A run that dies anywhere leaves a copy that does not count and bytes that the next
run, with a new proof, removes to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from archive.recording import fixity_event, new_event
from holdings.catalogue.interface import Entry
from holdings.catalogue.leasing import Purpose
from holdings.errors import Conflict, Corrupt, HoldfastError, NotFound
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import MANIFEST_NAME, Copy, CopyStatus, Event, EventType, Package
from holdings.stores.reaching import Reachable
from holdings.stores.removing import RemovalProof, Witness, remove
from tiering.circumstances import find_circumstances
from tiering.crew import Crew
from tiering.leasing import Leases, somebody_else
from tiering.locking import Locks
from tiering.plan import Removal
from tiering.policy import Guards, Rule


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A removal that was not made, and why. Nothing was lost by it."""

    removal: Removal
    kind: str
    reason: str
    hint: str | None = None


@dataclass(frozen=True, kw_only=True)
class Remover:
    """Makes the removals of one plan."""

    house: House
    guards: Guards
    run: str
    """The plan's identifier: who looks up what was removed finds the plan."""
    leases: Leases
    stores: Reachable
    locks: Locks
    crew: Crew
    may_go_on: Callable[[], None]

    def remove(self, removal: Removal, package: Package, rule: Rule) -> Removal | Kept:
        """Remove the copy, or say why not."""
        if not self.leases.take([package.package_id], Purpose.REMOVING):
            return kept(removal, somebody_else(package.package_id))
        try:
            self._refuse_if_bound(removal)
            self.locks.refuse_if_locked(removal.store, package)
            copies = {copy.store: copy for copy in self.house.catalogue.copies(package_id=package.package_id)}
            proof = self._prove(removal, package, rule, copies)
            self._retire(proof, copies)
            self._remove_objects(proof, package)
            self._record_removed(proof, copies[removal.store])
        except HoldfastError as error:
            self.stores.failed(removal.store, error)
            return kept(removal, error)
        finally:
            self.leases.give_back([package.package_id])
        return removal

    def _refuse_if_bound(self, removal: Removal) -> None:
        """Holds and young copies, as they are now and not as they were when the plan was made."""
        settle = timedelta(days=self.guards.settle_days)
        now = self.house.clock.now()
        around = find_circumstances(self.house.catalogue, at=now, look_back=settle)
        if removal.package_id in around.on_hold:
            raise Conflict(f"A hold lies on {removal.package_id}.", hint="holdfast hold lists them.")
        if young := around.settling(removal.package_id, removal.keeps, since=now - settle):
            raise Conflict(f"The copy in {', '.join(young)} has not been there for {settle.days} days.")

    def _prove(self, removal: Removal, package: Package, rule: Rule, copies: dict[str, Copy]) -> RemovalProof:
        self._still_there(removal, copies)
        readings: list[Witness | Event] = [
            self._read(package, copies[name])
            for name in removal.keeps
            if name in copies and copies[name].status is CopyStatus.VERIFIED
        ]
        events = [reading for reading in readings if isinstance(reading, Event)]
        if events:
            self.house.ledger.record(Entry(copies=[copy_after(event) for event in events], events=events))
        witnesses = tuple(reading for reading in readings if isinstance(reading, Witness))
        _satisfy(rule, witnesses, package.package_id)
        return RemovalProof(
            package_id=package.package_id,
            store=removal.store,
            witnesses=witnesses,
            fewest_copies=max(self.guards.min_copies, sum(rule.copies.values())),
            fewest_domains=max(self.guards.min_domains, rule.domains),
        )

    def _still_there(self, removal: Removal, copies: dict[str, Copy]) -> None:
        copy = copies.get(removal.store)
        if copy is None or copy.status not in (CopyStatus.VERIFIED, CopyStatus.RETIRED):
            now = copy.status if copy else "unknown"
            raise Conflict(f"The copy of {removal.package_id} in {removal.store} is {now} by now.")

    def _read(self, package: Package, copy: Copy) -> Witness | Event:
        """The reading as a witness; or, where the copy is not what it should be, as history."""
        self.stores.check(copy.store)
        try:
            witness = self.crew.read(package, copy.store, may_go_on=self.may_go_on)
        except (NotFound, Corrupt) as error:
            missing = isinstance(error, NotFound)
            return fixity_event(self.house, copy, run=self.run, wrong=error.sentence, missing=missing)
        except HoldfastError as error:
            self.stores.failed(copy.store, error)
            raise
        self.stores.answered(copy.store)
        return witness

    def _retire(self, proof: RemovalProof, copies: dict[str, Copy]) -> None:
        """From here on nobody counts the copy; refused where any of these copies changed meanwhile."""
        gone = copies[proof.store]
        expecting = [gone, *(copies[witness.store] for witness in proof.witnesses)]
        readings = [
            fixity_event(self.house, copies[witness.store], run=self.run, wrong=None)
            for witness in proof.witnesses
        ]
        given_up = new_event(
            self.house,
            EventType.RETIREMENT,
            proof.package_id,
            run=self.run,
            store=proof.store,
            detail={"proof": proof.told(), "lease": self.leases.holder, "made_by": gone.made_by},
        )
        retired = replace(gone, status=CopyStatus.RETIRED)
        self.house.ledger.record(
            Entry(
                copies=[retired, *map(copy_after, readings)],
                events=[*readings, given_up],
                expecting=expecting,
            )
        )

    def _remove_objects(self, proof: RemovalProof, package: Package) -> None:
        """The manifest first: what is left of a removal that is cut short is no package."""
        store = self.house.store(proof.store)
        for key in (MANIFEST_NAME, *(item.key for item in package.objects)):
            self.may_go_on()
            try:
                version = store.head(package.prefix + key).version
                remove(
                    store,
                    package.prefix + key,
                    version=version,
                    proof=proof,
                    now=self.house.clock.now(),
                )
            except NotFound:
                continue  # removed by a run that did not live to say so

    def _record_removed(self, proof: RemovalProof, gone: Copy) -> None:
        removed = new_event(
            self.house,
            EventType.DELETION,
            proof.package_id,
            run=self.run,
            store=proof.store,
            detail={"kept": ", ".join(witness.store for witness in proof.witnesses)},
        )
        retired = replace(gone, status=CopyStatus.RETIRED)
        self.house.ledger.record(Entry(copies=[retired], events=[removed]))


def _satisfy(rule: Rule, witnesses: Sequence[Witness], package_id: str) -> None:
    for tier, wanted in rule.copies.items():
        proven = sum(witness.tier == tier for witness in witnesses)
        if proven < wanted:
            raise Conflict(
                f"Only {proven} of {wanted} copies of {package_id} in {tier} could be read and proven; "
                "nothing was removed.",
                hint="holdfast tier plan tells what is missing by now.",
            )


def kept(removal: Removal, error: HoldfastError) -> Kept:
    """That `error` stood in the way of `removal`."""
    return Kept(removal=removal, kind=error.kind, reason=error.sentence, hint=error.hint)
