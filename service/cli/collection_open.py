"""`holdfast collection open`: how to open an image with other people's programs."""

from __future__ import annotations

from typing import Annotated

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE


def open_(
    image_id: Annotated[
        str, typer.Argument(metavar="IMAGE", help="Of a collection, or of an original that one has.")
    ],
    *,
    store: Annotated[
        str | None,
        typer.Option("--store", metavar="NAME", help="Where to read; without it, the first good copy."),
    ] = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Print the lines of Python that open an image, without Holdfast and without any secret.

    What is printed finds credentials where s3fs and TileDB look for them: in the environment
    or in your AWS profile.

    \b
    EXAMPLES
      holdfast collection open nhmuk-pinned-zarr-0f3a52c1d9e4.1
      holdfast collection open nhmuk-pinned-zarr-0f3a52c1d9e4.1 --store cold
    """
    from archive.collection.finding import find_built
    from archive.collection.opening import python_lines
    from holdings.records import image_id as name_of

    with open_here(settings) as house:
        if store is not None:
            house.store(store)
        found = find_built(house, image_id)
        lines = python_lines(house, found, store=store)
    needs = found.built.needs
    document = {
        "image_id": name_of(found.package.package_id, found.built.ordinal),
        "python": lines,
        "needs": needs,
        "lossy": found.built.is_lossy,
    }
    note = [f"# needs {needs}"] if not needs.startswith("zarr 3 alone") else []
    answer(document, [*note, *lines], as_json=as_json)
    return DONE
