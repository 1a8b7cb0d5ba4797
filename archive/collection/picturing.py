"""Pixels into a file that other programs show."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from archive.landing import landing_file
from holdings.errors import BadInput

Pixels = NDArray[Any]


def write_pixels(pixels: Pixels, target: Path, *, overwrite: bool) -> None:
    """Write (y, x, channels) as PNG, TIFF or a NumPy file, by the ending of the name; nothing is lost.

    Raises BadInput for another ending, and for pixels that PNG has no place for.
    """
    try:
        encode = _ENCODERS[target.suffix.lower()]
    except KeyError:
        raise BadInput(
            f"{target} ends with none of {', '.join(_ENCODERS)}.", hint="The ending says what is written."
        ) from None
    data = encode(pixels)
    with landing_file(target, overwrite=overwrite) as file:
        file.write(data)


def _png(pixels: Pixels) -> bytes:
    if pixels.dtype.kind == "f":
        raise BadInput("A PNG holds no floating-point pixels.", hint="Name it .tif or .npy.")
    plain = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(plain)))


def _tiff(pixels: Pixels) -> bytes:
    sink = io.BytesIO()
    colours = pixels.shape[-1] in (3, 4)
    plain = pixels if pixels.shape[-1] > 1 else pixels[..., 0]
    tifffile.imwrite(sink, plain, photometric="rgb" if colours else "minisblack", metadata=None)
    return sink.getvalue()


def _npy(pixels: Pixels) -> bytes:
    sink = io.BytesIO()
    np.save(sink, pixels, allow_pickle=False)
    return sink.getvalue()


_ENCODERS: Mapping[str, Callable[[Pixels], bytes]] = {
    ".png": _png,
    ".tif": _tiff,
    ".tiff": _tiff,
    ".npy": _npy,
}
