"""`holdfast collection rebuild`: the proof that a collection can be made again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO
from service.wording import count

if TYPE_CHECKING:
    from archive.collection.rebuilding import Rebuilt


def rebuild(
    package_id: Annotated[str, typer.Argument(metavar="COLLECTION", help="The package of a collection.")],
    *,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Make every image of a collection again from its bags, and compare it with what is held.

    Nothing is stored. With the same versions of the codecs every image is the same to the byte
    (in TileDB's form, to the pixel).

    \b
    EXAMPLES
      holdfast collection rebuild nhmuk-pinned-zarr-0f3a52c1d9e4
    """
    from archive.collection.rebuilding import rebuild as rebuild_collection

    with open_here(settings) as house:
        rebuilt = rebuild_collection(house, package_id)
    answer({"same": rebuilt.is_same, "images": rebuilt.images}, _lines(rebuilt), as_json=as_json)
    return DONE if rebuilt.is_same else NO


def _lines(rebuilt: Rebuilt) -> Iterator[str]:
    others = [image for image in rebuilt.images if image.because is not None]
    for image in others:
        yield f"{image.path} is not the same: {image.because}"
    verdict = f"{count(len(others), 'image')} not the same." if others else "all the same."
    yield f"{rebuilt.package_id} was made again: {count(len(rebuilt.images), 'image')}, {verdict}"
