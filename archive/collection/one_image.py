"""One image from its bag into a collection: fetched, decoded, written, compared, put, proven."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from archive.collection.access_copies import AccessCopies
from archive.collection.built import BuiltImage, image_key
from archive.collection.checking import SHA256, XXH3, Digests, compare_pixels
from archive.collection.codecs import Codec, codec_for
from archive.collection.interface import ImageArrayWriter, Part, Written
from archive.collection.ome_zarr import ZarrWriter
from archive.collection.options import Options
from archive.collection.originals import Opened, Originals, open_originals
from archive.collection.pyramid import Block, Pyramid
from archive.collection.scratch import room_needed
from archive.collection.shapes import Form, Level, Zyx
from archive.collection.tiledb_form import NEEDS, TileDBWriter
from archive.reading import Trouble
from archive.stream import gathered
from holdings.errors import NotFound
from holdings.records import Image, StoredObject, package_prefix
from holdings.stores.interface import Store
from holdings.stores.proving import put_and_prove

_LARGEST_PROFILE = 2**20
"""Of a colour profile or EXIF block that travels in an image's metadata."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """One image to be built; small enough to be sent to another machine."""

    ordinal: int
    package_id: str
    """Of the collection."""
    sources: tuple[Image, ...]
    """One original, or the slices of a volume."""
    copies: tuple[str, ...]
    """Stores that have the originals, the most promising first."""
    target: str
    """The store that the collection is written to."""
    options: Options
    threads: int

    @property
    def path(self) -> str:
        """Of the original; of a volume, its folder."""
        first = self.sources[0].path
        return str(PurePosixPath(first).parent) if self.options.stack else first


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """An image that is written and checked, and in no store yet."""

    built: BuiltImage
    """Without its objects."""
    image: tuple[Part, ...]
    copies: tuple[Part, ...]


def build_image(task: Task, stores: Mapping[str, Store]) -> tuple[BuiltImage, tuple[Trouble, ...]]:
    """Put the image of `task` into its store, every object of it proven, and say what it became.

    Raises BadInput naming the image where it cannot be in a collection; nothing of it is left then.
    """
    store, prefix = stores[task.target], package_prefix(task.package_id)
    originals = Originals(stores, task.copies)
    with ExitStack() as stack:
        made = make_image(task, originals, stack)
        if task.options.form == "tiledb":
            _clear(store, f"{prefix}{made.built.key}/")
        built = replace(
            made.built,
            objects=tuple(_put(store, prefix, _named(made.built.key, part)) for part in made.image),
            copies=tuple(_put(store, prefix, _named(made.built.key, part)) for part in made.copies),
        )
    return built, tuple(originals.troubles)


def make_image(task: Task, originals: Originals, stack: ExitStack) -> Made:
    """Everything but the store: what is kept on disk for the parts is given back with `stack`.

    Raises StoreFull where this machine's disk is.
    """
    with room_needed(task.path):
        return _make(task, originals, stack)


def _make(task: Task, originals: Originals, stack: ExitStack) -> Made:
    opened = open_originals(task.sources, task.options, originals, stack)
    form = opened.form
    codec = codec_for(task.options.codec, form)
    writer = stack.enter_context(_writer(form, codec, task))
    digests = Digests(form, writer.write, by=SHA256 if codec.is_lossy else XXH3)
    copies = AccessCopies(form) if task.options.access_copies else None
    _pour(opened, digests, copies)
    writer.finish()
    # Of what is not lossy, the SHA-256 is taken of what came back, since that is read in any case.
    sha256 = digests.all() if codec.is_lossy else compare_pixels(form, writer, digests)
    written = writer.written(_facts(task, opened, codec, sha256))
    return Made(
        built=_described(task, opened, codec, written, sha256[form.stored[0].number]),
        image=written.parts,
        copies=tuple(copies.parts(opened.header.icc)) if copies else (),
    )


def _writer(form: Form, codec: Codec, task: Task) -> ImageArrayWriter:
    if task.options.form == "tiledb":
        return TileDBWriter(form)
    return ZarrWriter(form, codec, layout=task.options.layout, threads=task.threads)


def _pour(opened: Opened, digests: Digests, copies: AccessCopies | None) -> None:
    kept = {level.number for level in opened.form.stored}

    def take(level: Level, at: Zyx, block: Block) -> None:
        if level.number in kept:
            digests.write(level, at, block)
        if copies is not None:
            copies.take(level, at, block)

    pyramid = Pyramid(opened.form, take)
    for page in opened.pages:
        for block in page:
            pyramid.push(block)
        pyramid.end_page()


def _facts(task: Task, opened: Opened, codec: Codec, sha256: Mapping[int, str]) -> dict[str, Any]:
    """What the image says of itself beside its pixels; nothing in it hangs on the day or the machine."""
    header = opened.header
    profiles = {"icc_profile": header.icc, "exif": header.exif, "xmp": header.xmp}
    return {
        "source": [
            {"image_id": image.image_id, "path": image.path, "sha256": image.sha256} for image in task.sources
        ],
        "codec": codec.name,
        "lossy": codec.is_lossy,
        "needs": _needs(task.options, codec),
        "pixels_sha256": {str(number): digest for number, digest in sha256.items()},
        "notes": list(_notes(opened)),
        **({"described": dict(header.described)} if header.described else {}),
        **{
            f"{name}_base64": base64.b64encode(data).decode()
            for name, data in profiles.items()
            if data and len(data) <= _LARGEST_PROFILE
        },
    }


def _notes(opened: Opened) -> tuple[str, ...]:
    header = opened.header
    large = [data for data in (header.icc, header.exif, header.xmp) if data and len(data) > _LARGEST_PROFILE]
    return (*header.notes, *("a profile of more than 1 MB left to the original" for _ in large))


def _needs(options: Options, codec: Codec) -> str:
    return NEEDS if options.form == "tiledb" else codec.needs


def _described(task: Task, opened: Opened, codec: Codec, written: Written, digest: str) -> BuiltImage:
    form, options = opened.form, task.options
    return BuiltImage(
        ordinal=task.ordinal,
        source_image_ids=tuple(image.image_id for image in task.sources),
        source_path=task.path,
        source_sha256=tuple(image.sha256 for image in task.sources),
        source_media_type=task.sources[0].media_type,
        source_bytes=sum(image.size_bytes for image in task.sources),
        specimen=task.sources[0].specimen,
        terms=tuple(sorted(task.sources[0].terms.items())),
        key=image_key(options.form, options.layout, task.ordinal),
        objects=(),
        copies=(),
        form=options.form,
        layout=options.layout if options.form == "zarr" else "",
        codec=codec.name,
        is_lossy=codec.is_lossy,
        needs=_needs(options, codec),
        axes=form.axes,
        size=form.size,
        channels=form.channels,
        dtype=form.dtype,
        spacing_um=form.spacing_um,
        first_level=form.stored[0].number,
        levels=len(form.stored),
        pixels_sha256=digest,
        tiles=written.tiles,
        notes=_notes(opened),
    )


def _named(key: str, part: Part) -> Part:
    """With its key inside the package: access copies lie beside the image, not inside it."""
    beside = key.partition(".")[0] if part.key.startswith(".") else key
    return replace(part, key=beside + part.key)


def _put(store: Store, prefix: str, part: Part) -> StoredObject:
    proven = put_and_prove(store, prefix + part.key, partial(_chunks, part), size_bytes=part.size_bytes)
    return StoredObject(key=part.key, size_bytes=proven.size_bytes, sha256=proven.sha256)


def _chunks(part: Part) -> Any:
    return gathered(part.open())


def _clear(store: Store, prefix: str) -> None:
    """Remove what a killed build left of this image: TileDB names its files anew each time."""
    for item in list(store.list(prefix)):
        try:
            store.delete(item.key, version=item.version)
        except NotFound:
            continue
