"""A backup brought back, into a file or a database: so a catalogue also moves from the one to the other."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from holdings.catalogue.backing_up import SUMS_NAME
from holdings.catalogue.duckdb import DuckDBCatalogue
from holdings.catalogue.identity import known_identity
from holdings.catalogue.index import INDEX_FOLDER, INDEX_NAME
from holdings.catalogue.index_folder import IndexFiles
from holdings.catalogue.interface import Entry
from holdings.catalogue.keeping import KeepsIndexes, keeper_of
from holdings.clock import Clock, SystemClock
from holdings.errors import BadInput, Conflict, Corrupt
from holdings.observing import Observer, nobody
from holdings.opening import open_stores
from holdings.records import Package
from holdings.settings import Settings

_SYSTEM_CLOCK = SystemClock()
_LINE = re.compile(r"([0-9a-f]{64})  ([^/\x00]+(?:/[^/\x00]+)?)")
_DATABASE = re.compile(r"[^/]+\.duckdb")


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What was brought back."""

    catalogue_id: str
    packages: int
    copies: int
    events: int
    images: int
    without_index: tuple[str, ...]
    """Packages whose image index is not in the backup as it was recorded; a rebuild fetches them."""


def restore_catalogue(
    settings: Settings, source: Path, *, clock: Clock = _SYSTEM_CLOCK, observer: Observer = nobody
) -> Restored:
    """Make the catalogue of `settings` what the backup in the folder `source` tells.

    What happened since the backup is in the stores, and `rebuild_catalogue` takes it in.

    Raises BadInput where `source` is no backup, Corrupt where it is not what was written, Conflict where
    there is a catalogue (a restore replaces nothing) or the backup is of other holdings.
    """
    source = source.absolute()
    database = _checked(source)
    keeper = keeper_of(settings, observer=observer)
    try:
        if keeper.exists():
            raise Conflict(
                f"There is a catalogue {keeper.shown}; a restore replaces nothing.",
                hint="holdfast catalogue rebuild makes it again from the stores, and keeps the one before.",
            )
        # A copy: a backup of an older Holdfast is brought forward, and stays what it is.
        with tempfile.TemporaryDirectory(prefix="holdfast-restore-") as scratch:
            copy = Path(scratch) / database.name
            shutil.copyfile(database, copy)
            told = DuckDBCatalogue(copy)
            _refuse_others(settings, told.catalogue_id, source, observer)
            entry = Entry(packages=told.packages(), copies=told.copies(), events=told.events())
            with keeper.replacing() as new:
                missing = _take_indexes(IndexFiles(source / INDEX_FOLDER), new.indexes, entry.packages)
                new.put(told.catalogue_id, entry, clock)
    finally:
        keeper.close()
    return Restored(
        catalogue_id=told.catalogue_id,
        packages=len(entry.packages),
        copies=len(entry.copies),
        events=len(entry.events),
        images=sum(package.images for package in entry.packages),
        without_index=tuple(missing),
    )


def _checked(source: Path) -> Path:
    """The database of a backup, every file of which is what was written."""
    try:
        lines = (source / SUMS_NAME).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise BadInput(
            f"{source} is no backup of a catalogue: there is no {SUMS_NAME} in it.",
            hint="holdfast catalogue backup DIR makes one.",
        ) from None
    parts = [_LINE.fullmatch(line) for line in lines]
    names = [part[2] for part in parts if part and ".." not in part[2].split("/")]
    databases = [name for name in names if _DATABASE.fullmatch(name)]
    if len(names) != len(lines) or len(databases) != 1:
        raise BadInput(f"{source / SUMS_NAME} is not what holdfast catalogue backup writes.")
    for part in parts:
        if part and _sha256(source / part[2]) != part[1]:
            raise Corrupt(
                f"{source / part[2]} is not what was written into this backup.",
                hint="Use another backup, or holdfast catalogue rebuild.",
            )
    return source / databases[0]


def _sha256(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _refuse_others(settings: Settings, catalogue_id: str, source: Path, observer: Observer) -> None:
    stores = open_stores(settings, observer=observer)
    try:
        known = known_identity(stores.values())
    finally:
        for store in stores.values():
            store.close()
    if known not in (None, catalogue_id):
        raise Conflict(
            f"The backup {source} is of other holdings than the stores of {settings.path}.",
            hint="holdfast catalogue rebuild makes the catalogue again from the stores.",
        )


def _take_indexes(source: IndexFiles, target: KeepsIndexes, packages: Sequence[Package]) -> list[str]:
    """Put the indexes of `packages` where they belong; returns those that the backup lacks."""
    missing = []
    for package in packages:
        recorded = next((item for item in package.objects if item.key == INDEX_NAME), None)
        if recorded is None or target.holds(package.package_id, recorded.sha256):
            continue
        if source.holds(package.package_id, recorded.sha256):
            target.add(package.package_id, source.read(package.package_id))
        else:
            missing.append(package.package_id)
    return missing
