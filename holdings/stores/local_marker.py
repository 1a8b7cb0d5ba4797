"""The marker of a store's folder: without it, the mount point of a missing disk looks like an empty store."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

from holdings.errors import Conflict, Unavailable
from holdings.stores.local_files import sync_folders, told
from holdings.stores.local_paths import NEVER_KEYS, OURS

_FORMAT = 1
_NAME = "store.json"


def mark_folder(name: str, folder: Path) -> None:
    """Make `folder` (or an empty one) the store `name`; again, does nothing.

    Raises Conflict where the folder is another store's or holds anything else.
    """
    ours = folder / os.fsdecode(OURS)
    with told(name, f"its folder {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        if not (ours / _NAME).exists():
            _refuse_strangers(folder)
            (ours / "incoming").mkdir(parents=True, exist_ok=True)
            _write_marker(name, ours)
            sync_folders(b"/", os.fsencode(ours / _NAME))
    check_folder(name, folder)


def check_folder(name: str, folder: Path) -> None:
    """Unavailable unless `folder` is there and is the store `name`."""
    try:
        with (folder / os.fsdecode(OURS) / _NAME).open(encoding="utf-8") as marker:
            found = json.load(marker)["store"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable(
            f"The folder {folder} of the store '{name}' is missing or is not marked as a store.",
            hint=f"Is its disk mounted? If the store is new: holdfast stores make {name}",
            detail=str(error),
        ) from error
    if found != name:
        raise Unavailable(
            f"The folder {folder} is that of the store '{found}', not of '{name}'.",
            hint="Is the right disk mounted there?",
        )


def _refuse_strangers(folder: Path) -> None:
    if strangers := sorted({os.fsencode(path.name) for path in folder.iterdir()} - set(NEVER_KEYS)):
        raise Conflict(
            f"The folder {folder} is no store and is not empty ('{os.fsdecode(strangers[0])}' is in it); "
            "it was left alone.",
            hint="Name an empty folder or one that does not exist yet.",
        )


def _write_marker(name: str, ours: Path) -> None:
    # Linked into place whole, so that a kill in the middle leaves no marker that cannot be read.
    written = ours / f"{_NAME}.{os.getpid()}"
    with written.open("w", encoding="utf-8") as marker:
        json.dump({"format": _FORMAT, "store": name}, marker)
        marker.flush()
        os.fsync(marker.fileno())
    with suppress(FileExistsError):
        os.link(written, ours / _NAME)
    written.unlink()
