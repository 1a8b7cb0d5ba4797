"""Small pictures to look at: a choice of the originals, each read by range out of its bag and compared first.

What cannot be shown, or was withdrawn, is said, with why.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import numpy as np
from PIL import Image as Pictures
from PIL import ImageOps, JpegImagePlugin

from archive.collection import tiff, whole
from archive.collection.access_copies import viewable
from archive.collection.decoding import decoding
from archive.collection.picture import check_sides, refused
from archive.getting import copy_image
from archive.reading import from_first_good
from archive.recording import new_run
from archive.withdrawing import refuse_withdrawn
from holdings.errors import HoldfastError
from holdings.house import House
from holdings.observing import Advanced, Finished, Started
from holdings.records import Image
from holdings.stores.interface import Store

SIDE_PX = 160
MOST_IMAGE_BYTES = 512_000_000
"""A larger file is not fetched for a picture of this size."""
_QUALITY = 72
_ROWS = 512
_MEMORY_BYTES = 64_000_000
"""Of an original that is kept in memory while it is looked at; a larger one goes into a file."""
_JOB = "looking at images"


@dataclass(frozen=True, kw_only=True, slots=True)
class Thumbnail:
    """One original, small."""

    image: Image
    jpeg: bytes
    width_px: int
    height_px: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NotShown:
    """One that could not be shown."""

    image: Image
    because: str


def thumbnails(
    house: House, images: Sequence[Image], *, side_px: int = SIDE_PX
) -> Iterator[Thumbnail | NotShown]:
    """Each image as a JPEG whose longer side has `side_px`; only copies that are awake are read."""
    run = new_run(house, "look")
    house.observer(Started(job=_JOB, total_bytes=sum(image.size_bytes for image in images)))
    try:
        for image in images:
            yield _thumbnail(house, image, run, side_px)
            house.observer(Advanced(job=_JOB, size_bytes=image.size_bytes))
    finally:
        house.observer(Finished(job=_JOB))


def _thumbnail(house: House, image: Image, run: str, side_px: int) -> Thumbnail | NotShown:
    if image.size_bytes > MOST_IMAGE_BYTES:
        return NotShown(image=image, because="it is too large to be fetched for a small picture")
    try:
        refuse_withdrawn(house, image.package_id, image.image_id)
        with tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as file:
            from_first_good(house, image.package_id, lambda store: _fetch(store, image, file), run=run)
            file.seek(0)
            with decoding(image.path):
                picture = _small(file, image.media_type, side_px)
    except HoldfastError as error:
        return NotShown(image=image, because=error.sentence)
    sink = io.BytesIO()
    picture.save(sink, "JPEG", quality=_QUALITY, optimize=True)
    return Thumbnail(image=image, jpeg=sink.getvalue(), width_px=picture.width, height_px=picture.height)


def _fetch(store: Store, image: Image, file: IO[bytes]) -> None:
    copy_image(store, image, file)  # type: ignore[arg-type]  # a spooled file does all that is asked of it


def _small(file: IO[bytes], media_type: str, side_px: int) -> Pictures.Image:
    picture = _jpeg(file, side_px) if media_type == "image/jpeg" else _other(file, media_type, side_px)
    picture.thumbnail((side_px, side_px), Pictures.Resampling.LANCZOS)
    return picture


def _jpeg(file: IO[bytes], side_px: int) -> Pictures.Image:
    """An eighth of the pixels is decoded where that is enough: JPEG allows it."""
    parsed = JpegImagePlugin.JpegImageFile(file)
    check_sides(*parsed.size)
    parsed.draft("RGB", (2 * side_px, 2 * side_px))
    return ImageOps.exif_transpose(parsed).convert("RGB")


def _other(file: IO[bytes], media_type: str, side_px: int) -> Pictures.Image:
    """Every so many rows and columns of the first page, as its bands pass."""
    if media_type in tiff.MEDIA_TYPES:
        opened: tiff.Tiff | whole.Whole = tiff.open_tiff(file)
    elif media_type in whole.MEDIA_TYPES:
        opened = whole.open_whole(file, media_type)
    else:
        raise refused(f"nobody here decodes {media_type}")
    header = opened.header
    step = max(1, max(header.height, header.width) // (2 * side_px))
    rows, seen = [], 0
    for band in opened.bands(0, _ROWS):
        rows.append(band[-seen % step :: step, ::step])
        seen += len(band)
    picture = viewable(np.concatenate(rows), header.channels)
    return picture.convert("RGB")
