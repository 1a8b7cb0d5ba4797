"""A receipt for tests: two bags, awkward names, records, things that were left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from archive.receipt import KeptBag, KeptCopy, MatchedRecords, Namesake, Namesakes, Noticed, ReceiptDocument
from archive.sources.interface import LeftOut
from holdings.records import Image, image_id

DAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
EVIL = "a<script>alert(1)</script>\u202e & \x1b[31m.tif"


def an_image(package_id: str, number: int, path: str) -> Image:
    return Image(
        image_id=image_id(package_id, number),
        package_id=package_id,
        path=path,
        size_bytes=18_432_100,
        sha256=f"{number:064x}",
        media_type="image/tiff",
        width_px=2499,
        height_px=1666,
        object_key="bag.tar",
        offset=512 * number,
        puid="fmt/353",
        specimen="NHMUK 013609051",
    )


def a_bag(package_id: str, images: int) -> KeptBag:
    copy = KeptCopy(
        store="hot",
        tier="hot",
        domain="site-a",
        url=f"s3://museum-hot/packages/{package_id}/bag.tar",
        verified_at=DAY,
    )
    cold = replace(copy, store="cold", tier="cold", domain="site-b", url=copy.url.replace("hot/", "cold/"))
    return KeptBag(
        package_id=package_id,
        deposited_at=DAY,
        images=images,
        size_bytes=987_654_321,
        sha256="5" * 64,
        copies=[copy, cold],
    )


def a_receipt(images: int = 3, **changes: object) -> ReceiptDocument:
    """`images` in two bags, the first with an awkward name."""
    bags = [a_bag("herb-0123456789ab", 1), a_bag("herb-0123456789ab-2", images - 1)]

    def rows() -> Iterator[Image]:
        yield an_image(bags[0].package_id, 1, EVIL)
        for number in range(1, images):
            yield an_image(bags[1].package_id, number, f"drawer {number // 100:03}/sheet-{number:06}.tif")

    made = ReceiptDocument(
        deposit="herb-0123456789ab",
        collection="herb",
        organization="Herbarium of Nowhere & Sons",
        made_at=DAY,
        agent="holdfast 0.1.0 (ada)",
        already_held=False,
        bags=bags,
        images=rows,
        size_bytes=18_432_100 * images,
        sidecars=["notes.txt", "multiple.csv"],
        left_out=[
            LeftOut(path=".DS_Store", because="left behind by an operating system"),
            LeftOut(path="drawer 003/sheet-000317.tif", because="cut off in its last strip"),
        ],
        noticed=[Noticed(path="drawer 000/sheet-000001.tif", what="its bytes are a PNG")],
        matched=MatchedRecords(
            metadata="multiple.csv",
            matched=images - 1,
            images_without_record=[EVIL],
            records_without_image=["multiple.csv, line 7", "multiple.csv, line 9"],
            ambiguous=[],
        ),
        algorithms=["sha512", "sha256"],
        namesakes=Namesakes(
            other_content=24,
            first=(Namesake(path=EVIL, package_id="herb-ba9876543210"),),
            same_content=1,
            packages=("herb-ba9876543210",),
        ),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields of a receipt
