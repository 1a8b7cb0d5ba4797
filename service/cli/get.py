"""`holdfast get`: one image comes back, the same bytes."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, image_row, tell_troubles
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import size

if TYPE_CHECKING:
    from holdings.house import House


def get(
    image_id: Annotated[str, typer.Argument(metavar="IMAGE_ID", help="As `holdfast find` shows it.")],
    *,
    target: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Where to write it; without it, the image's own name here."
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE if it is there.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Read one image back, by its byte range inside the bag, and check its SHA-256.

    \b
    EXAMPLES
      holdfast get nhmuk-pinned-0f3a52c1d9e4.1 -o back.jpg
      holdfast get nhmuk-pinned-0f3a52c1d9e4.1 --json
    """
    from archive.getting import get_image

    with open_here(settings) as house:
        target = target or _own_name(house, image_id)
        got = get_image(house, image_id, target, overwrite=overwrite)
    tell_troubles(got.troubles)
    image = got.image
    told = f"{size(image.size_bytes)}, SHA-256 {image.sha256}, from {got.store}"
    document = {**image_row(image), "file": got.target, "store": got.store}
    answer(document, [f"{image_id} is in {got.target}: {told}."], as_json=as_json)
    return DONE


def _own_name(house: House, image_id: str) -> Path:
    return Path(PurePosixPath(house.catalogue.images.image(image_id).path).name)
