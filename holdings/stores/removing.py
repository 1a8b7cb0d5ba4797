"""The only way in which an object of a package is removed: with a proof in hand.

A proof says which other copies were read, in which versions, with which hashes, and when. It is
made by `tiering`, after reading them, and it is good for minutes. Whoever has none removes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from holdings.clock import iso
from holdings.errors import Conflict
from holdings.records import package_prefix
from holdings.stores.interface import Deletes

GOOD_FOR = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadObject:
    """One object as it was read."""

    key: str
    version: str
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Witness:
    """One whole copy that was read and matched, and that stays."""

    store: str
    tier: str
    domain: str
    objects: tuple[ReadObject, ...]
    """The manifest among them."""
    read_at: datetime
    """When the reading began."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RemovalProof:
    """That the copy of a package in a store may be removed, now."""

    package_id: str
    store: str
    witnesses: tuple[Witness, ...]
    fewest_copies: int
    fewest_domains: int

    def __post_init__(self) -> None:
        kept = {witness.store for witness in self.witnesses}
        domains = {witness.domain for witness in self.witnesses}
        if self.store in kept or len(kept) < len(self.witnesses):
            raise Conflict(f"A copy of {self.package_id} cannot stand for itself, nor for two.")
        if len(kept) < max(1, self.fewest_copies) or len(domains) < max(1, self.fewest_domains):
            raise Conflict(
                f"Only {len(kept)} other copies of {self.package_id} in {len(domains)} domains are proven; "
                f"{self.fewest_copies} in {self.fewest_domains} have to be."
            )

    @property
    def expires_at(self) -> datetime:
        """When the oldest of its readings is too old."""
        return min(witness.read_at for witness in self.witnesses) + GOOD_FOR

    def told(self) -> str:
        """The proof in a line, for the history."""
        return "; ".join(
            f"{witness.store} ({witness.domain}) read {iso(witness.read_at)}: "
            + ", ".join(f"{item.key} {item.version} {item.sha256}" for item in witness.objects)
            for witness in self.witnesses
        )


def remove(store: Deletes, key: str, *, version: str, proof: RemovalProof, now: datetime) -> None:
    """Remove one object of the copy that `proof` is about, if it is still `version`.

    Raises Conflict where the proof is about something else or too old, and where the object is
    another version; NotFound where there is none.
    """
    if store.name != proof.store or not key.startswith(package_prefix(proof.package_id)):
        raise Conflict(
            f"The proof for {proof.package_id} in {proof.store} is not about {key} in {store.name}."
        )
    if not min(witness.read_at for witness in proof.witnesses) <= now < proof.expires_at:
        raise Conflict(
            f"The proof that {proof.package_id} may go from {proof.store} is too old; no more is removed.",
            hint="Run the same again: the other copies are read anew.",
        )
    store.delete(key, version=version)
