"""The analysis-ready form of what is held: pyramids of pixels and one table of specimens.

1. `originals`  an image out of its bag, by range, its checksum compared
2. `decoding`   its header and its pixels, in bands of rows
3. `pyramid`    levels by 2, a band at a time
4. `interface`  `ImageArrayWriter`, with `ome_zarr` and `tiledb_form` beside it
5. `checking`   what was written, read back and compared pixel by pixel
6. `building`   a package of kind `collection`, its manifest last

And what goes with it: `index`, `reading`, `opening`, `rebuilding`, `batch`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr

    from holdings.house import House


def open(house: House, identifier: str, *, store: str | None = None) -> xr.DataTree:  # noqa: A001  # as xarray's
    """The pyramid of an image as a DataTree of lazy arrays; see `archive.collection.opening`."""
    from archive.collection.opening import open_image  # noqa: PLC0415  # importing a codec from here stays light

    return open_image(house, identifier, store=store)
