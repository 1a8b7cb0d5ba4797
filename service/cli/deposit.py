"""`holdfast deposit`: a folder of images comes in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.answering import answer, image_row
from service.cli.options import AsJson, Receipts, SettingsFile
from service.cli.receipt import RECEIPTS_FOLDER, told_receipt
from service.cli.session import open_here
from service.cli.statuses import DONE
from service.wording import count, size

if TYPE_CHECKING:
    from archive.receipt import Receipt


def deposit(
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The folder to deposit; it is only read.")],
    *,
    collection: Annotated[
        str,
        typer.Option("--collection", "-c", metavar="ID", help="The collection that they belong to."),
    ],
    receipts: Receipts = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Deposit the images in a folder: one bag, stored, read back and verified.

    What is printed has been read back from the store and matched. A deposit that was
    interrupted goes on where it stopped when the same command is run again; one that was
    finished before is recognised, and nothing is stored twice. A receipt to keep is written
    as a page and as JSON, by default to the folder `receipts` beside holdfast.toml.

    \b
    EXAMPLES
      holdfast deposit photos --collection nhmuk-pinned
      holdfast deposit /mnt/scanner/2026-11 -c rbge-herbarium --json > receipt.json
    """
    from archive.deposit import deposit as deposit_folder
    from archive.receipting import receipt_of
    from reports.receipt import make_folder, write_receipt

    with open_here(settings) as house:
        folder = receipts or house.settings.folder / RECEIPTS_FOLDER
        make_folder(folder)  # before anything is stored: without it nothing could be acknowledged
        receipt = deposit_folder(house, source, collection=collection)
        written = write_receipt(receipt_of(house, receipt), folder, overwrite=True)
    answer(receipt_document(receipt, written), _lines(receipt, written), as_json=as_json)
    return DONE


def receipt_document(receipt: Receipt, written: Sequence[Path]) -> dict[str, object]:
    """A receipt as `--json` shows it."""
    return {
        "receipts": written,
        "package_id": receipt.package_id,
        "collection": receipt.collection,
        "store": receipt.store,
        "bytes": receipt.size_bytes,
        "seconds": round(receipt.seconds, 3),
        "already_held": receipt.already_held,
        "accepted": len(receipt.images),
        "images": [image_row(image) for image in receipt.images],
        "sidecars": list(receipt.sidecars),
        "left_out": receipt.left_out,
    }


def _lines(receipt: Receipt, written: Sequence[Path]) -> Iterator[str]:
    done = "was held already" if receipt.already_held else "is held"
    yield (
        f"{receipt.package_id} {done} in {receipt.store}: "
        f"{count(len(receipt.images), 'image')} of {receipt.collection}, {size(receipt.size_bytes)}, "
        f"read back and verified in {receipt.seconds:.1f} s."
    )
    if receipt.sidecars:
        yield f"Kept beside them, not being images: {count(len(receipt.sidecars), 'file')}."
    for left_out in receipt.left_out:
        yield f"Left out: {left_out.path}, because {left_out.because}"
    yield told_receipt(written)
