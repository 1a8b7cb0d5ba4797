"""`holdfast export`: a package leaves as a plain bag folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, tell_troubles
from service.cli.options import AsJson, SettingsFile
from service.cli.session import open_here
from service.cli.statuses import DONE, NO
from service.wording import count, size

if TYPE_CHECKING:
    from archive.exporting import Exported


def export(
    package_id: Annotated[
        str, typer.Argument(metavar="PACKAGE_ID", help="As `holdfast find --json` shows it.")
    ],
    target: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make; it must not exist.")],
    *,
    without_withdrawn: Annotated[
        bool,
        typer.Option(
            "--without-withdrawn", help="Where images in it were withdrawn, write a bag of the others."
        ),
    ] = False,
    second_opinion: Annotated[
        bool, typer.Option("--second-opinion", help="Have the bagit library validate the result, too.")
    ] = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Write a package as a plain BagIt folder that any BagIt tool validates.

    A package with a withdrawn image is refused. With --without-withdrawn it is written as
    another bag, of the other images, with manifests and descriptions of its own; its bag-info.txt
    says that it is not the whole package, and the PREMIS events in it name what was left out.

    \b
    EXAMPLES
      holdfast export nhmuk-pinned-0f3a52c1d9e4 /mnt/courier/bag
      holdfast export nhmuk-pinned-0f3a52c1d9e4 bag --second-opinion
      holdfast export nhmuk-pinned-0f3a52c1d9e4 bag --without-withdrawn
    """
    from archive.exporting import export as export_package

    with open_here(settings) as house:
        exported = export_package(
            house,
            package_id,
            target,
            without_withdrawn=without_withdrawn,
            second_opinion=second_opinion,
        )
    tell_troubles(exported.troubles)
    answer(_document(exported), _lines(exported), as_json=as_json)
    return DONE if exported.second_opinion in (None, "valid") else NO


def _document(exported: Exported) -> dict[str, object]:
    return {
        "package_id": exported.package_id,
        "folder": exported.target,
        "files": exported.files,
        "bytes": exported.payload_bytes,
        "store": exported.store,
        "without": [{"image_id": item.image_id, "path": item.path} for item in exported.without],
        "second_opinion": exported.second_opinion,
    }


def _lines(exported: Exported) -> Iterator[str]:
    yield (
        f"{exported.package_id} is in {exported.target}: {count(exported.files, 'file')}, "
        f"{size(exported.payload_bytes)}, from {exported.store}."
    )
    for item in exported.without:
        yield f"Not in it: {item.path}. {item.because}"
    if exported.second_opinion is not None:
        yield f"bagit-python says: {exported.second_opinion}"
