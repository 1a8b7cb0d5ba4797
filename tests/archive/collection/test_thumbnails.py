"""Small pictures of originals: of the right size, of every kind, and a reason where there is none."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image as Pictures

from archive.collection.thumbnails import MOST_IMAGE_BYTES, NotShown, Thumbnail, thumbnails
from holdings.catalogue.interface import Entry
from holdings.house import House
from holdings.records import (
    Copy,
    CopyStatus,
    Event,
    EventType,
    Image,
    Outcome,
    Package,
    PackageKind,
    StoredObject,
    image_id,
    new_event_id,
)
from tests.kit.houses import a_house

NOW = datetime(2027, 4, 3, 12, tzinfo=UTC)
PACKAGE = "bag-0123456789ab"


def held(house: House, files: Sequence[tuple[str, bytes]]) -> list[Image]:
    """One package in the hot store that is nothing but these files, one after the other."""
    images, offset = [], 0
    for number, (media_type, data) in enumerate(files, start=1):
        images.append(
            Image(
                image_id=image_id(PACKAGE, number),
                package_id=PACKAGE,
                path=f"image-{number}",
                size_bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(),
                media_type=media_type,
                width_px=None,
                height_px=None,
                object_key="bag.tar",
                offset=offset,
            )
        )
        offset += len(data)
    tar = b"".join(data for _, data in files)
    house.store("hot").put(f"packages/{PACKAGE}/bag.tar", tar)
    package = Package(
        package_id=PACKAGE,
        kind=PackageKind.BAG,
        collection="c",
        created_at=NOW,
        objects=(StoredObject(key="bag.tar", size_bytes=len(tar), sha256="0" * 64),),
        images=len(images),
    )
    copy = Copy(
        package_id=PACKAGE, store="hot", status=CopyStatus.VERIFIED, verified_at=NOW, made_by="a test"
    )
    house.catalogue.record(Entry(packages=[package], copies=[copy]))
    return images


def by_pillow(form: str, mode: str = "RGB", **how: object) -> bytes:
    """Red on the left, blue on the right: 600 x 400."""
    pixels = np.zeros((400, 600, 3), np.uint8)
    pixels[:, :300, 0] = pixels[:, 300:, 2] = 200
    sink = io.BytesIO()
    Pictures.fromarray(pixels).convert(mode).save(sink, form, **how)
    return sink.getvalue()


def deep_tiff() -> bytes:
    pixels = np.zeros((400, 600, 3), np.uint16)
    pixels[:, :300, 0] = pixels[:, 300:, 2] = 200 * 257
    sink = io.BytesIO()
    tifffile.imwrite(sink, pixels, photometric="rgb", tile=(64, 64))
    return sink.getvalue()


def turned() -> bytes:
    exif = Pictures.Exif()
    exif[0x0112] = 6
    return by_pillow("JPEG", exif=exif)


@pytest.mark.parametrize(
    ("media_type", "made"),
    [
        ("image/jpeg", lambda: by_pillow("JPEG")),
        ("image/jpeg", lambda: by_pillow("JPEG", "CMYK")),
        ("image/tiff", lambda: by_pillow("TIFF")),
        ("image/tiff", deep_tiff),
        ("image/png", lambda: by_pillow("PNG", "RGBA")),
    ],
)
def test_colours_lie_where_they_lay(tmp_path: Path, media_type: str, made: Callable[[], bytes]) -> None:
    with a_house(tmp_path, at=NOW) as house:
        (found,) = thumbnails(house, held(house, [(media_type, made())]))
    assert isinstance(found, Thumbnail)
    assert (found.width_px, found.height_px) in {(160, 107), (160, 106)}
    picture = np.asarray(Pictures.open(io.BytesIO(found.jpeg)).convert("RGB")).astype(int)
    left, right = picture[:, 20:60].mean(axis=(0, 1)), picture[:, 100:140].mean(axis=(0, 1))
    assert left[0] > 120 > left[2]
    assert right[2] > 120 > right[0]


def test_a_grey_one_and_one_that_was_turned(tmp_path: Path) -> None:
    with a_house(tmp_path, at=NOW) as house:
        images = held(house, [("image/tiff", by_pillow("TIFF", "L")), ("image/jpeg", turned())])
        grey, upright = thumbnails(house, images, side_px=60)
    assert isinstance(grey, Thumbnail)
    assert isinstance(upright, Thumbnail)
    assert (grey.width_px, grey.height_px, upright.width_px, upright.height_px) == (60, 40, 40, 60)


def test_what_cannot_be_shown_is_said_and_the_others_are_shown(tmp_path: Path) -> None:
    whole = by_pillow("JPEG")
    with a_house(tmp_path, at=NOW) as house:
        images = held(
            house, [("image/jpeg", b"no image at all"), ("image/x-adobe-dng", whole), ("image/jpeg", whole)]
        )
        images.insert(0, replace(images[-1], size_bytes=MOST_IMAGE_BYTES + 1))
        large, broken, unknown, good = thumbnails(house, images)
    assert isinstance(large, NotShown)
    assert "too large" in large.because
    assert isinstance(broken, NotShown)
    assert broken.because.startswith("image-1: ")
    assert isinstance(unknown, NotShown)
    assert "nobody here decodes image/x-adobe-dng" in unknown.because
    assert isinstance(good, Thumbnail)


def test_what_was_withdrawn_is_not_shown(tmp_path: Path) -> None:
    with a_house(tmp_path, at=NOW) as house:
        images = held(house, [("image/jpeg", by_pillow("JPEG")), ("image/jpeg", by_pillow("JPEG"))])
        event = Event(
            event_id=new_event_id(NOW),
            event_type=EventType.DEACCESSION,
            at=NOW,
            package_id=PACKAGE,
            store=None,
            outcome=Outcome.SUCCESS,
            run="a-test",
            agent="a test",
            detail={"reason": "a protected species", "by": "A. Keeper", "image_id": images[0].image_id},
        )
        house.catalogue.record(Entry(events=[event]))
        hidden, shown = thumbnails(house, images)
    assert isinstance(hidden, NotShown)
    assert hidden.because.startswith(
        f"{images[0].image_id} was withdrawn on 2027-04-03T12:00:00Z by A. Keeper"
    )
    assert isinstance(shown, Thumbnail)


def test_bytes_that_are_not_those_deposited_are_not_shown(tmp_path: Path) -> None:
    with a_house(tmp_path, at=NOW) as house:
        (image,) = held(house, [("image/jpeg", by_pillow("JPEG"))])
        (found,) = thumbnails(house, [replace(image, sha256="0" * 64)])
        assert isinstance(found, NotShown)
        assert "No copy of bag-0123456789ab could give what was asked" in found.because
        assert [copy.status for copy in house.catalogue.copies()] == [CopyStatus.SUSPECT]
