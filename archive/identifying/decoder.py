"""The program that decodes: told one image at a time by `decoding`, and trusted with nothing.

It reads a line of JSON and an open file from a socket, and answers with a line of JSON: `size` (of a
TIFF `sizes`, of each page) and perhaps `warning`, or `broken`, or `unsupported`. It may have the
memory and the CPU time that it was told, and no more.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import sys
import time
from collections.abc import Callable
from threading import Thread
from typing import Any, BinaryIO

from PIL import Image

_BY_PILLOW = {
    "image/jpeg": ("JPEG",),
    "image/png": ("PNG",),
    "image/jp2": ("JPEG2000",),
    "image/j2c": ("JPEG2000",),
    "image/webp": ("WEBP",),
    "image/gif": ("GIF",),
    "image/bmp": ("BMP",),
}
_BY_TIFFFILE = frozenset(("image/tiff", "image/x-adobe-dng"))
_CORRUPT = "Corrupt JPEG data"
"""How libjpeg's warnings begin that are about lost pixels, not about odd headers."""
_MOST_REASON_LETTERS = 300
_LOOK_SECONDS = 1.0
Asked = dict[str, Any]
Answer = dict[str, Any]
Decode = Callable[[BinaryIO, Asked], Answer]


class Unsupported(Exception):  # an answer
    """No decoder of this kind is at hand."""


def main() -> None:
    """Answer until nobody asks any more."""
    Image.MAX_IMAGE_PIXELS = None  # memory is bounded by the declared size instead
    Thread(target=_end_with, args=(int(sys.argv[3]),), daemon=True).start()
    channel = socket.socket(fileno=int(sys.argv[1]))
    while True:
        data, handles, _, _ = socket.recv_fds(channel, 65536, 1)
        if not data:
            return
        answer = _answer(json.loads(data), handles[0])
        channel.sendall(json.dumps(answer).encode() + b"\n")


def _end_with(parent: int) -> None:
    """Who is killed cannot stop us; what hangs with the interpreter held ends with its CPU time."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def _answer(asked: Asked, handle: int) -> Answer:
    with open(handle, "rb", closefd=True) as file:  # a handle, not a path
        decode = _decoder_of(asked)
        if decode is None:
            return {"unsupported": f"there is no decoder for {asked['compression'] or asked['media_type']}"}
        file.seek(0)  # where it stands is shared with whoever looked into it before
        _limit(asked["memory_bytes"], asked["cpu_seconds"])
        try:
            return decode(file, asked)
        except Unsupported as unsupported:
            return {"unsupported": str(unsupported)}
        except MemoryError:
            return {"broken": "that takes more memory than pixels of its size need"}
        except Exception as error:  # a decoder may raise anything at all on hostile bytes
            reason = " ".join(str(error).split()) or type(error).__name__
            return {"broken": reason[:_MOST_REASON_LETTERS]}
        finally:
            _limit(None, None)


def _decoder_of(asked: Asked) -> Decode | None:
    """The function that decodes; what it needs is imported before memory is limited."""
    media_type = asked["media_type"]
    if media_type == "image/jpeg" and (asked["bits"] != 8 or "lossless" in asked["compression"]):
        import imagecodecs  # noqa: PLC0415  # only if there is such an image

        return _decode_uncommon_jpeg
    if media_type == "image/jpeg":
        import simplejpeg  # noqa: PLC0415, F401  # as above

        return _decode_jpeg
    if media_type in _BY_PILLOW:
        Image.init()
        return _decode_by_pillow
    if media_type in _BY_TIFFFILE:
        import imagecodecs  # noqa: PLC0415, F401  # as above
        import tifffile  # noqa: PLC0415, F401  # as above

        return _decode_tiff
    return None


def _limit(memory_bytes: int | None, cpu_seconds: float | None) -> None:
    """Let this process have so much more than it has now; None takes the limit away."""
    soft = resource.RLIM_INFINITY if memory_bytes is None else _data_bytes() + memory_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (soft, resource.RLIM_INFINITY))
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = (
        resource.RLIM_INFINITY
        if cpu_seconds is None
        else int(used.ru_utime + used.ru_stime + cpu_seconds) + 1
    )
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))


def _data_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # no path of ours
            return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 2**30  # where there is no /proc


def _decode_jpeg(file: BinaryIO, _asked: Asked) -> Answer:
    """Strict: libjpeg fills what it misses with grey and only warns, and Pillow does not listen."""
    import simplejpeg  # noqa: PLC0415  # imported by _decoder_of

    data = file.read()
    colours = {"Gray": "GRAY", "CMYK": "CMYK", "YCCK": "CMYK"}.get(
        simplejpeg.decode_jpeg_header(data)[2], "RGB"
    )
    warning = None
    try:
        shape = simplejpeg.decode_jpeg(data, colorspace=colours, strict=True).shape
    except ValueError as error:
        if _CORRUPT in str(error):
            raise
        warning = str(error)
        shape = simplejpeg.decode_jpeg(data, colorspace=colours, strict=False).shape
    return {"size": [shape[1], shape[0]], "warning": warning}


def _decode_uncommon_jpeg(file: BinaryIO, _asked: Asked) -> Answer:
    import imagecodecs  # noqa: PLC0415  # imported by _decoder_of

    height, width = imagecodecs.jpeg_decode(file.read()).shape[:2]
    return {"size": [width, height]}


def _decode_by_pillow(file: BinaryIO, asked: Asked) -> Answer:
    with Image.open(file, formats=_BY_PILLOW[asked["media_type"]]) as image:
        size = list(image.size)
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
        return {"size": size}


def _decode_tiff(file: BinaryIO, _asked: Asked) -> Answer:
    """Strip by strip and tile by tile: no page is ever in memory as a whole."""
    import tifffile  # noqa: PLC0415  # imported by _decoder_of

    sizes: list[list[int]] = []
    with tifffile.TiffFile(file, name="image") as tiff:
        for first in tiff.pages:
            for page in (first, *(first.pages or ())):
                _decode_page(page)
                sizes.append([page.imagewidth, page.imagelength])
    return {"sizes": sizes}


def _decode_page(page: Any) -> None:
    if not page.dataoffsets:
        return
    _check_supported(page)
    for number, segment in enumerate(page.segments(maxworkers=1)):
        if segment[0] is None:
            raise ValueError(
                f"strip or tile {number + 1} of the image directory at byte {page.offset} is empty"
            )


def _check_supported(page: Any) -> None:
    """Unsupported where tifffile has no decoder for the compression or the way samples are stored."""
    try:
        _ = page.decode
    except ValueError as error:
        raise Unsupported(" ".join(str(error).split())) from None
