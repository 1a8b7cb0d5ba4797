"""`holdfast deposit`: images come in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from holdings.errors import BadInput
from service.cli.answering import Lazily, answer, image_row
from service.cli.options import AsJson, Receipts, SettingsFile
from service.cli.receipt import RECEIPTS_FOLDER, told_receipt
from service.cli.session import open_here
from service.cli.statuses import DONE, NO
from service.wording import count, size

if TYPE_CHECKING:
    from archive.identifying.interface import Check
    from archive.receipt import MatchedRecords, Namesakes, Receipt

_NAMED = 20
"""Of a kind, so many are named on the screen; `--json` names all."""
_BAG_BYTES_HINT = 'For example: --bag-bytes "512 MB"'
_ARCHIVE = re.compile(r"\.(tar|tar\.gz|tgz|zip)\Z")


def deposit(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A folder, tar, tar.gz or zip, or a place in a store (hot:incoming/, s3://...); only read.",
        ),
    ],
    *,
    collection: Annotated[
        str | None,
        typer.Option(
            "--collection",
            "-c",
            metavar="ID",
            help="The collection that they belong to; without it, the one that SOURCE is named after.",
        ),
    ] = None,
    metadata: Annotated[
        Path | None,
        typer.Option(
            "--metadata",
            metavar="FILE",
            help="Specimen records: a table, a Darwin Core Archive, Parquet or openDS JSON; "
            "looked for here, then in SOURCE if it is a folder.",
        ),
    ] = None,
    check: Annotated[
        str,
        typer.Option(
            "--check", metavar="HOW", help="Look at each image's structure, or decode every pixel as well."
        ),
    ] = "structure",
    bag_bytes: Annotated[
        str | None,
        typer.Option(
            "--bag-bytes",
            metavar="SIZE",
            help="At most so much in one bag, as 512 MB; else as the settings say.",
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler", metavar="ADDRESS", help="Let Dask workers do the work, as tcp://10.0.0.5:8786."
        ),
    ] = None,
    receipts: Receipts = None,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> int:
    """Deposit images: bags of bounded size, stored, read back and verified.

    What is printed has been read back from the store and matched. A deposit that was
    interrupted goes on where it stopped when the same command is run again, without reading
    what is finished; one that was finished before is recognised, and nothing is stored twice.
    A receipt to keep is written as a page and as JSON, by default to the folder `receipts`
    beside holdfast.toml.

    Files that are broken, empty, unreadable or no plain files are left out and named, and the
    others are deposited; the exit status is 1 then, so that no script clears the source. What an
    operating system left behind and folders without files are named, too, and change no status.

    \b
    EXAMPLES
      holdfast deposit photos --collection nhmuk-pinned
      holdfast deposit sheets.zip -c rbge-herbarium --metadata occurrences.zip
      holdfast deposit hot:incoming/2026-11/ -c rbge-herbarium --bag-bytes "512 MB"
      holdfast deposit /mnt/scanner/2026-11 -c rbge-herbarium --json > receipt.json
    """
    from archive.deposit import Wishes, depositing
    from archive.receipting import receipt_of
    from reports.receipt import folder_for_receipts, write_receipt

    wishes = Wishes(metadata=metadata, check=_check(check), bag_bytes=_bytes(bag_bytes), scheduler=scheduler)
    collection = collection or _named_after(source)
    with open_here(settings) as house:
        folder = receipts or house.settings.folder / RECEIPTS_FOLDER
        with (
            # Before anything is stored: without it nothing could be acknowledged.
            folder_for_receipts(folder),
            depositing(house, source, collection=collection, wishes=wishes) as receipt,
        ):
            written = write_receipt(receipt_of(house, receipt), folder, overwrite=True)
            answer(receipt_document(receipt, written), _lines(receipt, written), as_json=as_json)
            return NO if receipt.missed else DONE


def _named_after(source: str) -> str:
    """The collection that goes by the name of the folder, archive or prefix."""
    from holdings.records import check_collection_id

    name = _ARCHIVE.sub("", Path(source).absolute().name)
    try:
        return check_collection_id(name)
    except BadInput as error:
        raise BadInput(error.sentence, hint="Name the collection: --collection nhmuk-pinned") from None


def _check(text: str) -> Check:
    from archive.identifying.interface import Check

    try:
        return Check(text)
    except ValueError:
        raise BadInput(
            f"--check is '{text[:80]}'; it is {' or '.join(check.value for check in Check)}.",
            hint="Leave it out: it is structure then.",
        ) from None


def _bytes(text: str | None) -> int | None:
    from holdings.settings.quantities import parse_size

    if text is None:
        return None
    try:
        found = parse_size(int(text) if text.isdecimal() and text.isascii() else text)
    except ValueError as error:
        raise BadInput(f"--bag-bytes is '{text[:80]}': {error}.", hint=_BAG_BYTES_HINT) from None
    if found < 1:
        raise BadInput("--bag-bytes is 0: a bag holds at least one file.", hint=_BAG_BYTES_HINT)
    return found


def receipt_document(receipt: Receipt, written: Sequence[Path]) -> dict[str, object]:
    """A receipt as `--json` shows it."""
    return {
        "receipts": written,
        "package_id": receipt.package_id,
        "collection": receipt.collection,
        "source": receipt.source,
        "store": receipt.store,
        "bytes": receipt.size_bytes,
        "seconds": round(receipt.seconds, 3),
        "already_held": receipt.already_held,
        "check": receipt.check,
        "algorithms": list(receipt.algorithms),
        "accepted": len(receipt.images),
        "bags": [
            {
                "package_id": bag.package_id,
                "store": bag.store,
                "url": bag.url,
                "bytes": bag.size_bytes,
                "sha256": bag.sha256,
                "images": bag.images,
                "already_held": bag.already_held,
                "get_back": f"holdfast export {bag.package_id} DIR",
            }
            for bag in receipt.bags
        ],
        "images": Lazily(receipt.images, image_row),
        "sidecars": Lazily(receipt.sidecars),
        "sidecar_checksums": Lazily(receipt.kept),
        "left_out": Lazily(receipt.left_out),
        "noticed": Lazily(receipt.noticed),
        "missed": receipt.missed,
        "same_names": receipt.namesakes,
        "records": _records_document(receipt.records),
    }


def _records_document(records: MatchedRecords | None) -> dict[str, object] | None:
    if records is None:
        return None
    return {
        "metadata": records.metadata,
        "matched": records.matched,
        "images_without_record": Lazily(records.images_without_record),
        "records_without_image": Lazily(records.records_without_image or ()),
        "ambiguous": Lazily(records.ambiguous),
        "findings": list(records.findings),
    }


def _lines(receipt: Receipt, written: Sequence[Path]) -> Iterator[str]:
    from archive.naming import is_newer_version

    for bag in receipt.bags:
        done = "was held already" if bag.already_held else "is held"
        yield (
            f"{bag.package_id} {done} in {bag.store}: "
            f"{count(bag.images, 'image')} of {receipt.collection}, {size(bag.size_bytes)}, "
            + (
                f"read back and verified in {receipt.seconds:.1f} s."
                if len(receipt.bags) == 1
                else "read back and verified."
            )
        )
    newer = sum(is_newer_version(bag.package_id) and not bag.already_held for bag in receipt.bags)
    if newer:
        yield (
            f"{count(newer, 'bag')} {'is a new version' if newer == 1 else 'are new versions'}: "
            "the same names and sizes were held with other content, other records or damage, and still are."
        )
    if receipt.namesakes is not None:
        yield from _namesake_lines(receipt.namesakes)
    if len(receipt.bags) > 1:
        yield (
            f"{count(len(receipt.images), 'image')} in {len(receipt.bags)} bags, {size(receipt.size_bytes)}, "
            f"in {receipt.seconds:.1f} s."
        )
    if receipt.kept:
        yield f"Kept beside them, not being images: {count(len(receipt.kept), 'file')}."
    if receipt.records is not None:
        yield from _record_lines(receipt.records)
    yield from _some(
        "Left out",
        len(receipt.left_out),
        (f"{item.path}, because {item.because}" for item in receipt.left_out),
    )
    yield from _some(
        "Noticed", len(receipt.noticed), (f"{item.path}: {item.what}" for item in receipt.noticed)
    )
    if receipt.missed:
        yield f"Keep the source: {count(receipt.missed, 'file')} of it {_are(receipt.missed)} in no bag."
    yield told_receipt(written)


def _namesake_lines(found: Namesakes) -> Iterator[str]:
    """Of what the collection held before under the same names."""
    for item in found.first:
        yield (
            f"Same name: {item.path}; another content under it is held in {item.package_id}; both are kept."
        )
    if found.other_content > len(found.first):
        yield f"Same name: {found.other_content - len(found.first):,} more with other content; both are kept."
    if found.same_content:
        packages = f"{', '.join(found.packages[:3])}{' and others' if len(found.packages) > 3 else ''}"
        yield (
            f"Held already: {count(found.same_content, 'image')} with the same name and content "
            f"{_are(found.same_content)} in {packages}, too."
        )


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _record_lines(records: MatchedRecords) -> Iterator[str]:
    yield f"Matched to a record of {records.metadata}: {count(records.matched, 'image')}."
    for what, found in (
        ("Without a record", records.images_without_record),
        ("Without an image", records.records_without_image or ()),
        ("Not decided", records.ambiguous),
        ("Noticed", records.noticed),
    ):
        yield from _some(what, len(found), found)


def _some(what: str, total: int, told: Iterable[str]) -> Iterator[str]:
    for number, text in enumerate(told):
        if number == _NAMED:
            yield f"{what}: {total - _NAMED:,} more; --json names all."
            return
        yield f"{what}: {text}"
