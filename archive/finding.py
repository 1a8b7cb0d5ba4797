"""Which images are held, from the image index."""

from __future__ import annotations

from holdings.catalogue.interface import image_records
from holdings.house import House
from holdings.records import Image, check_collection_id


def find(
    house: House, *, collection: str | None = None, text: str | None = None, limit: int | None = None
) -> list[Image]:
    """The images of all packages, or fewer, ordered by package and number.

    text : keeps those whose identifier or path contains it, whatever the case.
    """
    if collection is not None:
        check_collection_id(collection)
    table = house.catalogue.images.query(collection=collection, text=text, limit=limit)
    return image_records(table)
