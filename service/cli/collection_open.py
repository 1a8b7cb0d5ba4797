"""`holdfast collection open`: how to open an image, or the table, with other people's programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.answering import answer
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE

if TYPE_CHECKING:
    from holdings.house import House


def open_(
    identifier: Annotated[
        str,
        typer.Argument(
            metavar="ID", help="An image of a collection, an original that one has, or a collection."
        ),
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

    For a collection (an identifier without the number of an image): those that open its table of
    specimens with DuckDB. What is printed finds credentials where s3fs and TileDB look for them:
    in the environment or in your AWS profile.

    \b
    EXAMPLES
      holdfast collection open nhmuk-pinned-zarr-0f3a52c1d9e4.1
      holdfast collection open nhmuk-pinned-zarr-0f3a52c1d9e4.1 --store cold
      holdfast collection open nhmuk-pinned-zarr-0f3a52c1d9e4
    """
    with open_here(settings) as house:
        if store is not None:
            house.store(store)
        told = _image(house, identifier, store) if "." in identifier else _table(house, identifier, store)
    needs = str(told["needs"])
    note = [f"# needs {needs}"] if not needs.startswith("zarr 3 alone") else []
    answer(told, [*note, *told["python"]], as_json=as_json)
    return DONE


def _image(house: House, identifier: str, store: str | None) -> dict[str, Any]:
    from archive.collection.finding import find_built
    from archive.collection.opening import python_lines
    from holdings.records import image_id

    found = find_built(house, identifier)
    return {
        "image_id": image_id(found.package.package_id, found.built.ordinal),
        "python": python_lines(house, found, store=store),
        "needs": found.built.needs,
        "lossy": found.built.is_lossy,
    }


def _table(house: House, package_id: str, store: str | None) -> dict[str, Any]:
    from archive.collection.opening import table_lines

    lines = table_lines(house, house.catalogue.package(package_id), store=store)
    return {"package_id": package_id, "python": lines, "needs": "duckdb"}
