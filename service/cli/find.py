"""`holdfast find`: which images are held."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.answering import answer, image_row
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import size, table


def find(
    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", help="Part of an identifier or path, in any case."),
    ] = None,
    *,
    collection: Annotated[
        str | None, typer.Option("--collection", "-c", metavar="ID", help="Only images of this collection.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", "-n", metavar="N", min=1, help="At most so many images.")
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """List the images that are held.

    With --json: a list with one row per image: image_id, package_id, path, bytes, sha256,
    media_type, width_px and height_px.

    \b
    EXAMPLES
      holdfast find
      holdfast find 0013609 --collection nhmuk-pinned
      holdfast find --json | python -m json.tool
    """
    from archive.finding import find as find_images

    with open_here(settings) as house:
        images = find_images(house, collection=collection, text=text, limit=limit)
    rows = [(image.image_id, size(image.size_bytes), image.media_type, image.path) for image in images]
    answer([image_row(image) for image in images], table(rows), as_json=as_json)
    return DONE
