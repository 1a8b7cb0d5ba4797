"""The document that a depositor keeps, from the catalogue and from what a deposit has just said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from urllib.parse import quote

from archive.receipt import KeptBag, KeptCopy, MatchedRecords, Receipt, ReceiptDocument
from archive.storing import BAG_NAME
from holdings.errors import BadInput
from holdings.house import House
from holdings.records import CopyStatus, EventType, Image, Package, PackageKind


def receipt_of(house: House, receipt: Receipt) -> ReceiptDocument:
    """The document of a deposit that was made just now. The house stays open while it is written."""
    return replace(
        _document(house, [bag.package_id for bag in receipt.bags]),
        sidecars=receipt.sidecars,
        left_out=receipt.left_out,
        noticed=receipt.noticed,
        matched=receipt.records,
        namesakes=receipt.namesakes,
        already_held=receipt.already_held,
    )


def recollect(house: House, package_ids: Sequence[str]) -> ReceiptDocument:
    """The document once more, from the catalogue alone, which knows nothing of what was left out or noticed.

    package_ids : the bags of one deposit, in their order.

    Raises NotFound for a package that the catalogue lacks, BadInput where they are no bags of one collection.
    """
    document = _document(house, package_ids)
    return replace(document, matched=_matched(document.images()))


def _document(house: House, package_ids: Sequence[str]) -> ReceiptDocument:
    """Whatever the catalogue knows of the packages, but for the records of their images."""
    packages = [_bag(house, package_id) for package_id in dict.fromkeys(package_ids)]
    collections = sorted({package.collection for package in packages})
    if len(collections) != 1:
        raise BadInput(
            f"A receipt is of one collection, and these are of {len(collections)}: {', '.join(collections)}.",
            hint="Ask for one receipt each.",
        )

    def images() -> Iterator[Image]:
        return chain.from_iterable(house.catalogue.images.images(each.package_id) for each in packages)

    return ReceiptDocument(
        deposit=packages[0].package_id,
        collection=collections[0],
        organization=house.settings.bags.source_organization,
        made_at=house.clock.now(),
        agent=house.agent,
        already_held=False,
        bags=[_kept(house, package) for package in packages],
        images=images,
        size_bytes=sum(image.size_bytes for image in images()),
        sidecars=None,
        left_out=None,
        noticed=None,
        matched=None,
        algorithms=_algorithms(house, packages[0]),
    )


def _bag(house: House, package_id: str) -> Package:
    package = house.catalogue.package(package_id)
    if package.kind is not PackageKind.BAG:
        raise BadInput(f"{package_id} is a {package.kind}, and only deposits have receipts.")
    return package


def _kept(house: House, package: Package) -> KeptBag:
    tar = next(item for item in package.objects if item.key == BAG_NAME)
    return KeptBag(
        package_id=package.package_id,
        deposited_at=package.created_at,
        images=package.images,
        size_bytes=tar.size_bytes,
        sha256=tar.sha256,
        copies=list(_copies(house, package)),
    )


def _copies(house: House, package: Package) -> Iterator[KeptCopy]:
    for copy in house.catalogue.copies(package_id=package.package_id):
        store = house.settings.stores.get(copy.store)
        if copy.status is CopyStatus.VERIFIED and copy.verified_at is not None and store is not None:
            yield KeptCopy(
                store=copy.store,
                tier=store.tier,
                domain=store.domain,
                url=f"{store.url.rstrip('/')}/{quote(package.prefix + BAG_NAME)}",
                verified_at=copy.verified_at,
            )


def _matched(images: Iterator[Image]) -> MatchedRecords | None:
    matched, without = 0, []
    for image in images:
        if image.terms:
            matched += 1
        else:
            without.append(image.path)
    if not matched:
        return None
    return MatchedRecords(
        metadata=None,
        matched=matched,
        images_without_record=without,
        records_without_image=None,
        ambiguous=(),
    )


def _algorithms(house: House, package: Package) -> list[str]:
    events = house.catalogue.events(package_id=package.package_id, types=[EventType.MESSAGE_DIGEST])
    told = str(events[0].detail.get("algorithms", "")) if events else ""
    return [name for name in told.split(", ") if name]
