"""The objects of one bag, put into a store in an order that a kill cannot hurt, each proven.

```
intent.json ─> bag.tar ─> index.parquet ─> intent.json ─> manifest.json
   put            put and proven, all of them              last: from here on the package exists
```
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from archive.bag import Digests, Intent, plan_bag
from archive.describing import Description
from archive.identifying.interface import FoundImage, Sidecar
from archive.intent import INTENT_NAME, Declared, declare, withdraw
from archive.naming import fingerprint
from archive.planned import PlannedBag
from archive.sources.interface import Source
from archive.stream import BagStream
from holdings.catalogue.index import INDEX_NAME, index_bytes, read_index
from holdings.catalogue.manifest import manifest_bytes, read_manifest
from holdings.errors import BadInput, Conflict, NotFound, StoreFull
from holdings.observing import Observer
from holdings.records import (
    MANIFEST_NAME,
    Image,
    Package,
    PackageKind,
    StoredObject,
    image_id,
    package_prefix,
    sha256_hex,
)
from holdings.stores.interface import Store
from holdings.stores.proving import Proven, put_and_prove

BAG_NAME = "bag.tar"
STORED_NAMES = (INTENT_NAME, BAG_NAME, INDEX_NAME, MANIFEST_NAME)
"""Every object of a bag in a store, in the order of their first writing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredBag:
    """A package that is in a store, every object of it read back and matched."""

    package: Package
    index: bytes
    """The Parquet index, as it lies in the store."""
    intent: Intent
    fingerprint: str
    sidecars: Mapping[str, Mapping[str, str]]
    """Checksums of the files that are no images, by path and algorithm."""
    seconds: float | None
    """To write and read back the tar; None where an earlier run had written it: then nothing was measured."""


def store_bag(
    store: Store, source: Source, planned: PlannedBag, intent: Intent, *, observer: Observer
) -> StoredBag | None:
    """Stream, prove and describe a bag; None where a bag of other content lies there.

    intent : what is meant now; what an earlier run meant and began goes first.

    Raises BadInput where the source changed or cannot be read, StoreFull where there is no room
    for the bag; then nothing of it is left behind.
    """
    declared = declare(store, intent)
    contents = planned.contents(declared.intent)
    description = Description(contents, declared.intent.algorithms)
    layout = plan_bag(declared.intent, planned.source_files, describe=description)
    stream = BagStream(source, layout)
    bag_key = package_prefix(intent.package_id) + BAG_NAME
    try:
        bag = put_and_prove(store, bag_key, stream.chunks, size_bytes=layout.size_bytes, observer=observer)
    except (BadInput, StoreFull):
        withdraw(store, declared, unless=bag_key)
        raise
    except Conflict as conflict:
        if not _is_there(store, bag_key):
            raise conflict from None
        return None
    return _describe(store, planned, declared, stream, bag)


def _is_there(store: Store, key: str) -> bool:
    try:
        store.head(key)
    except NotFound:
        return False
    return True


def _describe(
    store: Store, planned: PlannedBag, declared: Declared, stream: BagStream, bag: Proven
) -> StoredBag:
    intent = declared.intent
    images = images_of(planned, stream)
    index = _settle(store, intent, INDEX_NAME, index_bytes(images), lambda data: read_index(data) == images)
    # Proven again because another run that failed may have taken it back.
    _settle(store, intent, INTENT_NAME, declared.data, lambda _: False)
    package = Package(
        package_id=intent.package_id,
        kind=PackageKind.BAG,
        collection=intent.collection,
        created_at=intent.started_at,
        objects=(
            StoredObject(key=BAG_NAME, size_bytes=bag.size_bytes, sha256=bag.sha256),
            _described(INDEX_NAME, index),
            _described(INTENT_NAME, declared.data),
        ),
        images=len(images),
    )
    _settle(
        store,
        intent,
        MANIFEST_NAME,
        manifest_bytes(package),
        lambda data: read_manifest(data, origin=MANIFEST_NAME) == package,
    )
    return StoredBag(
        package=package,
        index=index,
        intent=intent,
        fingerprint=fingerprint(stream.layout.files, stream.digests["sha256"]),
        sidecars=sidecar_checksums(planned.files, stream.digests),
        seconds=None if bag.was_there else bag.seconds,
    )


def _settle(store: Store, intent: Intent, name: str, data: bytes, is_same: Callable[[bytes], bool]) -> bytes:
    """The proven bytes of a small object: `data`, or what another release of ours had written there.

    is_same : whether other bytes that lie there say the same.
    """
    key = package_prefix(intent.package_id) + name
    try:
        put_and_prove(store, key, lambda: [data], size_bytes=len(data))
    except Conflict:
        there = b"".join(store.get(key))
        if not is_same(there):
            raise
        return there
    return data


def _described(name: str, data: bytes) -> StoredObject:
    return StoredObject(key=name, size_bytes=len(data), sha256=sha256_hex(data))


def sidecar_checksums(files: Sequence[FoundImage | Sidecar], digests: Digests) -> dict[str, dict[str, str]]:
    """Lower-case hexadecimal, by path and algorithm; those of images are in the index."""
    return {
        found.file.path: {algorithm: column[place].hex() for algorithm, column in digests.items()}
        for place, found in enumerate(files)
        if isinstance(found, Sidecar)
    }


def images_of(planned: PlannedBag, stream: BagStream) -> list[Image]:
    """The rows of the index of a bag that was streamed."""
    images: list[Image] = []
    for place, found in enumerate(planned.files):
        if isinstance(found, FoundImage):
            images.append(_image(planned, stream, found, place, ordinal=len(images) + 1))
    return images


def _image(planned: PlannedBag, stream: BagStream, found: FoundImage, place: int, *, ordinal: int) -> Image:
    layout, known, path = stream.layout, found.characteristics, found.file.path
    sha512, matched = stream.digests.get("sha512"), planned.matched.get(path)
    return Image(
        image_id=image_id(layout.intent.package_id, ordinal),
        package_id=layout.intent.package_id,
        path=path,
        size_bytes=found.file.size_bytes,
        sha256=stream.digests["sha256"][place].hex(),
        media_type=found.format.media_type,
        width_px=known.width_px,
        height_px=known.height_px,
        object_key=BAG_NAME,
        offset=layout.offsets[place],
        sha512=sha512[place].hex() if sha512 else None,
        puid=found.format.puid,
        bits_per_sample=known.bits_per_sample,
        colour_space=known.colour_space,
        icc_profile=known.icc_profile,
        resolution_ppi=known.resolution_ppi,
        pages=known.pages,
        captured_at=known.captured_at,
        camera=known.camera,
        specimen=planned.specimens.get(path),
        terms=dict(matched.terms) if matched else {},
    )
