"""One image back, by range, from the first copy that has it; its bytes are compared before it appears."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive.landing import check_target, landing_file
from archive.reading import Trouble, from_first_good, pieces
from archive.recording import new_run
from archive.withdrawing import refuse_withdrawn
from holdings.errors import BadInput, Corrupt
from holdings.house import House
from holdings.observing import Advanced, Finished, Observer, Started, nobody
from holdings.records import Image, package_prefix
from holdings.stores.interface import Store

PIECE_BYTES = 64 * 1024 * 1024
"""An image is one request; one that is larger than this is several, so that memory stays bounded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Got:
    """An image that was read back and is the one that was deposited."""

    image: Image
    target: Path
    store: str
    """Where it was read from."""
    troubles: tuple[Trouble, ...]
    """Copies that were tried before and could not give it."""


def get_image(house: House, image_id: str, target: Path, *, overwrite: bool = False) -> Got:
    """Write the image to `target`, byte for byte as it was deposited.

    Raises NotFound for an unknown image, Withdrawn for one that was withdrawn; BadInput where
    `target` exists and may not be replaced.
    """
    image = house.catalogue.images.image(image_id)
    refuse_withdrawn(house, image.package_id, image_id)
    check_target(target, overwrite=overwrite)
    job = f"getting {image_id}"
    house.observer(Started(job=job, total_bytes=image.size_bytes))
    try:
        with landing_file(target, overwrite=overwrite) as file:
            _, store, troubles = from_first_good(
                house,
                image.package_id,
                lambda store: copy_image(store, image, file, observer=house.observer),
                run=new_run(house, "get"),
            )
    finally:
        house.observer(Finished(job=job))
    return Got(image=image, target=target, store=store, troubles=troubles)


def copy_image(store: Store, image: Image, file: BinaryIO, *, observer: Observer = nobody) -> None:
    """Write the bytes of `image` into `file`, from its beginning, in pieces.

    Raises Corrupt where they are not those that were deposited.
    """
    file.seek(0)
    file.truncate()
    key = package_prefix(image.package_id) + image.object_key
    seen = hashlib.sha256()
    try:
        for piece in pieces(
            store, key, offset=image.offset, size_bytes=image.size_bytes, piece_bytes=PIECE_BYTES
        ):
            seen.update(piece)
            file.write(piece)
            observer(Advanced(job=f"getting {image.image_id}", size_bytes=len(piece)))
    except BadInput as error:
        raise Corrupt(
            f"{key} in {store.name} is shorter than was recorded.", detail=error.sentence
        ) from error
    if seen.hexdigest() != image.sha256:
        raise Corrupt(
            f"{image.path} in {key} in {store.name} has the SHA-256 {seen.hexdigest()}, "
            f"recorded is {image.sha256}."
        )
