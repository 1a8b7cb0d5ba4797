"""Originals out of their bags: by range into a temporary file, compared before anything is decoded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import BinaryIO, TypeVar

from archive.collection.decoding import decoding, open_picture
from archive.collection.options import Options
from archive.collection.picture import GREY, Header, Picture, refused
from archive.collection.pyramid import Block
from archive.collection.shapes import TILE_PX, VOLUME, Form
from archive.getting import copy_image
from archive.reading import Trouble
from holdings.errors import Corrupt, NotFound
from holdings.records import Image
from holdings.stores.interface import Store

Item = TypeVar("Item")


class Originals:
    """Reads originals from the first of some stores that has them as they were recorded."""

    def __init__(self, stores: Mapping[str, Store], names: Sequence[str]) -> None:
        self._stores, self._names = stores, names
        self.troubles: list[Trouble] = []
        """Copies that could not give an original, though another one could."""

    def fetch(self, image: Image, file: BinaryIO) -> None:
        """The bytes of `image` into `file`. Raises what the last store said where none has them."""
        if not self._names:
            raise NotFound(f"No copy of {image.package_id} is left that could give {image.path}.")
        for number, name in enumerate(self._names, start=1):
            try:
                copy_image(self._stores[name], image, file)
            except (Corrupt, NotFound) as error:
                self.troubles.append(
                    Trouble(
                        package_id=image.package_id, store=name, because=error.sentence, is_known_bad=True
                    )
                )
                if number == len(self._names):
                    raise
            else:
                file.seek(0)
                return


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What the pixels of an image will be, and where they come from."""

    header: Header
    """Of the first file."""
    form: Form
    pages: Iterator[Iterator[Block]]
    """The blocks of each page; of a volume, whose slices are fetched one by one, of the one there is."""


def open_originals(
    images: Sequence[Image], options: Options, originals: Originals, stack: ExitStack
) -> Opened:
    """Open one image, or slices that are one volume. Raises BadInput naming the file that cannot be."""
    first = images[0]
    file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  # the stack closes it
    originals.fetch(first, file)
    with decoding(first.path):
        picture = open_picture(file, first.media_type)
        form = _form(picture.header, len(images), options)
    if form.is_volume:
        return Opened(header=picture.header, form=form, pages=iter([_slices(images, form, originals)]))
    pages = (_blocks(first.path, picture, page) for page in range(picture.header.pages))
    return Opened(header=picture.header, form=form, pages=pages)


def _form(header: Header, slices: int, options: Options) -> Form:
    y, x = header.spacing_um or (None, None)
    if not options.stack:
        return Form(
            axes="cyx" if header.pages == 1 else "czyx",
            size=(header.pages, header.height, header.width),
            channels=header.channels,
            dtype=header.dtype,
            spacing_um=(None, y, x),
            first_level=options.first_level,
        )
    if header.channels != GREY or header.pages != 1:
        raise refused("a slice of a volume is grey and has one page")
    return Form(
        axes=VOLUME,
        size=(slices, header.height, header.width),
        channels=GREY,
        dtype=header.dtype,
        # Voxels of micro-CT are cubes, and no image file has a place for the distance of slices.
        spacing_um=(y, y, x),
        first_level=options.first_level,
    )


def _blocks(name: str, picture: Picture, page: int) -> Iterator[Block]:
    for band in _guarded(name, picture.bands(page, TILE_PX)):
        yield band[None]


def _guarded(name: str, items: Iterator[Item]) -> Iterator[Item]:
    """The items; what breaks while one is made is told of `name`, what breaks elsewhere is not."""
    while True:
        with decoding(name):
            try:
                item = next(items)
            except StopIteration:
                return
        yield item


def _slices(images: Sequence[Image], form: Form, originals: Originals) -> Iterator[Block]:
    expected = replace(form, size=(1, *form.size[1:]))
    for image in images:
        with tempfile.TemporaryFile() as file:
            originals.fetch(image, file)
            with decoding(image.path):
                picture = open_picture(file, image.media_type)
                header = picture.header
                if (header.height, header.width) != expected.size[1:] or (
                    header.channels,
                    header.dtype,
                ) != (form.channels, form.dtype):
                    raise refused(
                        f"it is {header.width} x {header.height} {header.dtype}, and the first slice is "
                        f"{form.size[2]} x {form.size[1]} {form.dtype}"
                    )
                (rows,) = picture.bands(0, header.height)
            yield rows[None]
