"""How one tile of pixels becomes bytes, and back; and what Zarr calls that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from numcodecs import blosc, zstd
from numpy.typing import NDArray

from archive.collection import jpegxl
from archive.collection.shapes import Form
from holdings.errors import BadInput

Tile = NDArray[Any]
"""ndarray = (z, y, x, channels), C-contiguous, little-endian."""
Json = dict[str, Any]
_ZSTD_LEVEL = 3
_LITTLE: Json = {"name": "bytes", "configuration": {"endian": "little"}}
ANYBODY = "zarr 3 alone"


@dataclass(frozen=True, kw_only=True, slots=True)
class Codec:
    """One way of compressing, for one form of pixels."""

    name: str
    """As `--codec` has it."""
    is_lossy: bool
    needs: str
    """What a reader has to have installed."""
    zarr: tuple[Json, ...]
    """The chain in a Zarr v3 array's metadata, after the transposition."""
    encode: Callable[[Tile], bytes]
    decode: Callable[[bytes], bytes | Tile]
    """The inverse, or nearly so where it is lossy: the samples in C order, in whatever shape."""


def codec_for(name: str, form: Form) -> Codec:
    """The codec of that name for pixels of that form. Raises BadInput naming those there are."""
    try:
        make = _CODECS[name]
    except KeyError:
        raise BadInput(f"There is no codec '{name}'.", hint=f"There are: {', '.join(CODECS)}.") from None
    return make(form)


def _zstd(form: Form) -> Codec:
    if form.item_bytes > 1:
        return _blosc(form)
    return Codec(
        name="zstd",
        is_lossy=False,
        needs=ANYBODY,
        zarr=(_LITTLE, {"name": "zstd", "configuration": {"level": _ZSTD_LEVEL, "checksum": True}}),
        encode=lambda tile: bytes(zstd.compress(tile, _ZSTD_LEVEL, checksum=True)),
        decode=lambda data: bytes(zstd.decompress(data)),
    )


def _blosc(form: Form) -> Codec:
    """Zstandard over shuffled bytes: the high bytes of 16-bit samples are alike, and then lie together."""
    setting = {"cname": "zstd", "clevel": _ZSTD_LEVEL, "shuffle": "shuffle", "typesize": form.item_bytes}
    return Codec(
        name="zstd",
        is_lossy=False,
        needs=ANYBODY,
        zarr=(_LITTLE, {"name": "blosc", "configuration": {**setting, "blocksize": 0}}),
        encode=lambda tile: bytes(blosc.compress(tile, b"zstd", _ZSTD_LEVEL, blosc.SHUFFLE)),
        decode=lambda data: bytes(blosc.decompress(data)),
    )


def _jpegxl(form: Form) -> Codec:
    return _by_jpegxl("jpegxl", form, distance=0.0)


def _jpegxl_lossy(form: Form) -> Codec:
    return _by_jpegxl("jpegxl-lossy", form, distance=1.0)


def _by_jpegxl(name: str, form: Form, *, distance: float) -> Codec:
    if form.dtype == "float32":
        raise BadInput(f"The codec '{name}' takes pixels of 8 or 16 bits, not {form.dtype}.")
    colours = len(form.channels)
    # Three are a picture in colour; any other number lies side by side in a grey one.
    as_colour = colours == 3
    setting: Json = {
        "width": form.tile[2] * (1 if as_colour else colours),
        "channels": 3 if as_colour else 1,
        "distance": distance,
        "effort": 1 if distance == 0 else 3,
    }
    return Codec(
        name=name,
        is_lossy=distance > 0,
        needs="zarr 3, imagecodecs, and Holdfast's archive/collection/jpegxl.py (one file)",
        zarr=({"name": jpegxl.NAME, "configuration": setting},),
        encode=lambda tile: jpegxl.encode(tile, **setting),
        decode=jpegxl.decode,
    )


_CODECS: Mapping[str, Callable[[Form], Codec]] = {
    "zstd": _zstd,
    "jpegxl": _jpegxl,
    "jpegxl-lossy": _jpegxl_lossy,
}
CODECS = tuple(_CODECS)
