"""`holdfast collection build`: the analysis-ready form of what is held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, say
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO
from service.wording import count, size

if TYPE_CHECKING:
    from archive.abridging import Withheld
    from archive.collection.building import Built, Runner
    from archive.collection.expecting import Expected
    from archive.collection.options import Options
    from holdings.house import House


def build(
    *,
    collection: Annotated[
        str, typer.Option("--collection", "-c", metavar="ID", help="The collection whose images to take.")
    ],
    packages: Annotated[
        list[str] | None, typer.Option("--from", metavar="PACKAGE", help="Only this bag; may be repeated.")
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="zarr|tiledb", help="The form of the pixels.")
    ] = "zarr",
    layout: Annotated[
        str,
        typer.Option("--layout", metavar="ozx|shards", help="Of zarr: one zip an image, or sharded arrays."),
    ] = "ozx",
    codec: Annotated[
        str, typer.Option("--codec", metavar="NAME", help="zstd, jpegxl (compact) or jpegxl-lossy.")
    ] = "zstd",
    first_level: Annotated[
        int,
        typer.Option(
            "--first-level", metavar="N", help="Leave larger levels to the originals; 1 is half size."
        ),
    ] = 0,
    access_copies: Annotated[
        bool, typer.Option("--access-copies", help="Add JPEG copies of 2048 and 400 px (lossy).")
    ] = False,
    stack: Annotated[
        bool, typer.Option("--stack", help="The images of a folder are the slices of one volume.")
    ] = False,
    store: Annotated[
        str | None, typer.Option("--store", metavar="NAME", help="Where to; without it, where bags go.")
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", min=1, help="Processes; more than 1 run on Dask.")
    ] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Of a Dask cluster: tcp://10.0.0.5:8786"),
    ] = None,
    estimate: Annotated[bool, typer.Option("--estimate", help="Only say how large it would be.")] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Build a collection: every image as a pyramid of tiles, and one table of them all.

    Originals are read by range out of their bags. What is printed has been read back, pixel by
    pixel, and from the store. A build that was interrupted goes on when the same command is run
    again; an image that cannot be built, or was withdrawn, is named and left out.

    \b
    EXAMPLES
      holdfast collection build --collection nhmuk-pinned --estimate
      holdfast collection build --collection nhmuk-pinned
      holdfast collection build -c nhmuk-pinned --codec jpegxl --access-copies
      holdfast collection build -c ct-scans --stack --format tiledb --workers 4
    """
    from archive.collection.building import build as build_collection
    from archive.collection.building import select
    from archive.collection.expecting import expect
    from archive.collection.options import Options

    options = Options(
        form=form,
        layout=layout,
        codec=codec,
        first_level=first_level,
        access_copies=access_copies,
        stack=stack,
    )
    with open_here(settings) as house:
        selected = select(house, collection, packages or (), stack=stack)
        expected = expect(house, collection, selected.images, options)
        if estimate:
            lines = [*_expected_lines(expected, options), *_withheld_lines(selected.withheld)]
            answer(
                {**_expected_document(expected), "withdrawn": _withheld_rows(selected.withheld)},
                lines,
                as_json=as_json,
            )
            return DONE
        for line in _expected_lines(expected, options):
            say(line)
        built = build_collection(
            house,
            collection,
            options,
            packages=packages or (),
            store=store,
            runner=_runner(house, workers, scheduler),
            threads=1 if workers > 1 else None,
        )
    answer(_document(built), _lines(built), as_json=as_json)
    return NO if built.failures else DONE


def _runner(house: House, workers: int, scheduler: str | None) -> Runner | None:
    from archive.collection.batch import on_dask

    if workers == 1 and scheduler is None:
        return None
    return partial(on_dask, house=house, workers=workers, scheduler=scheduler)


def _expected_document(expected: Expected) -> dict[str, object]:
    return {
        "images": expected.images,
        "source_bytes": expected.source_bytes,
        "pixel_bytes": expected.pixel_bytes,
        "bytes": expected.size_bytes,
        "factor": round(expected.factor, 2),
        "measured": expected.measured,
    }


def _expected_lines(expected: Expected, options: Options) -> Iterator[str]:
    basis = "as before" if expected.measured else "if they are as other specimens were"
    yield (
        f"{count(expected.images, 'image')}, {size(expected.source_bytes)} in bags: about "
        f"{size(expected.size_bytes)} to be written ({expected.factor:.1f} times as much), {basis}."
    )
    if expected.factor > _MANY_TIMES and (ways := ", ".join(_ways_out(options))):
        yield f"Smaller: {ways}."


_MANY_TIMES = 2
"""What one is told a way out of, before the build."""


def _ways_out(options: Options) -> Iterator[str]:
    """What takes less room and was not chosen."""
    if not options.first_level:
        yield "--first-level 1 (half size and less; the original stays one request away in its bag)"
    if options.form == "zarr" and options.codec == "zstd":
        yield "--codec jpegxl (the same pixels)"
    if options.form == "zarr" and options.codec != "jpegxl-lossy":
        yield "--codec jpegxl-lossy (marked as such)"


def _document(built: Built) -> dict[str, object]:
    from holdings.records import image_id

    package_id = built.package.package_id
    return {
        "package_id": package_id,
        "collection": built.package.collection,
        "store": built.store,
        "bytes": built.package.size_bytes,
        "objects": len(built.package.objects),
        "seconds": round(built.seconds, 3),
        "already_held": built.already_held,
        "images": [
            {
                "image_id": image_id(package_id, image.ordinal),
                "source": image.source_path,
                "key": image.key,
                "bytes": image.size_bytes,
                "objects": len(image.objects),
                "levels": image.levels,
                "lossy": image.is_lossy,
                "needs": image.needs,
                "notes": image.notes,
            }
            for image in built.images
        ],
        "left_out": built.failures,
        "withdrawn": _withheld_rows(built.withheld),
    }


def _withheld_rows(withheld: Sequence[Withheld]) -> list[dict[str, str]]:
    return [{"image_id": item.image_id, "path": item.path} for item in withheld]


def _withheld_lines(withheld: Sequence[Withheld]) -> Iterator[str]:
    for item in withheld:
        yield f"Not in it: {item.path}. {item.because}"


def _lines(built: Built) -> Iterator[str]:
    package = built.package
    if built.already_held:
        yield f"{package.package_id} was held already in {built.store}: {size(package.size_bytes)}."
        yield from _withheld_lines(built.withheld)
        return
    yield (
        f"{package.package_id} is held in {built.store}: {count(len(built.images), 'image')} of "
        f"{package.collection}, {size(package.size_bytes)} in {count(len(package.objects), 'object')}, "
        f"read back and verified in {built.seconds:.1f} s."
    )
    for failure in built.failures:
        yield f"Left out: {failure.path}, because {failure.because}"
    yield from _withheld_lines(built.withheld)
