"""Walking a store's folder in the order of the keys, a folder at a time."""

# ruff: noqa: PTH118
# Paths are bytes here (see local_paths), and pathlib knows none.

from __future__ import annotations

import os
from collections.abc import Iterator

from holdings.errors import BadInput, Conflict
from holdings.stores.interface import ObjectInfo
from holdings.stores.local_files import info_of
from holdings.stores.local_paths import NEVER_KEYS, Place, path_of, place_of


def walk(root: bytes, prefix: str) -> Iterator[ObjectInfo]:
    """Every object below `root` whose key begins with `prefix`, by the keys' UTF-8 bytes.

    Holds the names of one folder of each depth in memory, never the tree. Raises Conflict
    naming whatever is there that no put of ours made: a symbolic link, a device, a name that
    no key has.
    """
    wanted = prefix.encode()
    ahead = [iter([place_of(prefix)])]
    while ahead:
        place = next(ahead[-1], None)
        if place is None:
            ahead.pop()
        elif place.is_folder:
            ahead.append(iter(_below(root, place, wanted)))
        elif info := _object(root, place):
            yield info


def _below(root: bytes, folder: Place, wanted: bytes) -> list[Place]:
    try:
        with os.scandir(os.path.join(root, folder.path) if folder.path else root) as entries:
            places = [
                _place(folder, entry) for entry in entries if folder.path or entry.name not in NEVER_KEYS
            ]
    except (FileNotFoundError, NotADirectoryError):
        return []  # nothing begins so, or its last object was deleted just now
    return sorted(
        (place for place in places if _may_begin(place, wanted)), key=lambda place: place.keys_begin
    )


def _may_begin(place: Place, wanted: bytes) -> bool:
    return place.keys_begin.startswith(wanted) or (place.is_folder and wanted.startswith(place.keys_begin))


def _place(folder: Place, entry: os.DirEntry[bytes]) -> Place:
    is_folder = entry.is_dir(follow_symlinks=False)
    if not is_folder and not entry.is_file(follow_symlinks=False):
        raise _stranger(os.path.join(folder.path, entry.name), "neither a plain file nor a folder")
    return folder.below(entry.name, is_folder=is_folder)


def _object(root: bytes, place: Place) -> ObjectInfo | None:
    try:
        key = place.keys_begin.decode()
        if path_of(key) != place.path:
            raise _stranger(place.path, "not named as its key would be")
    except (UnicodeDecodeError, BadInput):
        raise _stranger(place.path, "not named as any key could be") from None
    try:
        return info_of(key, os.lstat(os.path.join(root, place.path)))
    except FileNotFoundError:
        return None  # deleted since its folder was read


def _stranger(path: bytes, because: str) -> Conflict:
    return Conflict(
        f"'{path.decode(errors='backslashreplace')}' in the store's folder is {because}: "
        "the listing cannot be whole.",
        hint="Look at it, and move it out of the folder.",
    )
