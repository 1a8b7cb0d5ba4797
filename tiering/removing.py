"""Removing one copy of a package, so that at no instant fewer are held than the policy allows.

```
lease ─> hold? settled? ─> read the others ─> proof ─> hold? given up (unless anything changed)
      ─> objects, the manifest first ─> removed
```
From the moment that a copy is retired nobody counts it, so that two removals at once never rely
on each other. A run that dies anywhere leaves a copy that does not count and bytes that the next
run, with a new proof, removes to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from archive.recording import fixity_event, new_event
from holdings.catalogue.interface import Entry
from holdings.errors import Conflict, Corrupt, HoldfastError, NotFound
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import MANIFEST_NAME, Copy, CopyStatus, Event, EventType, Package
from holdings.stores.reaching import Reachable
from holdings.stores.removing import RemovalProof, Witness, remove
from tiering.crew import Crew
from tiering.holding import packages_on_hold
from tiering.leasing import Leases
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Proven:
    """A copy that may go, for as long as its proof is good."""

    removal: Removal
    package: Package
    proof: RemovalProof
    copies: Mapping[str, Copy]
    """Of the package, by store; given up only where they are still like this."""

    @property
    def retired(self) -> Copy:
        """Its row, once it is given up."""
        return replace(self.copies[self.removal.store], status=CopyStatus.RETIRED)

    @property
    def expected(self) -> list[Copy]:
        """What must not have changed when it is given up: itself, and whoever stands for it."""
        named = (self.removal.store, *(witness.store for witness in self.proof.witnesses))
        return [self.copies[name] for name in named]


@dataclass(frozen=True, kw_only=True)
class Remover:
    """The steps of the removals of one plan; `applying_removals` makes each in its turn."""

    house: House
    guards: Guards
    run: str
    """The plan's identifier: who looks up what was removed finds the plan."""
    leases: Leases
    stores: Reachable
    locks: Locks
    crew: Crew
    may_go_on: Callable[[], None]

    def prove(
        self, removal: Removal, package: Package, rule: Rule, copies: Mapping[str, Copy]
    ) -> Proven | Kept:
        """Read the other copies; or say why this one stays.

        copies : of the package, by store, as they were after it was leased.
        """
        try:
            self.locks.refuse_if_locked(removal.store, package)
            proof = self._prove(removal, package, rule, copies)
        except HoldfastError as error:
            self.stores.failed(removal.store, error)
            return kept(removal, error)
        return Proven(removal=removal, package=package, proof=proof, copies=copies)

    def give_up(self, proven: Sequence[Proven]) -> tuple[list[Proven], list[Kept]]:
        """Retire copies of as many packages, in one visit to the catalogue: from here on nobody counts them.

        Where any of the copies changed meanwhile, each is given up by itself, or stays.
        """
        try:
            # A lease keeps holds away; what was laid by one who found it ended is met here.
            on_hold = packages_on_hold(self.house.catalogue) if proven else frozenset()
            free = [each for each in proven if each.package.package_id not in on_hold]
            held = [kept(each.removal, a_hold(each.removal)) for each in proven if each not in free]
            if free:
                self._retire(free)
        except Conflict as error:
            if len(proven) == 1:
                return [], [kept(proven[0].removal, error)]
            ends = [self.give_up([each]) for each in proven]
            return [each for done, _ in ends for each in done], [each for _, left in ends for each in left]
        except HoldfastError as error:
            return [], [kept(each.removal, error) for each in proven]
        return free, held

    def remove_objects(self, proven: Proven) -> Proven | Kept:
        """Remove the objects of a copy that was given up, as long as its proof is good."""
        try:
            self._remove_objects(proven.proof, proven.package)
        except HoldfastError as error:
            self.stores.failed(proven.removal.store, error)
            return kept(proven.removal, error)
        return proven

    def record_removed(self, gone: Sequence[Proven]) -> list[Removal | Kept]:
        """Write into the history that all objects of these copies are removed."""
        if not gone:
            return []
        events = [self._removed(each.proof) for each in gone]
        copies = [each.retired for each in gone]
        try:
            self.house.ledger.record(Entry(copies=copies, events=events))
        except HoldfastError as error:
            return [kept(each.removal, error) for each in gone]
        return [each.removal for each in gone]

    def _prove(
        self, removal: Removal, package: Package, rule: Rule, copies: Mapping[str, Copy]
    ) -> RemovalProof:
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

    def _still_there(self, removal: Removal, copies: Mapping[str, Copy]) -> None:
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

    def _retire(self, proven: Sequence[Proven]) -> None:
        """Refused as a whole where any of these copies changed meanwhile."""
        readings = [
            fixity_event(self.house, each.copies[witness.store], run=self.run, wrong=None)
            for each in proven
            for witness in each.proof.witnesses
        ]
        self.house.ledger.record(
            Entry(
                copies=[*(each.retired for each in proven), *map(copy_after, readings)],
                events=[*readings, *map(self._given_up, proven)],
                expecting=[copy for each in proven for copy in each.expected],
            )
        )

    def _given_up(self, proven: Proven) -> Event:
        proof, gone = proven.proof, proven.copies[proven.proof.store]
        return new_event(
            self.house,
            EventType.RETIREMENT,
            proof.package_id,
            run=self.run,
            store=proof.store,
            detail={"proof": proof.told(), "lease": self.leases.holder, "made_by": gone.made_by},
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

    def _removed(self, proof: RemovalProof) -> Event:
        return new_event(
            self.house,
            EventType.DELETION,
            proof.package_id,
            run=self.run,
            store=proof.store,
            detail={"kept": ", ".join(witness.store for witness in proof.witnesses)},
        )


def _satisfy(rule: Rule, witnesses: Sequence[Witness], package_id: str) -> None:
    for tier, wanted in rule.copies.items():
        proven = sum(witness.tier == tier for witness in witnesses)
        if proven < wanted:
            raise Conflict(
                f"Only {proven} of {wanted} copies of {package_id} in {tier} could be read and proven; "
                "nothing was removed.",
                hint="holdfast tier plan tells what is missing by now.",
            )


def a_hold(removal: Removal) -> Conflict:
    """What to say where a hold lies on the package."""
    return Conflict(f"A hold lies on {removal.package_id}.", hint="holdfast hold lists them.")


def kept(removal: Removal, error: HoldfastError) -> Kept:
    """That `error` stood in the way of `removal`."""
    return Kept(removal=removal, kind=error.kind, reason=error.sentence, hint=error.hint)
