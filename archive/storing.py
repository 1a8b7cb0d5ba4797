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
from archive.looking_again import LookingAgain
from archive.naming import fingerprint
from archive.planned import PlannedBag
from archive.sources.interface import Source
from archive.stream import BagStream
from holdings.catalogue.index import INDEX_NAME, Columns, index_of_columns, read_index
from holdings.catalogue.manifest import manifest_bytes, read_manifest
from holdings.errors import BadInput, Conflict, NotFound, StoreFull
from holdings.observing import Observer
from holdings.records import (
    MANIFEST_NAME,
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
    looking = LookingAgain(source, planned.files, check=declared.intent.check)
    stream = BagStream(looking, layout)
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
    columns = index_columns(planned, stream)
    images = len(columns["image_id"])
    made = index_of_columns(columns)
    index = _settle(store, intent, INDEX_NAME, made, lambda data: read_index(data) == read_index(made))
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
        images=images,
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


def index_columns(planned: PlannedBag, stream: BagStream) -> Columns:
    """The index of a bag that was streamed, a row for each image in it."""
    layout = stream.layout
    package_id, digests = layout.intent.package_id, stream.digests
    found = [(place, each) for place, each in enumerate(planned.files) if isinstance(each, FoundImage)]
    places, images = [place for place, _ in found], [image for _, image in found]
    known, paths = [image.characteristics for image in images], [image.file.path for image in images]
    matched = list(map(planned.matched.get, paths))
    sha512 = digests.get("sha512")
    return {
        "image_id": [image_id(package_id, ordinal) for ordinal in range(1, len(images) + 1)],
        "package_id": [package_id] * len(images),
        "path": paths,
        "size_bytes": [image.file.size_bytes for image in images],
        "sha256": [digests["sha256"][place].hex() for place in places],
        "media_type": [image.format.media_type for image in images],
        "width_px": [each.width_px for each in known],
        "height_px": [each.height_px for each in known],
        "object_key": [BAG_NAME] * len(images),
        "offset": [layout.offsets[place] for place in places],
        "sha512": [sha512[place].hex() for place in places] if sha512 else [None] * len(images),
        "puid": [image.format.puid for image in images],
        "bits_per_sample": [each.bits_per_sample for each in known],
        "colour_space": [each.colour_space for each in known],
        "icc_profile": [each.icc_profile for each in known],
        "resolution_ppi": [each.resolution_ppi for each in known],
        "pages": [each.pages for each in known],
        "captured_at": [each.captured_at for each in known],
        "camera": [each.camera for each in known],
        "specimen": list(map(planned.specimens.get, paths)),
        "terms": [each.terms if each else {} for each in matched],
    }
