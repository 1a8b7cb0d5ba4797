"""Which image of which collection is meant, and what its table says of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from archive.collection.built import BuiltImage
from archive.collection.index import index_key, ordinal_made_of, read_index, sources_of
from archive.reading import from_first_good
from archive.recording import new_run
from archive.withdrawing import refuse_withdrawn, told, tombstones, undo_hint
from holdings.catalogue.index_folder import write_whole
from holdings.errors import BadInput, Corrupt, NotFound, Withdrawn
from holdings.house import House
from holdings.records import (
    Package,
    PackageKind,
    StoredObject,
    image_id,
    package_of_image,
    sha256_hex,
)
from holdings.stores.interface import Reads

_FOLDER = "collections"
"""Beside the catalogue: tables that were fetched once. They can be lost."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """An image of a collection."""

    package: Package
    built: BuiltImage


def find_built(house: House, identifier: str) -> Found:
    """The image that `identifier` names: one of a collection, or an original that a collection has.

    Of an original, the newest collection that has it. Raises NotFound, BadInput; Withdrawn where
    that image, its collection or an original of it is not to be given out.
    """
    package = house.catalogue.package(package_of_image(identifier))
    if package.kind is PackageKind.BAG:
        refuse_withdrawn(house, package.package_id, identifier)
        found = _of_original(house, package, identifier)
    else:
        found = _numbered(house, package, identifier)
    refuse_withdrawn(house, found.package.package_id, image_id(found.package.package_id, found.built.ordinal))
    _refuse_of_withdrawn(house, found.built.source_image_ids)
    return found


def refuse_table(house: House, package: Package) -> None:
    """Raise Withdrawn where the table of a collection is not to be given out: it tells of every image."""
    refuse_withdrawn(house, package.package_id)
    # Most collections have no tombstone: their tables are not read for it.
    bags = {stone.package_id for stone in house.catalogue.withdrawals()}
    if any(house.catalogue.package(bag).collection == package.collection for bag in bags):
        sources = sources_of(_table_bytes(house, package), origin=_origin(package))
        again = f"holdfast collection build --collection {package.collection} makes one without it."
        _refuse_of_withdrawn(house, sources, hint=again)


def _refuse_of_withdrawn(house: House, sources: Sequence[str], *, hint: str | None = None) -> None:
    for stone in tombstones(house, sources).values():
        raise Withdrawn(f"{told(stone)} Its bytes are still held.", hint=hint or undo_hint(stone))


def _numbered(house: House, package: Package, identifier: str) -> Found:
    found = _of_number(house, package, int(identifier.rpartition(".")[2]))
    if found is None:
        raise NotFound(f"{package.package_id} has no image {identifier}.")
    return found


def _of_original(house: House, bag: Package, identifier: str) -> Found:
    collections = [
        package
        for package in house.catalogue.packages(collection=bag.collection)
        if package.kind is PackageKind.COLLECTION
    ]
    withdrawn = {each.package_id for each in house.catalogue.withdrawals() if each.image_id is None}
    newest = sorted(collections, key=lambda package: package.created_at, reverse=True)
    for package in sorted(newest, key=lambda package: package.package_id in withdrawn):
        ordinal = ordinal_made_of(_table_bytes(house, package), identifier, origin=_origin(package))
        if ordinal is not None and (found := _of_number(house, package, ordinal)):
            return found
    raise NotFound(
        f"No collection has {identifier}.",
        hint=f"holdfast collection build --collection {bag.collection}",
    )


def _of_number(house: House, package: Package, ordinal: int) -> Found | None:
    images = read_index(_table_bytes(house, package), origin=_origin(package), ordinal=ordinal)
    return Found(package=package, built=images[0]) if images else None


def images_of(house: House, package: Package) -> list[BuiltImage]:
    """Every image of a collection."""
    return read_index(_table_bytes(house, package), origin=_origin(package))


def _table_bytes(house: House, package: Package) -> bytes:
    """The table is fetched once and kept beside the catalogue."""
    recorded = table_of(package)
    kept = house.settings.catalogue.folder / _FOLDER / f"{package.package_id}.parquet"
    return _kept(kept, recorded) or _fetched(house, package, recorded, kept)


def _origin(package: Package) -> str:
    return f"the table of {package.package_id}"


def table_of(package: Package) -> StoredObject:
    """The object that is a collection's table. Raises BadInput where the package is no collection."""
    wanted = index_key(package.collection)
    for item in package.objects:
        if item.key == wanted and package.kind is PackageKind.COLLECTION:
            return item
    raise BadInput(f"{package.package_id} is no collection.", hint="holdfast collection build makes one.")


def _kept(path: Path, recorded: StoredObject) -> bytes | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    return data if sha256_hex(data) == recorded.sha256 else None


def _fetched(house: House, package: Package, recorded: StoredObject, keep: Path) -> bytes:
    key = package.prefix + recorded.key
    data, _, _ = from_first_good(
        house,
        package.package_id,
        lambda store: _table(store, key, recorded),
        run=new_run(house, "collection"),
    )
    with suppress(OSError):  # a place that cannot be written to costs one request more each time
        keep.parent.mkdir(exist_ok=True)
        write_whole(keep, data)
    return data


def _table(store: Reads, key: str, recorded: StoredObject) -> bytes:
    try:
        data = store.get_range(key, 0, recorded.size_bytes)
    except BadInput as error:
        raise Corrupt(f"{key} in {store.name} is shorter than was recorded.") from error
    if sha256_hex(data) != recorded.sha256:
        raise Corrupt(f"{key} in {store.name} is not what was recorded.")
    return data
