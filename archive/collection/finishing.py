"""The end of a build: table, description and manifest are put, then history is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version

from archive.asserting import kept_word, sleeping_stores
from archive.collection.batch import Failure
from archive.collection.built import BuiltImage
from archive.collection.index import index_bytes, index_key
from archive.collection.recipe import RECIPE_NAME, Recipe, recipe_bytes
from archive.collection.sizes import sizes_of
from archive.recording import new_event, new_run
from holdings.catalogue.interface import Entry
from holdings.catalogue.manifest import manifest_bytes
from holdings.errors import Conflict, NotFound
from holdings.house import House
from holdings.ledger import copy_after
from holdings.records import (
    MANIFEST_NAME,
    EventType,
    Package,
    PackageKind,
    StoredObject,
    package_prefix,
)
from holdings.stores.interface import Heads, Store
from holdings.stores.proving import put_and_prove

ABOUT_NAME = "collection.json"
_LIBRARIES = ("zarr", "numcodecs", "tiledb", "imagecodecs", "pillow", "tifffile", "numpy")
"""What the bytes of pixels may hang on."""


def put_rest(
    store: Store, recipe: Recipe, built: Sequence[BuiltImage], failures: Sequence[Failure]
) -> Package:
    """Table, description and, last, the manifest: from then on the package exists."""
    small = {
        index_key(recipe.collection): index_bytes(recipe.package_id, built),
        ABOUT_NAME: _about(recipe, built, failures),
        RECIPE_NAME: recipe_bytes(recipe),
    }
    described = [_settle(store, recipe.package_id, name, data) for name, data in small.items()]
    images = [item for image in built for item in (*image.objects, *image.copies)]
    package = Package(
        package_id=recipe.package_id,
        kind=PackageKind.COLLECTION,
        collection=recipe.collection,
        created_at=recipe.created_at,
        objects=tuple(sorted([*images, *described])),
        images=0,
    )
    _settle(store, recipe.package_id, MANIFEST_NAME, manifest_bytes(package))
    return package


def _settle(store: Store, package_id: str, name: str, data: bytes) -> StoredObject:
    """Put a small object; what a killed run left under its name gives way, unless a manifest names it."""
    prefix = package_prefix(package_id)
    try:
        proven = put_and_prove(store, prefix + name, lambda: [data], size_bytes=len(data))
    except Conflict:
        if _exists(store, prefix + MANIFEST_NAME):
            raise
        store.delete(prefix + name, version=store.head(prefix + name).version)
        proven = put_and_prove(store, prefix + name, lambda: [data], size_bytes=len(data))
    return StoredObject(key=name, size_bytes=proven.size_bytes, sha256=proven.sha256)


def _exists(store: Heads, key: str) -> bool:
    try:
        store.head(key)
    except NotFound:
        return False
    return True


def _about(recipe: Recipe, built: Sequence[BuiltImage], failures: Sequence[Failure]) -> bytes:
    """What somebody reads who finds the collection in a bucket."""
    told = {
        "collection": recipe.collection,
        "package_id": recipe.package_id,
        "derived_from": list(recipe.packages),
        "rebuild": f"holdfast collection rebuild {recipe.package_id}",
        "index": index_key(recipe.collection),
        "options": recipe.options.as_json(),
        "needs": sorted({image.needs for image in built}),
        "lossy": any(image.is_lossy for image in built),
        "lossy_copies": sorted(item.key for image in built for item in image.copies),
        "images": len(built),
        "left_out": [asdict(failure) for failure in failures],
        "sizes": [asdict(size) for size in sizes_of(built)],
        "libraries": {name: version(name) for name in _LIBRARIES},
    }
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


def record(
    house: House,
    package: Package,
    store: str,
    *,
    built: Sequence[BuiltImage],
    failures: Sequence[Failure],
    seconds: float,
) -> None:
    """A creation for each kind of pixels, with its sizes, which forecasts rest on; then the copy."""
    run = new_run(house, "collection")
    creations = [
        new_event(
            house,
            EventType.PACKAGE_CREATION,
            package.package_id,
            run=run,
            detail={**asdict(size), "left_out": len(failures), "seconds": round(seconds, 6)},
        )
        for size in sizes_of(built)
    ]
    word = kept_word(house, package, store, among=sleeping_stores(house, store))
    ingested = new_event(
        house,
        EventType.INGESTION,
        package.package_id,
        store=store,
        run=run,
        # Without seconds: most of them went into encoding, and plans measure the store's rate by them.
        detail={"size_bytes": package.size_bytes, "images": 0, "built": len(built), **word},
    )
    house.ledger.record(
        Entry(packages=[package], copies=[copy_after(ingested)], events=[*creations, ingested])
    )
