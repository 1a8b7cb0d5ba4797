"""`holdfast collection window`: part of an image, by the tiles it touches."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, tell_troubles
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE

if TYPE_CHECKING:
    from archive.collection.reading import Box

_BOX = re.compile(r"^(\d{1,9}):(\d{1,9}),(\d{1,9}):(\d{1,9})$")


def window(
    image_id: Annotated[
        str, typer.Argument(metavar="IMAGE", help="Of a collection, or of an original that one has.")
    ],
    *,
    box: Annotated[str, typer.Option("--box", metavar="Y0:Y1,X0:X1", help="Rows and columns of the level.")],
    target: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write it: .png, .tif or .npy.")
    ],
    level: Annotated[int, typer.Option("--level", "-l", metavar="L", min=0, help="0 is full size.")] = 0,
    z: Annotated[int, typer.Option("--z", metavar="Z", min=0, help="Page, or slice of a volume.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it is there.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Read a window of an image: the tiles that it touches, one request each.

    \b
    EXAMPLES
      holdfast collection window nhmuk-pinned-zarr-0f3a52c1d9e4.1 --box 0:512,0:512 -o part.png
      holdfast collection window nhmuk-pinned-0f3a52c1d9e4.1 -l 2 --box 100:300,0:400 -o part.tif
    """
    from archive.collection.finding import find_built
    from archive.collection.picturing import write_pixels
    from archive.collection.reading import window as read_window
    from archive.landing import check_target
    from holdings.records import image_id as name_of

    check_target(target, overwrite=overwrite)
    with open_here(settings) as house:
        found = find_built(house, image_id)
        read = read_window(house, found, _box(box, level, z))
    tell_troubles(read.troubles)
    write_pixels(read.pixels, target, overwrite=overwrite)
    height, width, channels = read.pixels.shape
    name = name_of(found.package.package_id, found.built.ordinal)
    document = {
        "image_id": name,
        "level": level,
        "file": target,
        "height_px": height,
        "width_px": width,
        "channels": found.built.channels,
        "dtype": found.built.dtype,
        "store": read.store,
    }
    told = f"{width} x {height} pixels of {channels} x {found.built.dtype}, level {level}, from {read.store}"
    answer(document, [f"The window of {name} is in {target}: {told}."], as_json=as_json)
    return DONE


def _box(text: str, level: int, z: int) -> Box:
    from archive.collection.reading import Box
    from holdings.errors import BadInput

    match = _BOX.fullmatch(text)
    if match is None:
        raise BadInput(f"'{text}' is no window.", hint="Write rows, then columns: --box 0:512,1024:1536")
    y0, y1, x0, x1 = map(int, match.groups())
    return Box(level=level, y=(y0, y1), x=(x0, x1), z=z)
