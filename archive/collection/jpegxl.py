"""JPEG XL as a codec of Zarr v3: this file and imagecodecs are all that a reader needs.

Zarr's registry of extensions knows no image codec, so this is one: it stands in an array's
metadata as `holdfast.jpegxl`, array -> bytes. A tile is one JPEG XL codestream; any decoder
of the format (ISO/IEC 18181) gives the same samples. Import this file before opening an
array, or install Holdfast, which registers it with zarr.

`width` and `channels` of the configuration say how the samples of a tile, in C order, are one
picture: rows of `width` pixels, of 1 (grey) or 3 (colour) samples each.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from zarr.abc.codec import ArrayBytesCodec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer, NDBuffer
from zarr.core.common import JSON
from zarr.registry import register_codec

NAME = "holdfast.jpegxl"


def encode(tile: NDArray[Any], *, width: int, channels: int, distance: float, effort: int) -> bytes:
    """One codestream for one tile.

    distance : 0 is lossless, 1 is said to be lossless to the eye.
    """
    picture = np.ascontiguousarray(tile).reshape((-1, width, channels) if channels > 1 else (-1, width))
    return bytes(
        imagecodecs.jpegxl_encode(
            picture, lossless=distance == 0, distance=distance, effort=effort, numthreads=1
        )
    )


def decode(data: bytes) -> NDArray[Any]:
    """The samples of a tile in C order."""
    return np.asarray(imagecodecs.jpegxl_decode(data, numthreads=1))


@dataclass(frozen=True)
class JpegXl(ArrayBytesCodec):
    """The codec as zarr-python asks for it."""

    is_fixed_size = False
    width: int
    channels: int
    distance: float = 0.0
    effort: int = 1

    @classmethod
    def from_dict(cls, data: dict[str, JSON]) -> Self:
        """From an array's metadata."""
        setting = data.get("configuration") or {}
        assert isinstance(setting, dict)
        return cls(**setting)

    def to_dict(self) -> dict[str, JSON]:
        """For an array's metadata."""
        return {"name": NAME, "configuration": asdict(self)}

    def compute_encoded_size(self, input_byte_length: int, _chunk_spec: ArraySpec) -> int:
        """Nobody knows before."""
        raise NotImplementedError

    async def _decode_single(self, chunk_data: Buffer, chunk_spec: ArraySpec) -> NDBuffer:
        samples: Any = decode(chunk_data.to_bytes()).reshape(chunk_spec.shape)
        return chunk_spec.prototype.nd_buffer.from_ndarray_like(samples)

    async def _encode_single(self, chunk_data: NDBuffer, chunk_spec: ArraySpec) -> Buffer | None:
        data = encode(chunk_data.as_numpy_array(), **asdict(self))
        return chunk_spec.prototype.buffer.from_bytes(data)


register_codec(NAME, JpegXl)
