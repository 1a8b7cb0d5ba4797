"""Step 2: which files are images, told by their first bytes and not by their names.

Nothing in a header is trusted: a size is read by a parser that may read a bounded number of
bytes and decodes no pixel; where it stumbles, the size is unknown and the bytes are kept.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from PIL import Jpeg2KImagePlugin, JpegImagePlugin, PngImagePlugin, TiffImagePlugin

from archive.survey import LeftOut, SourceFile, Survey
from holdings.errors import BadInput

HEADER_BYTES = 16 * 1024 * 1024
"""More than any honest header; a lying one may ask for everything."""
IMAGE_EXTENSIONS = frozenset(
    (
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".tif",
        ".tiff",
        ".dng",
        ".png",
        ".jp2",
        ".j2k",
        ".j2c",
        ".jpx",
        ".jpf",
        ".webp",
    )
)
_REDUCED_RESOLUTION = 254, 1
"""TIFF tag NewSubfileType and its bit for "a smaller picture of another page": the preview in a DNG."""

Size = tuple[int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundImage:
    """A file whose bytes begin as an image does."""

    file: SourceFile
    media_type: str
    size_px: Size | None
    """Width and height; None where the header does not say it in order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identified:
    """A source that was looked into: what will be bagged, and what will not."""

    root: Path
    images: tuple[FoundImage, ...]
    sidecars: tuple[SourceFile, ...]
    """Files that are no images and are kept beside them: tables, metadata."""
    left_out: tuple[LeftOut, ...]

    @property
    def files(self) -> list[SourceFile]:
        """Everything that will be bagged, in order of the paths' UTF-8 bytes."""
        found = [image.file for image in self.images] + list(self.sidecars)
        return sorted(found, key=lambda file: file.path.encode())


def identify(surveyed: Survey) -> Identified:
    """Open every file of a survey and say what it is. Raises BadInput where no image is left."""
    images: list[FoundImage] = []
    sidecars: list[SourceFile] = []
    left_out = list(surveyed.left_out)
    for file in surveyed.files:
        found = _look_into(surveyed.root, file)
        if isinstance(found, FoundImage):
            images.append(found)
        elif isinstance(found, SourceFile):
            sidecars.append(found)
        else:
            left_out.append(found)
    if not images:
        raise BadInput(f"The source {surveyed.root} holds no image.{_first_reasons(left_out)}")
    left_out.sort(key=lambda item: item.path.encode())
    return Identified(
        root=surveyed.root, images=tuple(images), sidecars=tuple(sidecars), left_out=tuple(left_out)
    )


def _first_reasons(left_out: list[LeftOut]) -> str:
    told = "; ".join(f"{item.path!r}: {item.because}" for item in left_out[:3])
    more = f"; and {len(left_out) - 3} more" if len(left_out) > 3 else ""
    return f" Left out: {told}{more}." if left_out else ""


def _look_into(root: Path, file: SourceFile) -> FoundImage | SourceFile | LeftOut:
    extension = os.path.splitext(file.path)[1].lower()  # noqa: PTH122  # a million paths: strings, not Path objects
    try:
        # Buffered: parsers of headers read by two and four bytes.
        with io.BufferedReader(open_source(root, file.path)) as opened:
            media_type = media_type_of(opened.read(32), extension)
            if media_type is not None:
                size = _SIZES[media_type](cast("IO[bytes]", _Bounded(opened)))
                return FoundImage(file=file, media_type=media_type, size_px=size)
    except OSError as error:
        return LeftOut(path=file.path, because=f"it cannot be read: {error.strerror or error}")
    if extension in IMAGE_EXTENSIONS:
        return LeftOut(path=file.path, because=f"it is named {extension}, and its bytes are no image")
    return file


def open_source(root: Path, path: str) -> io.FileIO:
    """A file of the source for reading: never a link that took its place, never a wait for a pipe."""
    handle = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    return io.FileIO(handle, closefd=True)


def media_type_of(head: bytes, extension: str = "") -> str | None:
    """The media type that the first 32 bytes of a file tell, or None where they tell no image we know."""
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            is_raw = media_type == "image/tiff" and extension == ".dng"
            return "image/x-adobe-dng" if is_raw else media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return None


_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"II+\x00\x08\x00\x00\x00", "image/tiff"),
    (b"MM\x00+\x00\x08\x00\x00", "image/tiff"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\xff\x4f\xff\x51", "image/j2c"),
)


class _Bounded:
    """A file that gives no more than `HEADER_BYTES` altogether, whatever its header asks for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = HEADER_BYTES
        self.seek(0)

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > self._left:
            raise OSError("the header asks for more than a header is")
        self._left -= size
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


class _Header(Protocol):
    """What Pillow's parsers have in common: the header is parsed by making one, the pixels are not."""

    @property
    def size(self) -> Size: ...


def _parsed(parser: Callable[[IO[bytes]], _Header], file: IO[bytes]) -> _Header | None:
    try:
        return parser(file)
    except Exception:  # a parser may raise anything at all on hostile bytes
        return None


def _by(parser: Callable[[IO[bytes]], _Header]) -> Callable[[IO[bytes]], Size | None]:
    # The parsers are called themselves, not Image.open: that one refuses honest sheets of
    # more than 179 megapixels as bombs, which they can only be for who decodes them.
    def size(file: IO[bytes]) -> Size | None:
        header = _parsed(parser, file)
        return _positive(header.size) if header else None

    return size


def _tiff_size(file: IO[bytes]) -> Size | None:
    header = _parsed(TiffImagePlugin.TiffImageFile, file)
    if not isinstance(header, TiffImagePlugin.TiffImageFile):
        return None
    tag, bit = _REDUCED_RESOLUTION
    kind = header.tag_v2.get(tag, 0)
    return None if isinstance(kind, int) and kind & bit else _positive(header.size)


def _webp_size(file: IO[bytes]) -> Size | None:
    """By hand (developers.google.com/speed/webp/docs/riff_container): Pillow would read the whole file."""
    head = file.read(30)
    form, body = head[12:16], head[20:]
    if len(head) < 30:
        return None
    if form == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if form == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        return _positive((width, height))
    return None


def _positive(size: Size) -> Size | None:
    return size if min(size) > 0 else None


_SIZES: dict[str, Callable[[IO[bytes]], Size | None]] = {
    "image/jpeg": _by(JpegImagePlugin.JpegImageFile),
    "image/png": _by(PngImagePlugin.PngImageFile),
    "image/tiff": _tiff_size,
    "image/x-adobe-dng": _tiff_size,
    "image/jp2": _by(Jpeg2KImagePlugin.Jpeg2KImageFile),
    "image/j2c": _by(Jpeg2KImagePlugin.Jpeg2KImageFile),
    "image/webp": _webp_size,
}
