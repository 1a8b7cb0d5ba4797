"""A bag without those of its images that were withdrawn: another bag, valid, that says what is missing.

What described the whole bag told of the withdrawn images, too: it is not cut but written anew, of
the files that remain and from their own bytes. Only which record belongs to which image is taken over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from archive.bag import Intent, plan_bag, tag_files
from archive.describing import Description
from archive.describing.interface import Contents, Matched
from archive.describing.tables import PARQUET_NAME
from archive.identifying.identify import identify_files
from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.identifying.pronom import UNKNOWN
from archive.preparing import software
from archive.sources.folder import FolderSource
from archive.sources.interface import LeftOut, SourceFile
from archive.stream import hash_source
from archive.withdrawing import told
from holdings.house import House
from holdings.records import Image, Withdrawal

_PAYLOAD = "data"


@dataclass(frozen=True, kw_only=True, slots=True)
class Withheld:
    """An image that stays where it is."""

    image_id: str
    path: str
    because: str


def withheld(images: Sequence[Image], stones: Sequence[Withdrawal]) -> list[Withheld]:
    """The images of a package that `stones` stand for, in their order."""
    said = {stone.image_id: told(stone) for stone in stones}
    return [
        Withheld(image_id=image.image_id, path=image.path, because=said[image.image_id])
        for image in images
        if image.image_id in said
    ]


def abridge(
    house: House, folder: Path, intent: Intent, images: Sequence[Image], without: Sequence[Withheld]
) -> None:
    """Make the bag in `folder`, which is whole, one without some of its images.

    intent : with which the whole bag was made.
    images : all that are in the whole bag.
    """
    how = _how_matched(folder / PARQUET_NAME)
    _remove(folder, [item.path for item in without])
    source = FolderSource(folder / _PAYLOAD)
    files = sorted(
        (found for found in source.entries() if isinstance(found, SourceFile)),
        key=lambda file: file.path.encode(),
    )
    matched = {image.path: _matched(image, how) for image in images if image.terms}
    now = replace(
        intent,
        started_at=house.clock.now().replace(microsecond=0),
        software=software(),
        agent=house.agent,
        check=Check.STRUCTURE,
    )
    contents = Contents(
        package_id=now.package_id,
        collection=now.collection,
        started_at=now.started_at,
        software=now.software,
        agent=now.agent,
        check=now.check,
        files=_identified(house, source, files),
        matched={file.path: matched[file.path] for file in files if file.path in matched},
        left_out=[LeftOut(path=item.path, because=item.because) for item in without],
        number=now.number,
        count=now.count,
    )
    description = Description(contents, now.algorithms)
    layout = plan_bag(now, files, describe=description, remark=_remark(without))
    digests = hash_source(source, files, now.algorithms, job=f"describing {now.package_id}")
    for name, data in tag_files(layout, digests):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def _remark(without: Sequence[Withheld]) -> str:
    many = f"{len(without)} images were" if len(without) > 1 else "1 image was"
    return f"Not the whole package: {many} withdrawn and left out. metadata/premis.xml says which and why."


def _how_matched(table: Path) -> Mapping[str, tuple[str, str]]:
    """By which means and with which record each image was matched, by its path."""
    import pyarrow.parquet as pq  # noqa: PLC0415  # takes long to import; bags without records do without

    if not table.exists():
        return {}
    found = pq.ParquetFile(table).read(columns=["path", "matched_by", "record"], use_threads=False)
    columns = (found.column(name).to_pylist() for name in ("path", "matched_by", "record"))
    return {path: (by, where) for path, by, where in zip(*columns, strict=True) if where is not None}


def _matched(image: Image, how: Mapping[str, tuple[str, str]]) -> Matched:
    by, where = how.get(image.path, ("", ""))
    return Matched(specimen=image.specimen, terms=dict(image.terms), by=by, where=where)


def _remove(folder: Path, paths: Sequence[str]) -> None:
    """The files at `paths`, folders that they leave empty, and every tag file."""
    payload = folder / _PAYLOAD
    for path in paths:
        gone = payload / path
        gone.unlink()
        while (gone := gone.parent) != payload and not any(gone.iterdir()):
            gone.rmdir()
    for tag in sorted(folder.rglob("*"), reverse=True):  # what lies in a folder comes before it
        if tag.relative_to(folder).parts[0] == _PAYLOAD:
            continue
        if tag.is_dir():
            tag.rmdir()
        else:
            tag.unlink()


def _identified(
    house: House, source: FolderSource, files: Sequence[SourceFile]
) -> list[FoundImage | Sidecar]:
    threads = house.settings.limits.threads
    found = identify_files(source, files, check=Check.STRUCTURE, threads=threads)
    # What an earlier release took for a whole image was accepted, and is not dropped here.
    return [
        Sidecar(file=file, format=UNKNOWN, notes=(item.because,)) if isinstance(item, LeftOut) else item
        for file, item in zip(files, found, strict=True)
    ]
