"""A bag as a plain folder again, for anybody's tools; every byte compared on the way.

The folder appears whole or not at all. What is in the tar is not trusted: it was ours when it
was written, and is checked as if it were not.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive import tar
from archive.abridging import Withheld, abridge, withheld
from archive.bag import Intent, decoded_path
from archive.intent import INTENT_NAME, read_intent
from archive.landing import check_target, landing_folder
from archive.reading import Trouble, from_first_good
from archive.recording import new_event, new_run
from archive.storing import BAG_NAME
from archive.unpacking import Unpacked, empty, unpack
from archive.withdrawing import refuse_withdrawn
from holdings.catalogue.interface import Entry
from holdings.errors import BadInput, Corrupt, Withdrawn
from holdings.house import House
from holdings.observing import Finished, Started
from holdings.records import EventType, Image, Package, PackageKind, StoredObject
from holdings.stores.interface import Store
from holdings.stores.reading import Hashing

_PAYLOAD = "data/"
_MANIFEST = "manifest-sha256.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Exported:
    """A bag that lies in a folder, as it was deposited."""

    package_id: str
    target: Path
    store: str
    """Where it was read from."""
    files: int
    """Of the payload."""
    payload_bytes: int
    troubles: tuple[Trouble, ...]
    """Copies that were tried before and could not give it."""
    without: tuple[Withheld, ...]
    """Images that were withdrawn, and so are not in it."""
    second_opinion: str | None
    """What bagit-python says: "valid", or its complaint. None where it was not asked."""


def export(
    house: House,
    package_id: str,
    target: Path,
    *,
    without_withdrawn: bool = False,
    second_opinion: bool = False,
) -> Exported:
    """Write the bag `package_id` as the folder `target`.

    without_withdrawn : where images in it were withdrawn, write a bag of the others (`abridging`).
    second_opinion : lets the Library of Congress's bagit-python validate the folder as well.

    Raises NotFound for an unknown package; Withdrawn where it was withdrawn, or an image in it and
    not `without_withdrawn`, or all of them; BadInput where `target` exists, or the package is no
    bag; Corrupt where no copy is what was recorded.
    """
    package = house.catalogue.package(package_id)
    if package.kind is not PackageKind.BAG:
        raise BadInput(f"{package_id} is a {package.kind}, and only a bag can be exported as one.")
    images = house.catalogue.images.images(package_id)
    without = _without(house, package_id, images, allowed=without_withdrawn)
    check_target(target)
    run = new_run(house, "export")
    try:
        with landing_folder(target) as folder:
            payload, store, troubles = from_first_good(
                house, package_id, lambda store: _unpack(house, store, package, images, folder), run=run
            )
            if without:
                abridge(house, folder, _intent(house, store, package), images, without)
    except tar.NotOurs as error:
        raise Corrupt(
            f"The bag {package_id} is as it was recorded, and cannot be unpacked: {error}.",
            hint="Nothing was written. Somebody has to look at its tar.",
        ) from None
    detail = {"withdrawn_images": len(without)} if without else {}
    exported = new_event(house, EventType.EXPORTING, package_id, store=store, run=run, detail=detail)
    house.ledger.record(Entry(events=[exported]))
    return Exported(
        package_id=package_id,
        target=target,
        store=store,
        files=len(payload) - len(without),
        payload_bytes=sum(file.size_bytes for file in payload.values())
        - sum(payload[_PAYLOAD + item.path].size_bytes for item in without),
        troubles=troubles,
        without=tuple(without),
        second_opinion=ask_bagit(target) if second_opinion else None,
    )


def _without(house: House, package_id: str, images: Sequence[Image], *, allowed: bool) -> list[Withheld]:
    """What must stay of a bag; Withdrawn where the bag must, or nobody said that it may leave without."""
    found = withheld(images, house.catalogue.withdrawals(package_id=package_id))
    if not found or len(found) == len(images):
        refuse_withdrawn(house, package_id)
    elif not allowed:
        raise Withdrawn(
            f"{found[0].because} Its bytes are still held.",
            hint=f"holdfast export {package_id} DIR --without-withdrawn writes a bag of the others.",
        )
    return found


def _intent(house: House, store: str, package: Package) -> Intent:
    key = package.prefix + INTENT_NAME
    return read_intent(b"".join(house.store(store).get(key)), origin=f"{key} in {store}")


def ask_bagit(folder: Path) -> str:
    """What bagit-python says of a bag: "valid", or its complaint."""
    import bagit  # noqa: PLC0415  # needed by those alone who ask for it

    bagit.LOGGER.addHandler(logging.NullHandler())
    bagit.LOGGER.propagate = False
    try:
        bagit.Bag(str(folder)).validate()
    except Exception as error:  # it raises RuntimeError and others beside its own
        return str(error) or type(error).__name__
    return "valid"


def _unpack(
    house: House, store: Store, package: Package, images: Sequence[Image], folder: Path
) -> dict[str, Unpacked]:
    """The payload by its paths in the bag. Raises Corrupt where this copy is not what was recorded.

    Raises NotOurs where the bytes are those that were recorded, so that every copy is as bad.
    """
    recorded = next(item for item in package.objects if item.key == BAG_NAME)
    key, job = package.prefix + BAG_NAME, f"exporting {package.package_id}"
    house.observer(Started(job=job, total_bytes=recorded.size_bytes))
    copy = Hashing(store.get(key), job=job, observer=house.observer)
    chunks = iter(copy)
    try:
        empty(folder)
        payload = _checked_payload(unpack(chunks, package.package_id, folder), folder, images)
    except tar.NotOurs:
        deque(chunks, maxlen=0)
        _check_bytes(copy, recorded, f"{key} in {store.name}")
        raise
    finally:
        house.observer(Finished(job=job))
    _check_bytes(copy, recorded, f"{key} in {store.name}")
    return payload


def _check_bytes(copy: Hashing, recorded: StoredObject, what: str) -> None:
    if (copy.size_bytes, copy.digest) != (recorded.size_bytes, recorded.sha256):
        raise Corrupt(
            f"{what} has {copy.size_bytes} bytes and the SHA-256 {copy.digest}, "
            f"recorded are {recorded.size_bytes} and {recorded.sha256}."
        )


def _checked_payload(
    written: Mapping[str, Unpacked], folder: Path, images: Sequence[Image]
) -> dict[str, Unpacked]:
    """Every payload file is in the manifest and as it says there, and every image as in the index."""
    payload = {path: file for path, file in written.items() if path.startswith(_PAYLOAD)}
    if _MANIFEST not in written:
        raise tar.NotOurs(f"it has no {_MANIFEST}")
    lines = (folder / _MANIFEST).read_bytes().decode().split("\n")
    listed = {
        decoded_path(path): digest for digest, _, path in (line.partition("  ") for line in lines if line)
    }
    if listed != {path: file.sha256 for path, file in payload.items()}:
        raise tar.NotOurs(f"its payload is not what its {_MANIFEST} says")
    for image in images:
        found = payload.get(_PAYLOAD + image.path)
        if found != Unpacked(size_bytes=image.size_bytes, sha256=image.sha256):
            raise tar.NotOurs(f"{image.path!r} is not what the index says")
    return payload
