"""Which ending of a name belongs to which kind of image: a name that says otherwise is worth a remark."""

from __future__ import annotations

_TIFF = frozenset({"image/tiff"})
_JPEG_2000 = frozenset({"image/jp2", "image/jpx", "image/jpm", "image/j2c", "image/x-jp2-codestream"})
_RAW = frozenset({"image/x-adobe-dng", "image/tiff"})
_EXPECTED = {
    **dict.fromkeys((".jpg", ".jpeg", ".jpe", ".jfif"), frozenset({"image/jpeg"})),
    **dict.fromkeys((".tif", ".tiff"), _TIFF),
    **dict.fromkeys((".jp2", ".jpx", ".jpf", ".j2k", ".j2c", ".jpc"), _JPEG_2000),
    ".png": frozenset({"image/png"}),
    ".webp": frozenset({"image/webp"}),
    ".dng": _RAW,
}


def belies(path: str, media_type: str) -> str | None:
    """The ending of a name that says another kind of image than the bytes do; None where it fits."""
    name = path.rpartition("/")[2]
    extension = f".{name.rpartition('.')[2]}".lower()
    expected = _EXPECTED.get(extension)
    return None if expected is None or media_type in expected else extension
