"""The objects of one bag, put into a store in an order that a kill cannot hurt, each proven.

```
intent.json ─> bag.tar ─> index.parquet ─> intent.json ─> manifest.json
   put            put and proven, all of them              last: from here on the package exists
```
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archive import identify, survey
from archive.bag import Intent, plan_bag
from archive.describing.interface import Contents
from archive.identify import Identified
from archive.identifying.interface import Characteristics, Format, FoundImage, Sidecar
from archive.intent import INTENT_NAME, Declared, declare, withdraw
from archive.naming import fingerprint
from archive.sources.interface import LeftOut, SourceFile
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
    images: list[Image]
    index: bytes
    """The Parquet index, as it lies in the store."""
    intent: Intent
    fingerprint: str
    seconds: float | None
    """To write and read back the tar; None where an earlier run had written it: then nothing was measured."""


def store_bag(store: Store, found: Identified, intent: Intent, *, observer: Observer) -> StoredBag | None:
    """Stream, prove and describe the bag of `found`; None where a bag of other content lies there.

    intent : what is meant now; what an earlier run meant and began goes first.

    Raises BadInput where the source changed or cannot be read, StoreFull where there is no room
    for the bag; then nothing is left behind.
    """
    declared = declare(store, intent)
    layout = plan_bag(declared.intent, found.files, contents_of(found, declared.intent))
    stream = BagStream(found.root, layout)
    bag_key = package_prefix(intent.package_id) + BAG_NAME
    try:
        bag = put_and_prove(
            store, bag_key, stream.chunks, size_bytes=stream.layout.size_bytes, observer=observer
        )
    except (BadInput, StoreFull):
        withdraw(store, declared, unless=bag_key)
        raise
    except Conflict as conflict:
        if not _is_there(store, bag_key):
            raise conflict from None
        return None
    return _describe(store, found, declared, stream, bag)


def contents_of(found: Identified, intent: Intent) -> Contents:
    """What is known of the files of a bag, in their order, for the tag files that describe it."""
    files: list[FoundImage | Sidecar] = [_known_image(image) for image in found.images]
    files += [_known_sidecar(file) for file in found.sidecars]
    return Contents(
        package_id=intent.package_id,
        collection=intent.collection,
        started_at=intent.started_at,
        software=intent.software,
        agent=intent.agent,
        check=None,
        files=sorted(files, key=lambda item: item.file.path.encode()),
        left_out=[LeftOut(path=item.path, because=item.because) for item in found.left_out],
    )


def _known_image(image: identify.FoundImage) -> FoundImage:
    width, height = image.size_px or (None, None)
    return FoundImage(
        file=_known_file(image.file),
        format=_known_format(image.media_type),
        characteristics=Characteristics(width_px=width, height_px=height),
    )


def _known_sidecar(file: survey.SourceFile) -> Sidecar:
    return Sidecar(file=_known_file(file), format=_known_format("application/octet-stream"))


def _known_file(file: survey.SourceFile) -> SourceFile:
    return SourceFile(path=file.path, size_bytes=file.size_bytes, modified_ns=file.modified_ns)


def _known_format(media_type: str) -> Format:
    return Format(media_type=media_type, puid=None, name=None, version=None)


def _is_there(store: Store, key: str) -> bool:
    try:
        store.head(key)
    except NotFound:
        return False
    return True


def _describe(
    store: Store, found: Identified, declared: Declared, stream: BagStream, bag: Proven
) -> StoredBag:
    intent = declared.intent
    images = images_of(found, stream)
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
        images=images,
        index=index,
        intent=intent,
        fingerprint=fingerprint(stream.layout.files, stream.digests["sha256"]),
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


def images_of(found: Identified, stream: BagStream) -> list[Image]:
    """The rows of the index of a bag that was streamed."""
    layout = stream.layout
    paths = (file.path for file in layout.files)
    places = dict(zip(paths, zip(layout.offsets, stream.digests["sha256"], strict=True), strict=True))
    images = []
    for ordinal, image in enumerate(found.images, start=1):
        offset, digest = places[image.file.path]
        width, height = image.size_px or (None, None)
        images.append(
            Image(
                image_id=image_id(layout.intent.package_id, ordinal),
                package_id=layout.intent.package_id,
                path=image.file.path,
                size_bytes=image.file.size_bytes,
                sha256=digest.hex(),
                media_type=image.media_type,
                width_px=width,
                height_px=height,
                object_key=BAG_NAME,
                offset=offset,
            )
        )
    return images
