"""TIFF 6.0, BigTIFF and the raw formats that are TIFFs: every table, every strip and tile inside the file.

Only the tables are read, whatever the size of the pixels. A cut is found wherever it takes a
byte that a table points to. What structure cannot tell: that bytes were cut off after the last
one that anything points to, and what is wrong inside compressed strips.
"""

from __future__ import annotations

from collections.abc import Iterator

from archive.identifying.formats.tiff_kinds import Kind, kind_of
from archive.identifying.formats.tiff_pages import (
    ICC_PROFILE,
    NEW_SUBFILE_TYPE,
    SUB_IFDS,
    WIDTH,
    XMP,
    check_pixels,
    described_page,
)
from archive.identifying.interface import Characteristics
from archive.identifying.metadata import exif, icc, xmp
from archive.identifying.metadata.embedded import Embedded
from archive.identifying.metadata.ifd import Ifd, Ifds
from archive.identifying.reading import Bytes
from archive.identifying.structure import Broken, Structure

_MOST_IFDS = 2**16
_SUB_DEPTH = 3
"""Directories below directories: raw files have one level of them, pyramids one."""
_REDUCED = 1
"""Bit of NewSubfileType: a smaller picture of another one."""
_TOLD_IFDS = 8
_TOLD_BYTES = 4096


def look(data: Bytes) -> Structure:
    """Raises Broken."""
    ifds, first = _header(data)
    pages, below = _read_all(ifds, first)
    kind = kind_of(ifds, pages[0], below, data.at(0, min(16, data.size), "the header"))
    for ifd in (*pages, *below):
        check_pixels(ifds, ifd, exact=kind.exact)
    main = _main(ifds, pages, below, kind)
    embedded = _embedded(ifds, pages[0], main)
    described = embedded.described
    whole = [page for page in pages if not _is_reduced(ifds, page)]
    return Structure(
        media_type=kind.media_type,
        characteristics=Characteristics(
            **described_page(ifds, main),  # type: ignore[arg-type]  # names and types as described_page gives them
            icc_profile=embedded.icc_profile,
            resolution_ppi=described.resolution_ppi,
            pages=1 if kind.raw else len(whole) or len(pages),
            captured_at=described.captured_at,
            camera=described.camera,
        ),
        notes=tuple(embedded.notes),
        telling=tuple(_telling(ifds, (*pages, *below))),
    )


def _header(data: Bytes) -> tuple[Ifds, int]:
    head = data.at(0, 8, "the header")
    order = "<" if head[:2] == b"II" else ">"
    byteorder = "little" if order == "<" else "big"
    if head[2:4] in (b"+\0", b"\0+"):
        if head[4:8] not in (b"\x08\0\0\0", b"\0\x08\0\0"):
            raise Broken("its header is not that of a BigTIFF: its offsets are not of 8 bytes")
        offset = int.from_bytes(data.at(8, 8, "the header"), byteorder)  # type: ignore[arg-type]  # one of two words
        return Ifds(data, order=order, big=True), offset
    return Ifds(data, order=order), int.from_bytes(head[4:8], byteorder)  # type: ignore[arg-type]  # one of two words


def _read_all(ifds: Ifds, first: int) -> tuple[list[Ifd], list[Ifd]]:
    """The directories of the chain, and those below them. Raises Broken where they go in a circle."""
    seen: set[int] = set()
    pages = list(_chain(ifds, first, seen))
    below: list[Ifd] = []
    level = pages
    for _ in range(_SUB_DEPTH):
        level = [
            ifd for page in level for at in ifds.numbers(page, SUB_IFDS) for ifd in _chain(ifds, at, seen)
        ]
        below += level
    return pages, below


def _chain(ifds: Ifds, offset: int, seen: set[int]) -> Iterator[Ifd]:
    if not offset:
        raise Broken("its header points to no image directory: it was never finished")
    while offset:
        if offset in seen:
            raise Broken(f"its image directories go in a circle: byte {offset} is pointed to twice")
        if len(seen) >= _MOST_IFDS:
            raise Broken(f"it has more than {_MOST_IFDS} image directories")
        seen.add(offset)
        ifd = ifds.read(offset)
        yield ifd
        offset = ifd.next


def _is_reduced(ifds: Ifds, ifd: Ifd) -> bool:
    return bool(ifds.number(ifd, NEW_SUBFILE_TYPE) & _REDUCED)


def _main(ifds: Ifds, pages: list[Ifd], below: list[Ifd], kind: Kind) -> Ifd:
    """The picture itself: in a raw file the largest, elsewhere the first that is not a preview."""
    pictures = [ifd for ifd in (*pages, *below) if WIDTH in ifd.tags]
    if not pictures:
        if kind.exact:
            raise Broken(f"none of its {len(pages)} image directories describes a picture")
        return pages[0]
    if kind.raw:
        return max(pictures, key=lambda ifd: ifds.number(ifd, WIDTH))
    return next((ifd for ifd in pictures if not _is_reduced(ifds, ifd)), pictures[0])


def _embedded(ifds: Ifds, first: Ifd, main: Ifd) -> Embedded:
    embedded = Embedded()
    lenient = ifds.lenient()
    try:
        embedded.exif = exif.from_ifds(lenient, first)
        if main is not first:
            here = exif.Described(resolution_ppi=exif.resolution(lenient, main))
            embedded.exif = here.otherwise(embedded.exif)
    except Broken as broken:
        embedded.notes.append(f"its EXIF cannot be read: {broken}")
    for number, most_bytes, add in (
        (XMP, xmp.MOST_BYTES, embedded.add_xmp),
        (ICC_PROFILE, icc.MOST_BYTES, embedded.add_icc),
    ):
        owner = main if number in main.tags else first
        value = ifds.raw(owner, number, most_bytes)
        if value is not None:
            add(value)
        elif number in owner.tags:
            embedded.notes.append(f"tag {number} has {owner.tags[number].size} bytes and was not looked into")
    return embedded


def _telling(ifds: Ifds, all_ifds: tuple[Ifd, ...]) -> Iterator[tuple[int, int]]:
    yield 0, 64
    for ifd in all_ifds[:_TOLD_IFDS]:
        yield ifd.offset, min(ifd.size, _TOLD_BYTES)
        pointer = ifds.number(ifd, exif.EXIF_IFD)
        if pointer:
            yield pointer, _TOLD_BYTES
