"""Where a result may lie; nothing here reads one, so that a run can ask before it begins."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from holdings.errors import BadInput


def is_remote(target: Path | str) -> bool:
    """Whether a result lies behind a URL."""
    return isinstance(target, str) and "://" in target


def refuse_other_run(folder: Path, about: Mapping[str, object]) -> None:
    """Refuse a folder that holds anything but the run that `about` tells of, before it is worked out.

    about : attributes that a result of this run would have. A result in TileDB is compared when it is kept.
    """
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if (folder / "__tiledb_group.tdb").is_file():
        return
    found = _attributes(folder / "zarr.json")
    if found is None or any(found.get(name) != value for name, value in about.items()):
        what = "another run" if found else "something that is no result"
        raise BadInput(
            f"{folder} holds {what}, and nothing is written over it.", hint="Name another folder with -o."
        )


def _attributes(path: Path) -> Mapping[str, object] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))["attributes"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if isinstance(found, dict) and found else None
