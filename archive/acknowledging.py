"""From a journal and a catalogue to the receipt of a deposit that is held."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial

from archive.journal.journal import Journal
from archive.listed import Listed
from archive.receipt import HeldBag, KeptSidecar, MatchedRecords, Noticed
from archive.sources.interface import LeftOut
from archive.storing import BAG_NAME
from holdings.house import House
from holdings.records import Image


def held_bag(house: House, package_id: str, *, store: str, already_held: bool) -> HeldBag:
    """A bag as a receipt names it."""
    package = house.catalogue.package(package_id)
    tar = next(item for item in package.objects if item.key == BAG_NAME)
    return HeldBag(
        package_id=package_id,
        store=store,
        url=f"{house.store(store).url.rstrip('/')}/{package.prefix}{BAG_NAME}",
        size_bytes=package.size_bytes,
        sha256=tar.sha256,
        images=package.images,
        already_held=already_held,
    )


def images_of(house: House, bags: Sequence[HeldBag]) -> Sequence[Image]:
    """The images of all bags, one index at a time."""

    def begin() -> Iterator[Image]:
        for bag in bags:
            yield from house.catalogue.images.images(bag.package_id)

    return Listed(sum(bag.images for bag in bags), begin)


def sidecars_of(journal: Journal, bags: Sequence[HeldBag]) -> Sequence[KeptSidecar]:
    """The sidecars of all bags, in order of their paths."""

    def begin() -> Iterator[KeptSidecar]:
        for path, digests, number in journal.files.sidecars():
            yield KeptSidecar(
                path=path, package_id=bags[number - 1].package_id, checksums=json.loads(digests or "{}")
            )

    return Listed(journal.files.count("sidecar"), begin)


def left_out_of(journal: Journal) -> Sequence[LeftOut]:
    """Everything that is in no bag."""
    return Listed(journal.left_out.count(), journal.left_out.all)


def noticed_of(journal: Journal) -> Sequence[Noticed]:
    """What is odd about files that are in a bag."""

    def begin() -> Iterator[Noticed]:
        for path, what in journal.files.noted():
            yield Noticed(path=path, what=what)

    return Listed(journal.files.noted_count(), begin)


def records_of(journal: Journal, metadata: str) -> MatchedRecords:
    """What became of the metadata."""
    images, records, ambiguous = (
        Listed(journal.matches.orphan_count(kind), partial(journal.matches.orphans_of, kind))
        for kind in ("image", "record", "ambiguous")
    )
    return MatchedRecords(
        metadata=metadata,
        matched=journal.matches.matched_count(),
        images_without_record=images,
        records_without_image=records,
        ambiguous=ambiguous,
        findings=journal.matches.findings(),
    )
