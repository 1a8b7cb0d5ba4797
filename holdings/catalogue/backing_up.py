"""A copy of the catalogue and its image indexes that can be used by pointing to it, whatever it came from."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from holdings.catalogue.connecting import REBUILD_HINT
from holdings.catalogue.keeping import keeper_of
from holdings.catalogue.migrating import beside, sync_file, sync_folder
from holdings.errors import BadInput, Unavailable
from holdings.observing import Observer, nobody
from holdings.settings import Settings

SUMS_NAME = "SHA256SUMS"


@dataclass(frozen=True, kw_only=True, slots=True)
class BackedUp:
    """A backup that was made."""

    folder: Path
    catalogue: Path
    """What `path` under [catalogue] has to name to use it."""
    files: int
    size_bytes: int


def backup_catalogue(settings: Settings, target: Path, *, observer: Observer = nobody) -> BackedUp:
    """Copy the catalogue and its image indexes into the new folder `target`, whole or not at all.

    Of a database, too, it is a DuckDB file that can be used by itself, or brought back by
    `holdings.catalogue.restoring`. `sha256sum --check SHA256SUMS` in it tells whether it is still what
    was written.

    Raises BadInput where `target` is there already or there is no catalogue, Unavailable where
    it cannot be written.
    """
    target, name = target.absolute(), settings.catalogue.path.name
    new = beside(target, "part")
    keeper = keeper_of(settings, observer=observer)
    try:
        if not keeper.exists():
            raise BadInput(f"There is no catalogue {keeper.shown}.", hint=REBUILD_HINT)
        if target.exists():
            raise BadInput(
                f"{target} is there already; a backup replaces nothing.", hint="Name a new folder."
            )
        new.mkdir(parents=True)
        keeper.copy_to(new / name)
        _write_sums(new)
        made = _made(new, target, name)
        new.rename(target)
        sync_folder(target.parent)
    except OSError as error:
        raise Unavailable(f"{target} cannot be written: {error.strerror}.", detail=str(error)) from None
    finally:
        keeper.close()
        shutil.rmtree(new, ignore_errors=True)
    return made


def _write_sums(folder: Path) -> None:
    lines = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    (folder / SUMS_NAME).write_text("".join(lines), encoding="utf-8")
    sync_file(folder / SUMS_NAME)
    sync_folder(folder)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _made(new: Path, target: Path, name: str) -> BackedUp:
    sizes = [path.stat().st_size for path in _files(new)]
    return BackedUp(folder=target, catalogue=target / name, files=len(sizes), size_bytes=sum(sizes))
