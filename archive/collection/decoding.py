"""From bytes that claim to be an image to its pixels, or one sentence on why not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import IO

import numpy as np

from archive.collection import tiff, whole
from archive.collection.picture import GREY, RGB, Header, Picture, Rows, is_grey, refused
from archive.collection.shapes import TILE_PX
from holdings.errors import BadInput, HoldfastError


def open_picture(file: IO[bytes], media_type: str) -> Picture:
    """The image in `file`. Raises BadInput saying why it cannot be in a collection."""
    if media_type in tiff.MEDIA_TYPES:
        return _without_copies(tiff.open_tiff(file))
    if media_type in whole.MEDIA_TYPES:
        return _without_copies(whole.open_whole(file, media_type))
    raise refused(f"nobody here decodes {media_type}")


def _without_copies(picture: Picture) -> Picture:
    if picture.header.channels == RGB and is_grey(picture, TILE_PX):
        return _Grey(picture)
    return picture


@dataclass(frozen=True)
class _Grey:
    """An RGB image whose three channels are one."""

    _inner: Picture

    @property
    def header(self) -> Header:
        header = self._inner.header
        notes = (*header.notes, "red, green and blue are the same everywhere; kept once")
        return replace(header, channels=GREY, notes=notes)

    def bands(self, page: int, rows: int) -> Iterator[Rows]:
        for band in self._inner.bands(page, rows):
            yield np.ascontiguousarray(band[..., :1])


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Whatever a decoder raises becomes one sentence that names the image."""
    try:
        yield
    except BadInput as error:
        raise BadInput(f"{name}: {error.sentence}", hint=error.hint, detail=error.detail) from None
    except (HoldfastError, MemoryError):
        raise
    except Exception as error:  # hostile bytes may make a decoder raise anything at all
        raise BadInput(f"{name}: it cannot be decoded ({str(error)[:200]})", detail=repr(error)) from error
