"""Whether a package that the catalogue knows has the very content that is being deposited."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from archive.crew import Crew, ReadBag
from archive.planned import PlannedBag
from archive.reading import worth_reading
from archive.verifying import Finding, verify
from archive.withdrawing import refuse_withdrawn
from holdings.catalogue.index import INDEX_NAME
from holdings.errors import Corrupt, NotFound, Unavailable
from holdings.house import House
from holdings.records import CopyStatus, EventType, Package

FINGERPRINT = "payload_manifest_sha256"
"""In the detail of the digest event: what `naming.fingerprint` gave for the payload."""


@dataclass(kw_only=True)
class Content:
    """The files of a bag, read only if somebody has to know what is in them."""

    planned: PlannedBag
    crew: Crew
    _read: ReadBag | None = field(default=None, init=False)

    @property
    def read(self) -> ReadBag:
        if self._read is None:
            self._read = self.crew.read(self.planned)
        return self._read


def is_known(house: House, package_id: str) -> bool:
    """Whether the catalogue has that package, whatever became of its copies."""
    try:
        house.catalogue.package(package_id)
    except NotFound:
        return False
    return True


def find_held(house: House, package_id: str, content: Content) -> str | None:
    """A store with a good copy of that package, where it has that very content; None otherwise.

    The copy is read: whoever deposits twice may be about to clear the source. A package whose
    copies are all lost or suspect is not held: its content deserves a new one.

    Raises Withdrawn where it was withdrawn; Unavailable where no copy is known to be good and one
    could not be read.
    """
    if _recorded_fingerprint(house, package_id) != content.read.fingerprint:
        return None
    # It was withdrawn for a reason: to hold it once more, or to say that it is held, would undo that.
    refuse_withdrawn(house, package_id, so="This is the same content: nothing was deposited.")
    store = _good_copy(house, package_id)
    if store is None:
        return None
    keep_index(house, house.catalogue.package(package_id))
    return store if _says_the_same(house, package_id, content.planned) else None


def verified_copy(house: House, package_id: str, *, made_by: str | None = None) -> str | None:
    """A store of which the catalogue says that it has a good copy, without reading it.

    made_by : only a copy that this run wrote; None means anybody's.
    """
    for copy in worth_reading(house, package_id):
        if copy.status is CopyStatus.VERIFIED and made_by in (None, copy.made_by):
            return copy.store
    return None


def _says_the_same(house: House, package_id: str, planned: PlannedBag) -> bool:
    """Whether the package tells of its images what is told now; who gives no metadata tells nothing."""
    if not planned.matched:
        return True
    return all(
        dict(image.terms)
        == (dict(planned.matched[image.path].terms) if image.path in planned.matched else {})
        for image in house.catalogue.images.images(package_id)
    )


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
            hint="Deposit again when the store can be reached.",
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
