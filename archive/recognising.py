"""Whether a package that the catalogue knows has the very content that is being deposited."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from archive.naming import fingerprint
from archive.reading import worth_reading
from archive.stream import hash_source
from archive.survey import SourceFile
from archive.verifying import Finding, verify
from archive.withdrawing import refuse_withdrawn
from holdings.catalogue.index import INDEX_NAME
from holdings.errors import Corrupt, NotFound, Unavailable
from holdings.house import House
from holdings.observing import Observer
from holdings.records import CopyStatus, EventType, Image, Package

FINGERPRINT = "payload_manifest_sha256"
"""In the detail of the digest event: what `naming.fingerprint` gave for the payload."""


@dataclass(kw_only=True)
class Content:
    """The files of a source, read only if somebody has to know what is in them."""

    root: Path
    files: list[SourceFile]
    observer: Observer
    _fingerprint: str | None = field(default=None, init=False)

    @property
    def fingerprint(self) -> str:
        if self._fingerprint is None:
            digests = hash_source(self.root, self.files, "sha256", observer=self.observer)
            self._fingerprint = fingerprint(self.files, digests)
        return self._fingerprint


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A package that is held already."""

    package: Package
    images: list[Image]
    store: str
    """A store with a copy that was read and is good."""


def is_known(house: House, package_id: str) -> bool:
    """Whether the catalogue has that package, whatever became of its copies."""
    try:
        house.catalogue.package(package_id)
    except NotFound:
        return False
    return True


def find_held(house: House, package_id: str, content: Content) -> Held | None:
    """The package, where it has that very content and a copy that is good now; None otherwise.

    The copy is read: whoever deposits twice may be about to clear the source. A package whose
    copies are all lost or suspect is not held: its content deserves a new one.

    Raises Withdrawn where it was withdrawn; Unavailable where no copy is known to be good and one
    could not be read.
    """
    if _recorded_fingerprint(house, package_id) != content.fingerprint:
        return None
    # It was withdrawn for a reason: to hold it once more, or to say that it is held, would undo that.
    refuse_withdrawn(house, package_id, so="This is the same content: nothing was deposited.")
    store = _good_copy(house, package_id)
    if store is None:
        return None
    package = house.catalogue.package(package_id)
    keep_index(house, package)
    return Held(package=package, images=house.catalogue.images.images(package_id), store=store)


def _good_copy(house: House, package_id: str) -> str | None:
    """The store of the first verified copy that is still what was recorded."""
    unknown: list[str] = []
    for copy in worth_reading(house, package_id):
        if copy.status is not CopyStatus.VERIFIED:
            continue
        (checked,) = verify(house, package_ids=[package_id], store=copy.store).copies
        if checked.finding is Finding.GOOD:
            return copy.store
        if checked.finding is Finding.UNKNOWN and checked.because:
            unknown.append(checked.because)
    if unknown:
        raise Unavailable(
            f"{package_id} has this very content, and could not be read back: {' '.join(unknown)}",
            hint="Nothing was deposited. Deposit again when the store can be reached.",
        )
    return None


def _recorded_fingerprint(house: House, package_id: str) -> object:
    for event in house.catalogue.events(package_id=package_id):
        if event.event_type is EventType.MESSAGE_DIGEST:
            return event.detail.get(FINGERPRINT)
    return None


def keep_index(house: House, package: Package) -> None:
    """Bring the image index of a package from a store, where the catalogue lacks it or has a damaged one."""
    recorded = next(item for item in package.objects if item.key == INDEX_NAME)
    if house.catalogue.images.holds(package.package_id, recorded.sha256):
        return
    for copy in house.catalogue.copies(package_id=package.package_id):
        if copy.status is CopyStatus.VERIFIED:
            key = package.prefix + INDEX_NAME
            data = house.store(copy.store).get_range(key, 0, recorded.size_bytes)
            if hashlib.sha256(data).hexdigest() == recorded.sha256:
                house.catalogue.images.add(package.package_id, data)
                return
    raise Corrupt(
        f"The image index of {package.package_id} is in no store as it was recorded.", hint="holdfast verify"
    )
