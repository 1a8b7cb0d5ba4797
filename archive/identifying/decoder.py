"""The program that decodes: told one image at a time by `decoding`, and trusted with nothing.

It reads a line of JSON and an open file from a socket, and answers with a line of JSON: `size`,
`broken` or `unsupported`. It may have the memory and the CPU time that it was told, and no more.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
from typing import Any, BinaryIO, cast

from PIL import Image

_BY_PILLOW = {
    "image/jpeg": ("JPEG", "MPO"),
    "image/png": ("PNG",),
    "image/jp2": ("JPEG2000",),
    "image/j2c": ("JPEG2000",),
    "image/webp": ("WEBP",),
    "image/gif": ("GIF",),
    "image/bmp": ("BMP",),
}
_BY_TIFFFILE = frozenset(("image/tiff", "image/x-adobe-dng"))
_MOST_REASON_LETTERS = 300


class Unsupported(Exception):  # an answer
    """No decoder of this kind is at hand."""


def main() -> None:
    """Answer until nobody asks any more."""
    Image.MAX_IMAGE_PIXELS = None  # memory is bounded by the declared size instead
    channel = socket.socket(fileno=int(sys.argv[1]))
    while True:
        data, handles, _, _ = socket.recv_fds(channel, 65536, 1)
        if not data:
            return
        answer = _answer(json.loads(data), handles[0])
        channel.sendall(json.dumps(answer).encode() + b"\n")


def _answer(asked: dict[str, Any], handle: int) -> dict[str, Any]:
    with open(handle, "rb", closefd=True) as file:  # a handle, not a path
        decode = _decoder_of(asked)
        if decode is None:
            return {"unsupported": f"there is no decoder for {asked['compression'] or asked['media_type']}"}
        _limit(asked["memory_bytes"], asked["seconds"])
        try:
            return {"size": decode(file, asked)}
        except Unsupported as unsupported:
            return {"unsupported": str(unsupported)}
        except MemoryError:
            return {"broken": "that takes more memory than pixels of its size need"}
        except Exception as error:  # a decoder may raise anything at all on hostile bytes
            reason = " ".join(str(error).split()) or type(error).__name__
            return {"broken": reason[:_MOST_REASON_LETTERS]}
        finally:
            _limit(None, None)


def _decoder_of(asked: dict[str, Any]) -> Any:
    """The function that decodes; what it needs is imported before memory is limited."""
    if asked["media_type"] == "image/jpeg" and (asked["bits"] != 8 or "lossless" in asked["compression"]):
        import imagecodecs  # noqa: PLC0415  # only if there is such an image

        return _decode_uncommon_jpeg
    if asked["media_type"] in _BY_PILLOW:
        Image.init()
        return _decode_by_pillow
    if asked["media_type"] in _BY_TIFFFILE:
        import imagecodecs  # noqa: PLC0415, F401  # as above
        import tifffile  # noqa: PLC0415, F401  # as above

        return _decode_tiff
    return None


def _limit(memory_bytes: int | None, seconds: float | None) -> None:
    """Let this process have so much more than it has now; None takes the limit away."""
    soft = resource.RLIM_INFINITY if memory_bytes is None else _data_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (soft, resource.RLIM_INFINITY))
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = resource.RLIM_INFINITY if seconds is None else int(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _data_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # no path of ours
            return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 2**30  # where there is no /proc


def _decode_by_pillow(file: BinaryIO, asked: dict[str, Any]) -> list[int]:
    with Image.open(file, formats=_BY_PILLOW[asked["media_type"]]) as image:
        size = list(image.size)
        for number in range(getattr(image, "n_frames", 1) if image.format != "MPO" else 1):
            image.seek(number)
            image.load()
        return size


def _decode_uncommon_jpeg(file: BinaryIO, _asked: dict[str, Any]) -> list[int]:
    import imagecodecs  # noqa: PLC0415  # imported by _decoder_of

    height, width = imagecodecs.jpeg_decode(file.read()).shape[:2]
    return [width, height]


def _decode_tiff(file: BinaryIO, _asked: dict[str, Any]) -> list[int]:
    """Strip by strip and tile by tile: no page is ever in memory as a whole."""
    import tifffile  # noqa: PLC0415  # imported by _decoder_of

    size: list[int] = []
    with tifffile.TiffFile(file) as tiff:
        for page in tiff.pages:
            pages = [page, *(page.pages or ())]
            for each in pages:
                found = _decode_page(cast("Any", each))
                is_preview = each.subfiletype & 1
                if not size and not is_preview:
                    size = found
    return size


def _decode_page(page: Any) -> list[int]:
    if not page.dataoffsets:
        return [page.imagewidth, page.imagelength]
    try:
        decode = page.decode
        decode(None, 0)
    except ValueError as error:
        raise Unsupported(" ".join(str(error).split())) from None
    for _ in page.segments(maxworkers=1):
        pass
    return [page.imagewidth, page.imagelength]
