"""Which images are held, from the image index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING

from archive.asking import Asked, date_span, image_query
from holdings.catalogue.index_query import ImageQuery, Span
from holdings.catalogue.interface import image_records
from holdings.house import House
from holdings.records import Image

if TYPE_CHECKING:
    import pyarrow as pa


def find(
    house: House, *, collection: str | None = None, text: str | None = None, limit: int | None = None
) -> list[Image]:
    """The images of all packages, or fewer, ordered by package and number.

    text : keeps those whose identifier or path contains it, whatever the case.
    """
    return list(found_images(house, Asked(collection=collection, text=text, limit=limit)))


def found_images(house: House, asked: Asked) -> Iterator[Image]:
    """The images that are meant, in the same order, as they come."""
    import pyarrow as pa  # noqa: PLC0415  # takes long to import

    for batch in found_batches(house, asked):
        yield from image_records(pa.Table.from_batches([batch]))


def found_batches(house: House, asked: Asked) -> Iterator[pa.RecordBatch]:
    """The same as columns, those of `holdings.records.Image`."""
    return house.catalogue.images.search(_question(house, asked))


def _question(house: House, asked: Asked) -> ImageQuery:
    query = image_query(asked)
    if asked.deposited is None:
        return query
    return replace(query, package_ids=_deposited(house, date_span(asked.deposited)))


def _deposited(house: House, span: Span[str]) -> frozenset[str]:
    """The packages that came in that time, in UTC."""
    table = house.catalogue.package_table()
    pairs = zip(table["package_id"].to_pylist(), table["created_at"].to_pylist(), strict=True)
    return frozenset(
        package_id
        for package_id, at in pairs
        if (span.at_least is None or at.astimezone(UTC).isoformat() >= span.at_least)
        and (span.below is None or at.astimezone(UTC).isoformat() < span.below)
    )
