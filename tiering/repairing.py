"""Mending copies that are damaged or missing, from a copy that is read and proven at that moment.

Wrong bytes are not thrown away: they are copied aside in the same store, and only then make room.
Bytes that the store itself cannot read any more can be kept by nobody: they make room as they are.
A copy under repair counts for nothing until all of it was read back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from archive.asserting import kept_word, sleeping_stores
from archive.recording import Detail, new_event, new_run
from holdings.catalogue.interface import Entry
from holdings.catalogue.leasing import Purpose
from holdings.errors import Conflict, HoldfastError, NotFound, NotOnline, Transient
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import MANIFEST_NAME, Copy, CopyStatus, EventType, Package
from holdings.stores.interface import ObjectInfo, Store
from holdings.stores.reading import read_and_hash
from holdings.stores.removing import RemovalProof, Witness, remove
from tiering.copying import SourceAway, SourceLost, copy_package
from tiering.leasing import Leases, leases, somebody_else
from tiering.proving import read_witness

QUARANTINE = "holdfast/quarantine/"
_AWAKE_DAYS = 7
_HURT = (CopyStatus.SUSPECT, CopyStatus.MISSING)


@dataclass(frozen=True, kw_only=True, slots=True)
class Repaired:
    """What became of one copy that was damaged or missing."""

    package_id: str
    store: str
    source: str | None
    """The store that it was mended from; None where it was not."""
    set_aside: tuple[str, ...]
    """Keys of the wrong bytes, which are kept."""
    because: str | None
    """Why it could not be mended; None where it was."""


def repair(house: House, *, package_ids: Sequence[str] | None = None, wakes: bool = False) -> list[Repaired]:
    """Mend every copy that is suspect or missing, as far as a good copy is left to mend it from.

    package_ids : only of these packages; None means of all. Raises NotFound for one that is not there.
    wakes : ask for what sleeps, which may be billed: nothing is replaced that was not read.
    """
    for package_id in package_ids or ():
        house.catalogue.package(package_id)
    hurt = [
        copy
        for copy in house.catalogue.copies()
        if copy.status in _HURT
        and copy.store in house.stores
        and not house.settings.stores[copy.store].read_only
        and (package_ids is None or copy.package_id in package_ids)
    ]
    with leases(house, new_run(house, "repair")) as held:
        return [_mended(house, held, copy, wakes=wakes) for copy in hurt]


def _mended(house: House, held: Leases, copy: Copy, *, wakes: bool) -> Repaired:
    package = house.catalogue.package(copy.package_id)
    aside: list[str] = []
    try:
        if not held.take([copy.package_id], Purpose.REMOVING):
            raise somebody_else(copy.package_id)
        witness = _witness(house, package, copy.store)
        aside += _make_room(house, package, copy.store, witness, held.holder)
        copy_package(package, house.store(witness.store), house.store(copy.store))
        word = kept_word(house, package, copy.store, among=sleeping_stores(house, copy.store))
        _record(house, copy, witness, held.holder, {"set_aside": ", ".join(aside) or None, **word})
    except NotOnline as error:
        return _told(copy, None, aside, _asleep(house, package, copy, error, wakes=wakes))
    except (HoldfastError, SourceLost, SourceAway) as error:
        because = error.sentence if isinstance(error, HoldfastError) else error.cause.sentence
        return _told(copy, None, aside, because)
    finally:
        held.give_back([copy.package_id])
    return _told(copy, witness.store, aside, None)


def _asleep(house: House, package: Package, copy: Copy, error: NotOnline, *, wakes: bool) -> str:
    """What becomes of a copy that sleeps: it has to be read before any of it is replaced."""
    if not wakes:
        return f"{error.sentence} holdfast repair --wake asks for it."
    for key in (*(item.key for item in package.objects), MANIFEST_NAME):
        with suppress(NotFound):
            house.store(copy.store).warm(package.prefix + key, days=_AWAKE_DAYS)
    return f"It was asked for in {copy.store}; run the same again when it is awake."


def _told(copy: Copy, source: str | None, aside: Sequence[str], because: str | None) -> Repaired:
    return Repaired(
        package_id=copy.package_id,
        store=copy.store,
        source=source,
        set_aside=tuple(aside),
        because=because,
    )


def _witness(house: House, package: Package, hurt: str) -> Witness:
    """A verified copy, read whole now. Its own faults are for `audit` to find and record."""
    because = "no copy of it is verified"
    for copy in house.catalogue.copies(package_id=package.package_id):
        if copy.status is not CopyStatus.VERIFIED or copy.store == hurt or copy.store not in house.stores:
            continue
        try:
            return read_witness(house, package, copy.store, may_go_on=lambda: None)
        except HoldfastError as error:
            because = error.sentence
    raise Conflict(f"There is nothing to mend {package.package_id} from: {because}")


def _make_room(house: House, package: Package, name: str, witness: Witness, run: str) -> Iterator[str]:
    """Set aside every object that is there and is not what it should be; the keys it is kept under."""
    store = house.store(name)
    proof = RemovalProof(
        package_id=package.package_id,
        store=name,
        witnesses=(witness,),
        fewest_copies=1,
        fewest_domains=1,
    )
    meant = {package.prefix + item.key: item.sha256 for item in package.objects}
    meant[package.prefix + MANIFEST_NAME] = next(
        item.sha256 for item in witness.objects if item.key == package.prefix + MANIFEST_NAME
    )
    for key, sha256 in meant.items():
        try:
            info = store.head(key)
            found = _hash_of(store, info)
        except NotFound:
            continue
        if found == sha256:
            continue
        if found is not None:
            kept = f"{QUARANTINE}{run}/{key}"
            copied = store.copy(key, kept)
            if read_and_hash(store, kept, version=copied.version).digest != found:
                raise Conflict(f"{key} in {name} could not be set aside as it is; nothing was changed.")
            yield kept
        remove(store, key, version=info.version, proof=proof, now=house.clock.now())


def _hash_of(store: Store, info: ObjectInfo) -> str | None:
    """Of what is there; None where the store says what is there and, asked twice, does not give it."""
    for _ in range(2):
        with suppress(Transient):
            return read_and_hash(store, info.key, version=info.version).digest
    return None


def _record(house: House, copy: Copy, witness: Witness, run: str, more: Detail) -> None:
    event = new_event(
        house,
        EventType.RECOVERY,
        copy.package_id,
        run=run,
        store=copy.store,
        detail={"source": witness.store, "was": copy.status.value, **more},
    )
    house.ledger.record(Entry(copies=[copy_after(event)], events=[event], expecting=[copy]))
