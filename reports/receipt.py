"""The receipt of a deposit: one HTML page to keep and to print, and the same as JSON for programs.

The page shows the beginning of what may be a million images and says where the rest is; the JSON
holds every one, and is written as it is made. Neither is ever seen half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from archive.landing import check_target, landing_file
from archive.receipt import ReceiptDocument
from holdings.errors import BadInput, HoldfastError, Unavailable
from holdings.records import short
from reports.numbers import count, day_of, joined, plural, si_bytes
from reports.receipt_json import receipt_lines
from reports.templating import environment

SHOWN = 200
"""Rows of each table on the page: about ten sheets of paper for the images."""


def receipt_paths(folder: Path, deposit: str) -> tuple[Path, Path]:
    """Where the page and the JSON of a deposit's receipt lie."""
    return folder / f"{deposit}.html", folder / f"{deposit}.json"


def write_receipt(document: ReceiptDocument, folder: Path, *, overwrite: bool) -> tuple[Path, Path]:
    """Write both into `folder`, which is made where it is missing; the paths of the page and the JSON.

    Raises BadInput where one is there and is not to be replaced, or cannot be written.
    """
    make_folder(folder)
    page, data = receipt_paths(folder, document.deposit)
    for target in (page, data):
        check_target(target, overwrite=overwrite)
    with landing_file(data, overwrite=overwrite) as file:
        file.writelines(receipt_lines(document))
    with landing_file(page, overwrite=overwrite) as file:
        file.write(render_receipt(document).encode())
    return page, data


@contextmanager
def folder_for_receipts(folder: Path) -> Iterator[None]:
    """As `make_folder`; it goes again where it was not there and nothing came of it."""
    was_there = folder.exists()
    make_folder(folder)
    try:
        yield
    except HoldfastError:
        if not was_there:
            with suppress(OSError):  # somebody else's receipts lie in it
                folder.rmdir()
        raise


def make_folder(folder: Path) -> None:
    """Make the folder of the receipts.

    Raises Unavailable where that cannot be, BadInput where something else bears its name.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        kind = BadInput if isinstance(error, FileExistsError | NotADirectoryError) else Unavailable
        raise kind(
            f"The folder {folder} for receipts cannot be made: {error.strerror}.",
            hint="Name another with --receipt.",
        ) from None


def render_receipt(document: ReceiptDocument, *, shown: int = SHOWN) -> str:
    """The page itself; the same document gives the same bytes.

    shown : how many rows of each table at most.
    """
    _, data = receipt_paths(Path(), document.deposit)
    first_bag = document.bags[0]
    return (
        environment()
        .get_template("receipt.html")
        .render(
            receipt=document,
            shown=shown,
            # Without their terms, which are not shown: of many columns they would be most of the memory.
            images=[replace(image, terms={}) for image in islice(document.images(), shown)],
            answers=_answers(document),
            data_name=data.name,
            deposited_on=day_of(first_bag.deposited_at),
            hashes=joined([name.upper().replace("SHA", "SHA-") for name in document.algorithms]),
            bag_bytes=sum(bag.size_bytes for bag in document.bags),
            **_WORDS,
        )
    )


_WORDS: dict[str, Callable[..., str]] = {
    "count": count, "plural": plural, "si_bytes": si_bytes, "moment": short, "joined": joined,
}  # fmt: skip


def _answers(document: ReceiptDocument) -> Iterable[tuple[str, str, str]]:
    """The numbers at the top: number, what it counts, a remark."""
    yield (
        count(document.image_count),
        "image accepted" if document.image_count == 1 else "images accepted",
        f"{si_bytes(document.size_bytes)}, each byte read back and matched",
    )
    if (left_out := document.left_out) is not None:
        yield count(len(left_out)), "left out", "each with its reason below" if left_out else "nothing"
    if (matched := document.matched) is not None:
        without = plural(len(matched.images_without_record), "image has none", "images have none")
        yield count(matched.matched), "with a record", without
    copies = min(len(bag.copies) for bag in document.bags)
    bags = "the bag" if len(document.bags) == 1 else f"each of {len(document.bags)} bags"
    yield count(copies), "verified copy" if copies == 1 else "verified copies", f"of {bags}, by today"
