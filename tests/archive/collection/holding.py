"""A house that holds a few images, and short ways to build of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from archive.collection.building import Built, build
from archive.collection.options import Options
from archive.deposit import deposit
from archive.receipt import Receipt
from holdings.house import House

COLLECTION = "sheets"


def pixels(
    height: int, width: int, channels: int = 3, *, dtype: str = "uint8", seed: int = 0
) -> NDArray[Any]:
    """Smooth gradients with some noise: compressible, and different everywhere."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        (y * (k + 1) + x * (k + 2)) // 4 + random.integers(0, 8, (height, width)) for k in range(channels)
    ]
    return (np.stack(planes, axis=-1) % (np.iinfo(dtype).max + 1)).astype(dtype)


def write_tiff(path: Path, image: NDArray[Any], **options: Any) -> Path:
    """A TIFF in strips of 64 rows, deflated, 600 pixels per inch."""
    plain = image[..., 0] if image.shape[-1] == 1 else image
    settings = {
        "photometric": "minisblack" if image.shape[-1] == 1 else "rgb",
        "compression": "deflate",
        "rowsperstrip": 64,
        "resolution": (600, 600),
        "resolutionunit": "INCH",
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, plain, **{**settings, **options})
    return path


def hold(house: House, folder: Path, images: Mapping[str, NDArray[Any]]) -> Receipt:
    """Deposit those images as TIFF files, by name."""
    for name, image in images.items():
        write_tiff(folder / name, image)
    return deposit(house, folder, collection=COLLECTION)


def built(house: House, **choices: Any) -> Built:
    """Build the collection."""
    return build(house, COLLECTION, Options(**choices))
