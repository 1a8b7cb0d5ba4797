"""What ome-zarr and ome-zarr-models make of images, as JSON. Runs where they are: see `test_by_ome_zarr`."""

from __future__ import annotations

import hashlib
import json
import sys
import warnings
from typing import Any

import numpy as np
import zarr
from ome_zarr.classes import OMEZarrMultiscale
from ome_zarr.io import ZarrLocation, parse_url
from ome_zarr.reader import Reader
from ome_zarr_models import open_ome_zarr
from zarr.storage import FsspecStore

warnings.simplefilter("ignore")  # theirs, of their own libraries


def told(url: str, options: dict[str, Any] | None) -> dict[str, Any]:
    """One image, by each of their doors."""
    group = zarr.open_group(url, mode="r", storage_options=options)
    images = OMEZarrMultiscale.from_ome_zarr(group).images
    # A folder is opened by its path; of anything else their older reader wants the store itself.
    location = (
        ZarrLocation(FsspecStore.from_url(url, storage_options=options, read_only=True))
        if "::" in url or options
        else parse_url(url)
    )
    (node,) = Reader(location)()
    return {
        "model": type(open_ome_zarr(group)).__name__,
        "axes": "".join(images[0].axes),
        "scale": [image.scale for image in images],
        "shapes": [list(image.data.shape) for image in images],
        "pixels_sha256": _sha256(images[0].data),
        "reader_shapes": [list(data.shape) for data in node.data],
        "reader_sha256": _sha256(node.data[0]),
        "channels": node.metadata.get("channel_names", []),
    }


def _sha256(pixels: Any) -> str:
    return hashlib.sha256(np.ascontiguousarray(pixels.compute()).data).hexdigest()


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    print(json.dumps({name: told(*where) for name, where in asked.items()}))
