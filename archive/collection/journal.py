"""What of a collection is built already: a small object per image, until the manifest says it for all."""

from __future__ import annotations

from archive.collection.built import BuiltImage, from_json
from holdings.errors import Conflict, NotFound
from holdings.records import package_prefix
from holdings.stores.interface import Store

_FOLDER = "building/"


def journal_key(package_id: str, ordinal: int) -> str:
    """Where an image's entry lies."""
    return f"{package_prefix(package_id)}{_FOLDER}{ordinal:06}.json"


def read_journal(store: Store, package_id: str) -> dict[int, BuiltImage]:
    """The images that were built by earlier runs, by their number."""
    found = [
        from_json(b"".join(store.get(item.key)), origin=f"{item.key} in {store.name}")
        for item in store.list(package_prefix(package_id) + _FOLDER)
    ]
    return {built.ordinal: built for built in found}


def clear_journal(store: Store, package_id: str) -> None:
    """Remove every entry: the manifest says it all."""
    for item in list(store.list(package_prefix(package_id) + _FOLDER)):
        try:
            store.delete(item.key, version=item.version)
        except (NotFound, Conflict):
            continue
