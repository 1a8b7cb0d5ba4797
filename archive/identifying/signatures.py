"""Which format the first bytes of a file tell, and what its files are named like."""

from __future__ import annotations

from collections.abc import Callable

from archive.identifying.formats import bmp, cr3, gif, jp2, jpeg, png, raf, tiff, webp
from archive.identifying.reading import Bytes
from archive.identifying.structure import Structure

HEAD_BYTES = 32
Look = Callable[[Bytes], Structure]

_SIGNATURES: tuple[tuple[bytes, str, Look], ...] = (
    (b"\xff\xd8\xff", "JPEG", jpeg.look),
    (b"II*\0", "TIFF", tiff.look),
    (b"MM\0*", "TIFF", tiff.look),
    (b"II+\0", "BigTIFF", tiff.look),
    (b"MM\0+", "BigTIFF", tiff.look),
    (b"\x89PNG\r\n\x1a\n", "PNG", png.look),
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000", jp2.look),
    (b"\xff\x4f\xff\x51", "JPEG 2000", jp2.look_at_codestream),
    (b"GIF87a", "GIF", gif.look),
    (b"GIF89a", "GIF", gif.look),
    (b"FUJIFILMCCD-RAW ", "Fujifilm raw", raf.look),
    (b"IIRO", "Olympus raw", tiff.look),
    (b"IIRS", "Olympus raw", tiff.look),
    (b"MMOR", "Olympus raw", tiff.look),
    (b"IIU\0", "Panasonic raw", tiff.look),
)
_BMP_HEADERS = frozenset((40, 52, 56, 108, 124))

EXTENSIONS = {
    extension: media_type
    for media_type, extensions in (
        ("image/jpeg", ".jpg .jpeg .jpe .jfif"),
        ("image/tiff", ".tif .tiff .btf .tf8"),
        ("image/x-adobe-dng", ".dng"),
        ("image/png", ".png .apng"),
        ("image/jp2", ".jp2 .jpx .jpf"),
        ("image/j2c", ".j2k .j2c .jpc"),
        ("image/webp", ".webp"),
        ("image/gif", ".gif"),
        ("image/bmp", ".bmp .dib"),
        ("image/x-canon-cr2", ".cr2"),
        ("image/x-canon-cr3", ".cr3"),
        ("image/x-nikon-nef", ".nef .nrw"),
        ("image/x-sony-arw", ".arw .sr2"),
        ("image/x-olympus-orf", ".orf"),
        ("image/x-panasonic-rw2", ".rw2"),
        ("image/x-fuji-raf", ".raf"),
        ("image/x-pentax-pef", ".pef"),
        ("image/x-samsung-srw", ".srw"),
        ("image/x-hasselblad-3fr", ".3fr"),
    )
    for extension in extensions.split()
}
"""The media type that a file of that name should have."""


def told_by(head: bytes) -> tuple[str, Look] | None:
    """The format's name and its walk, or None where the first `HEAD_BYTES` tell no image that we know."""
    for signature, name, look in _SIGNATURES:
        if head.startswith(signature):
            return name, look
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP", webp.look
    if head[4:12] == b"ftypcrx ":
        return "Canon raw", cr3.look
    # Two letters alone would take a text for a bitmap.
    if (
        head[:2] == b"BM"
        and head[6:10] == b"\0\0\0\0"
        and int.from_bytes(head[14:18], "little") in _BMP_HEADERS
    ):
        return "BMP", bmp.look
    return None
