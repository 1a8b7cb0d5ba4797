"""Reading from the copy that is most likely good, and what to do where it is not.

A copy that gave other bytes, or is not there, is recorded as such at once; a store that could
not be asked is only told of. Then the next copy is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from archive.recording import fixity_event
from holdings.catalogue.interface import Entry
from holdings.errors import Corrupt, HoldfastError, NotFound, NotOnline, Unavailable
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import Copy, CopyStatus
from holdings.stores.interface import Store

Result = TypeVar("Result")

_HOPE = {
    CopyStatus.VERIFIED: 0,
    CopyStatus.RECALLED: 1,
    CopyStatus.SUSPECT: 2,
    CopyStatus.MISSING: 3,
}
"""Which copies are worth reading, best first. A suspect or missing one may be whole again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A copy that could not give what was asked of it."""

    package_id: str
    store: str
    because: str
    is_known_bad: bool
    """True: it was read, or is known not to be there. False: nobody could look."""
    sleeps: bool = False
    """Nobody could look, since it has to be woken first."""


def worth_reading(house: House, package_id: str) -> list[Copy]:
    """The copies of a package, verified before doubtful, the first tier of the settings before the others."""
    tiers = list(dict.fromkeys(spec.tier for spec in house.settings.stores.values()))
    copies = [
        copy
        for copy in house.catalogue.copies(package_id=package_id)
        if copy.status in _HOPE and copy.store in house.stores
    ]
    return sorted(
        copies, key=lambda copy: (_HOPE[copy.status], tiers.index(house.settings.stores[copy.store].tier))
    )


def from_first_good(
    house: House,
    package_id: str,
    read: Callable[[Store], Result],
    *,
    run: str,
) -> tuple[Result, str, tuple[Trouble, ...]]:
    """What `read` returns for the first copy that gives it, that copy's store, and the troubles before it.

    read : raises Corrupt where the bytes are not those recorded, and may be called again.

    Raises Unavailable where a copy could not be asked and no other is good, else Corrupt; NotFound
    where nobody claims that the package is held.
    """
    troubles: list[Trouble] = []
    for copy in worth_reading(house, package_id):
        try:
            return read(house.store(copy.store)), copy.store, tuple(troubles)
        except HoldfastError as error:
            troubles.append(_told(house, copy, error, run))
    if not troubles:
        house.catalogue.package(package_id)  # NotFound, if an index is all that a killed deposit left
    raise _nothing_good(package_id, troubles)


def _told(house: House, copy: Copy, error: HoldfastError, run: str) -> Trouble:
    because = error.sentence
    is_known_bad = isinstance(error, Corrupt | NotFound)
    if is_known_bad:
        event = fixity_event(house, copy, run=run, wrong=because, missing=isinstance(error, NotFound))
        try:
            house.ledger.record(Entry(copies=[copy_after(event)], events=[event]))
        except Unavailable as refused:
            # Whoever wants an image shall not go without because history cannot be written now.
            because = f"{because} (not recorded: {refused.sentence})"
    return Trouble(
        package_id=copy.package_id,
        store=copy.store,
        because=because,
        is_known_bad=is_known_bad,
        sleeps=isinstance(error, NotOnline),
    )


def _nothing_good(package_id: str, troubles: Sequence[Trouble]) -> HoldfastError:
    told = " ".join(f"In {trouble.store}: {trouble.because}" for trouble in troubles)
    sentence = f"No copy of {package_id} could give what was asked. {told}".strip()
    if any(trouble.sleeps for trouble in troubles):
        return NotOnline(
            sentence, hint=f"holdfast recall {package_id} tells what waking it costs; with --ask it is woken."
        )
    if any(not trouble.is_known_bad for trouble in troubles):
        return Unavailable(sentence, hint="Try again when the store can be reached.")
    return Corrupt(sentence, hint="holdfast verify tells what is left of it.")


def pieces(store: Store, key: str, *, offset: int, size_bytes: int, piece_bytes: int) -> Iterator[bytes]:
    """A range of an object: one request, or several where it is larger than `piece_bytes`."""
    for start in range(offset, offset + size_bytes, piece_bytes):
        yield store.get_range(key, start, min(piece_bytes, offset + size_bytes - start))
