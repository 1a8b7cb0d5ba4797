"""The proof that a collection can be made again from its bags: every image is, and its bytes compared.

Images that were withdrawn after it was built are proven like the others: nothing is stored and nothing
is given out by it, and the proof is of what lies in the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from archive.collection.built import BuiltImage
from archive.collection.finding import images_of
from archive.collection.interface import Part
from archive.collection.one_image import Task, make_image
from archive.collection.options import Options
from archive.collection.originals import Originals
from archive.reading import worth_reading
from holdings.errors import BadInput, Corrupt, NotFound
from holdings.house import House
from holdings.observing import Advanced, Finished, Started
from holdings.records import package_of_image


@dataclass(frozen=True, kw_only=True, slots=True)
class Remade:
    """One image that was made again."""

    ordinal: int
    path: str
    because: str | None
    """None: the same, to the byte (for TileDB, which names its files anew: to the pixel)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rebuilt:
    """A collection that was made again, and compared."""

    package_id: str
    images: tuple[Remade, ...]

    @property
    def is_same(self) -> bool:
        """Whether every image is what is held."""
        return all(image.because is None for image in self.images)


def rebuild(house: House, package_id: str) -> Rebuilt:
    """Make every image of a collection again, without storing it, and compare.

    Raises BadInput where the package is no collection, NotFound where there is none.
    """
    package = house.catalogue.package(package_id)
    images = images_of(house, package)
    job = f"rebuilding {package_id}"
    house.observer(Started(job=job, total_bytes=sum(image.source_bytes for image in images)))
    remade = []
    try:
        for image in images:
            remade.append(
                Remade(
                    ordinal=image.ordinal,
                    path=image.source_path,
                    because=_difference(house, package_id, image),
                )
            )
            house.observer(Advanced(job=job, size_bytes=image.source_bytes))
    finally:
        house.observer(Finished(job=job))
    return Rebuilt(package_id=package_id, images=tuple(remade))


def _difference(house: House, package_id: str, held: BuiltImage) -> str | None:
    try:
        task = _task(house, package_id, held)
        with ExitStack() as stack:
            made = make_image(task, Originals(house.stores, task.copies), stack)
            return _compare(held, made.built, (*made.image, *made.copies))
    except (BadInput, Corrupt, NotFound) as error:
        return error.sentence


def _compare(held: BuiltImage, made: BuiltImage, parts: Sequence[Part]) -> str | None:
    if made.pixels_sha256 != held.pixels_sha256:
        return "its pixels are others"
    if held.form == "tiledb":
        return None
    hashes = [_sha256(part) for part in parts]
    recorded = [item.sha256 for item in (*held.objects, *held.copies)]
    return (
        None if hashes == recorded else "the same pixels, encoded in other bytes: another version of a codec"
    )


def _sha256(part: Part) -> str:
    seen = hashlib.sha256()
    for chunk in part.open():
        seen.update(chunk)
    return seen.hexdigest()


def _task(house: House, package_id: str, held: BuiltImage) -> Task:
    first = held.source_image_ids[0]
    return Task(
        ordinal=held.ordinal,
        package_id=package_id,
        sources=tuple(house.catalogue.images.image(image_id) for image_id in held.source_image_ids),
        copies=tuple(copy.store for copy in worth_reading(house, package_of_image(first))),
        target="",
        options=Options(
            form=held.form,
            layout=held.layout or "ozx",
            codec=held.codec,
            first_level=held.first_level,
            access_copies=bool(held.copies),
            stack=held.pixel_form.is_volume,
        ),
        threads=house.settings.limits.threads,
    )
