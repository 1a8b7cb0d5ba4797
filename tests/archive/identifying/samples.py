"""Small images of every format, and a source that holds them in memory."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import numpy as np
import tifffile
from PIL import Image

from archive.identifying.reading import Bytes
from archive.identifying.signatures import HEAD_BYTES, told_by
from archive.identifying.structure import Structure
from archive.sources.interface import SourceFile

WIDTH, HEIGHT = 47, 31


def pixels(channels: int = 3, dtype: Any = np.uint8) -> Any:
    """ndarray = (HEIGHT, WIDTH, channels), smooth with some noise, the same every time."""
    random = np.random.default_rng(7)
    top = np.iinfo(dtype).max
    ramp = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH))[..., None] * (top // 100)
    noisy = ramp + random.integers(0, max(2, top // 16), (HEIGHT, WIDTH, channels))
    return np.clip(noisy, 0, top).astype(dtype)


def by_pillow(kind: str, *, mode: str = "RGB", **options: Any) -> bytes:
    """A picture as Pillow writes it."""
    out = io.BytesIO()
    Image.fromarray(pixels()).convert(mode).save(out, kind, **options)
    return out.getvalue()


def by_tifffile(data: Any = None, **options: Any) -> bytes:
    """A picture as tifffile writes it."""
    out = io.BytesIO()
    tifffile.imwrite(out, pixels() if data is None else data, **options)
    return out.getvalue()


def pages(**options: Any) -> bytes:
    """Three pages, the first with a smaller picture of itself below it."""
    out = io.BytesIO()
    with tifffile.TiffWriter(out, **options) as tiff:
        tiff.write(pixels(), photometric="rgb", subifds=1)
        tiff.write(pixels()[::2, ::2].copy(), photometric="rgb", subfiletype=1)
        tiff.write(pixels(), photometric="rgb")
        tiff.write(pixels(), photometric="rgb")
    return out.getvalue()


def dng() -> bytes:
    """A preview first, and the sensor's data below it, as cameras and converters write it."""
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as tiff:
        extra = [
            (50706, "B", 4, bytes((1, 4, 0, 0)), True),
            (271, "s", 0, "Canon", True),
            (272, "s", 0, "Canon EOS R5", True),
        ]
        tiff.write(pixels()[::4, ::4].copy(), photometric="rgb", subfiletype=1, subifds=1, extratags=extra)
        tiff.write(
            pixels(1, np.uint16)[..., 0].copy(),
            photometric="cfa",
            subfiletype=0,
            extratags=[(33421, "H", 2, (2, 2), True), (33422, "B", 4, bytes((0, 1, 1, 2)), True)],
        )
    return out.getvalue()


def raf() -> bytes:
    """Fujifilm's three parts, with a real preview and no real sensor data."""
    preview = by_pillow("JPEG")
    head = b"FUJIFILMCCD-RAW 0201FF383501" + b"X-T3".ljust(32, b"\0") + b"0100".ljust(24, b"\0")
    places = struct.pack(">6I", 108, len(preview), 108 + len(preview), 20, 128 + len(preview), 50)
    return head + places + preview + b"t" * 20 + b"s" * 50


def cr3() -> bytes:
    """Canon's boxes, empty."""
    parts = ((b"ftyp", b"crx \0\0\0\1crx isom"), (b"moov", b"m" * 40), (b"mdat", b"p" * 90))
    return b"".join(struct.pack(">I", 8 + len(body)) + kind + body for kind, body in parts)


WHOLE: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "baseline.jpg": (lambda: by_pillow("JPEG"), "image/jpeg"),
    "progressive.jpg": (lambda: by_pillow("JPEG", progressive=True), "image/jpeg"),
    "grey.jpg": (lambda: by_pillow("JPEG", mode="L"), "image/jpeg"),
    "cmyk.jpg": (lambda: by_pillow("JPEG", mode="CMYK"), "image/jpeg"),
    "rgb.png": (lambda: by_pillow("PNG"), "image/png"),
    "palette.png": (lambda: by_pillow("PNG", mode="P"), "image/png"),
    "strips.tif": (lambda: by_tifffile(photometric="rgb", rowsperstrip=8), "image/tiff"),
    "tiles.tif": (lambda: by_tifffile(photometric="rgb", tile=(16, 16)), "image/tiff"),
    "lzw.tif": (lambda: by_pillow("TIFF", compression="tiff_lzw"), "image/tiff"),
    "big-endian.tif": (lambda: by_tifffile(photometric="rgb", byteorder=">"), "image/tiff"),
    "16-bit.tif": (lambda: by_tifffile(pixels(3, np.uint16), photometric="rgb"), "image/tiff"),
    "big.tif": (lambda: by_tifffile(photometric="rgb", bigtiff=True), "image/tiff"),
    "pages.tif": (pages, "image/tiff"),
    "big-pages.tif": (lambda: pages(bigtiff=True), "image/tiff"),
    "raw.dng": (dng, "image/x-adobe-dng"),
    "boxed.jp2": (lambda: by_pillow("JPEG2000"), "image/jp2"),
    "tiled.jp2": (lambda: by_pillow("JPEG2000", tile_size=(16, 16), irreversible=True), "image/jp2"),
    "bare.j2k": (lambda: by_pillow("JPEG2000", no_jp2=True), "image/j2c"),
    "lossy.webp": (lambda: by_pillow("WEBP"), "image/webp"),
    "lossless.webp": (lambda: by_pillow("WEBP", lossless=True), "image/webp"),
    "palette.gif": (lambda: by_pillow("GIF", mode="P"), "image/gif"),
    "rgb.bmp": (lambda: by_pillow("BMP"), "image/bmp"),
    "raw.raf": (raf, "image/x-fuji-raf"),
    "raw.cr3": (cr3, "image/x-canon-cr3"),
}
"""Bytes and media type, by name."""


def looked(data: bytes) -> Structure:
    """The walk through `data` itself, with nothing caught on its way."""
    found = told_by(data[:HEAD_BYTES])
    assert found is not None
    return found[1](Bytes.of(data))


class MemorySource:
    """Files by path."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def surveyed(self) -> list[SourceFile]:
        return [
            SourceFile(path=path, size_bytes=len(data), modified_ns=0) for path, data in self._files.items()
        ]

    def open(self, file: SourceFile) -> BinaryIO:
        return io.BytesIO(self._files[file.path])
