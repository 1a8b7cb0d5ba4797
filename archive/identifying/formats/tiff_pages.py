"""One directory of a TIFF as a picture: its strips and tiles, and what it says of itself (TIFF 6.0)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from archive.identifying.metadata.ifd import Ifd, Ifds
from archive.identifying.structure import Broken

NEW_SUBFILE_TYPE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_STRIP_OFFSETS, _SAMPLES, _ROWS_PER_STRIP, _STRIP_COUNTS, _PLANAR = 273, 277, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS = 322, 323, 324, 325
SUB_IFDS, XMP, ICC_PROFILE = 330, 700, 34675
_JPEG_OFFSET, _JPEG_SIZE = 513, 514
_SUBSAMPLED = 6
_UNCOMPRESSED = 1
_ALL_ROWS = 2**32 - 1
_MOST_SEGMENTS = 2**22
_MOST_BITS = 64
_COMPRESSIONS = {
    1: "none",
    2: "CCITT RLE",
    3: "CCITT Group 3",
    4: "CCITT Group 4",
    5: "LZW",
    6: "JPEG (old style)",
    7: "JPEG",
    8: "deflate",
    9: "JBIG (T.85)",
    10: "JBIG (T.43)",
    32773: "PackBits",
    32946: "deflate",
    33003: "JPEG 2000",
    33004: "JPEG 2000",
    33005: "JPEG 2000",
    34661: "JBIG",
    34712: "JPEG 2000",
    34713: "Nikon NEF",
    32767: "Sony ARW",
    34887: "LERC",
    34892: "JPEG (lossy DNG)",
    34925: "LZMA",
    50000: "ZSTD",
    50001: "WebP",
    50002: "JPEG XL",
    52546: "JPEG XL",
}
_COLOUR_SPACES = {
    0: "grey",
    1: "grey",
    2: "RGB",
    3: "palette",
    4: "mask",
    5: "CMYK",
    6: "YCbCr",
    8: "Lab",
    9: "Lab",
    10: "Lab",
    32803: "CFA",
    34892: "linear raw",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layout:
    """How a picture is cut into segments."""

    width: int
    height: int
    segment_width: int
    segment_height: int
    planes: int
    samples: int
    """In each plane."""
    bits: tuple[int, ...]
    tiled: bool

    @property
    def across(self) -> int:
        return -(-self.width // self.segment_width)

    @property
    def down(self) -> int:
        return -(-self.height // self.segment_height)

    def uncompressed_bytes(self, number: int) -> int:
        """Of the segment of that number, counted from 0."""
        bits = (
            sum(self.bits[: self.samples]) if len(self.bits) >= self.samples else self.bits[0] * self.samples
        )
        rows = self.segment_height
        if not self.tiled:
            rows = min(rows, self.height - number % self.down * rows)
        return rows * -(-self.segment_width * bits // 8)


def check_pixels(ifds: Ifds, ifd: Ifd, *, exact: bool) -> None:
    """Broken unless every strip and tile of the picture is there and inside the file.

    exact : whether uncompressed ones must also be as long as their pixels are.
    """
    if _JPEG_OFFSET in ifd.tags and _JPEG_SIZE in ifd.tags:
        offset, size = ifds.number(ifd, _JPEG_OFFSET), ifds.number(ifd, _JPEG_SIZE)
        ifds.data.check_inside(offset, size, f"the preview of the image directory at byte {ifd.offset}")
    tiled = _TILE_OFFSETS in ifd.tags
    if not tiled and _STRIP_OFFSETS not in ifd.tags:
        if exact and WIDTH in ifd.tags and _JPEG_OFFSET not in ifd.tags:
            raise Broken(f"the image directory at byte {ifd.offset} has neither strips nor tiles")
        return
    layout = _layout(ifds, ifd, tiled)
    if layout is None:
        if exact:
            raise Broken(f"the image directory at byte {ifd.offset} does not say how large its picture is")
        return
    _check_segments(ifds, ifd, layout, exact=exact)


def _layout(ifds: Ifds, ifd: Ifd, tiled: bool) -> _Layout | None:
    width, height = ifds.number(ifd, WIDTH), ifds.number(ifd, HEIGHT)
    bits = ifds.numbers(ifd, BITS) or (1,)
    samples = ifds.number(ifd, _SAMPLES, default=1)
    separate = ifds.number(ifd, _PLANAR, default=1) == 2
    if tiled:
        across, down = ifds.number(ifd, _TILE_WIDTH), ifds.number(ifd, _TILE_HEIGHT)
    else:
        across, down = width, min(ifds.number(ifd, _ROWS_PER_STRIP, default=_ALL_ROWS) or _ALL_ROWS, height)
    if min(width, height, across, down, samples) <= 0 or not all(0 < bit <= _MOST_BITS for bit in bits):
        return None
    return _Layout(
        width=width,
        height=height,
        segment_width=across,
        segment_height=down,
        planes=samples if separate else 1,
        samples=1 if separate else samples,
        bits=bits,
        tiled=tiled,
    )


def _check_segments(ifds: Ifds, ifd: Ifd, layout: _Layout, *, exact: bool) -> None:
    name = "tile" if layout.tiled else "strip"
    needed = layout.across * layout.down * layout.planes
    there = min(
        ifd.tags[tag].values if tag in ifd.tags else 0
        for tag in ((_TILE_OFFSETS, _TILE_COUNTS) if layout.tiled else (_STRIP_OFFSETS, _STRIP_COUNTS))
    )
    if exact and (needed > there or needed > _MOST_SEGMENTS):
        raise Broken(
            f"the image directory at byte {ifd.offset} lists {there} {name}s, and its "
            f"{layout.width} x {layout.height} pixels are {needed}"
        )
    offsets = ifds.numbers(ifd, _TILE_OFFSETS if layout.tiled else _STRIP_OFFSETS)
    counts = ifds.numbers(ifd, _TILE_COUNTS if layout.tiled else _STRIP_COUNTS)
    size = ifds.data.size
    uncompressed = (
        exact
        and ifds.number(ifd, COMPRESSION, default=1) == _UNCOMPRESSED
        and ifds.number(ifd, PHOTOMETRIC) != _SUBSAMPLED
    )
    for number, (offset, count) in enumerate(islice(zip(offsets, counts, strict=False), needed)):
        if offset + count > size:
            ifds.data.check_inside(offset, count, f"{name} {number + 1} of {needed}")
        if exact and not (count and offset):
            raise Broken(f"{name} {number + 1} of {needed} has no bytes: it was never written")
        if uncompressed and count < (least := layout.uncompressed_bytes(number)):
            raise Broken(
                f"{name} {number + 1} of {needed}, at byte {offset}, has {count} bytes of its {least}"
            )


def described_page(ifds: Ifds, ifd: Ifd) -> dict[str, int | str | None]:
    """What the directory says of its picture, by the names of Characteristics."""
    bits = ifds.numbers(ifd, BITS) or (1,)
    photometric = ifds.number(ifd, PHOTOMETRIC, default=-1)
    compression = ifds.number(ifd, COMPRESSION, default=1)
    samples = ifds.number(ifd, _SAMPLES, default=1)
    bilevel = photometric in (0, 1) and max(bits) == 1
    return {
        "width_px": ifds.number(ifd, WIDTH) or None,
        "height_px": ifds.number(ifd, HEIGHT) or None,
        "bits_per_sample": max(bits),
        "samples_per_pixel": samples,
        "colour_space": "bilevel" if bilevel else _COLOUR_SPACES.get(photometric),
        "compression": _COMPRESSIONS.get(compression, f"TIFF compression {compression}"),
    }
