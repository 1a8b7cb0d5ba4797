"""The schema has a version; a catalogue of an older one is brought forward when it is opened."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from holdings.catalogue.connecting import REBUILD_HINT, connected, transaction
from holdings.catalogue.gate import Patience, gate
from holdings.clock import SystemClock
from holdings.errors import BadInput, Corrupt, Unavailable

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@cache
def migrations() -> Mapping[int, str]:
    """SQL by the version it leads to, in order; what each engine adds to it is not here."""
    return migration_texts("")


def migration_texts(engine: str) -> dict[int, str]:
    """The files `NNNN_name.sql`, or those of one engine, `NNNN_name.engine.sql`."""
    folder = files("holdings.catalogue").joinpath("migrations")
    suffixes = [f".{engine}", ".sql"] if engine else [".sql"]
    found = [item for item in folder.iterdir() if Path(item.name).suffixes == suffixes]
    return dict(sorted((int(item.name[:4]), item.read_text("utf-8")) for item in found))


SELECT_VERSION = "SELECT coalesce(max(version), 0) FROM schema_version"
CREATE_VERSION = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMP NOT NULL)"


def newest_version() -> int:
    """The version of the schema that this program writes."""
    return max(migrations())


def version_of(connection: DuckDBPyConnection, path: Path) -> int:
    """The version of the schema in a catalogue.

    Raises BadInput where it is newer than this program, Corrupt where there is none.
    """
    try:
        # fetchall: a result that is not read to its end stands in the way of the next query.
        found = connection.execute(SELECT_VERSION).fetchall()
    except duckdb.CatalogException:
        raise Corrupt(f"{path} is a DuckDB file, but no catalogue of Holdfast.", hint=REBUILD_HINT) from None
    return check_version(int(found[0][0]), str(path))


def check_version(version: int, shown: str) -> int:
    """`version` itself. Raises BadInput where it is newer than this program."""
    if version > newest_version():
        raise BadInput(
            f"The catalogue {shown} has the schema version {version}; "
            f"this Holdfast knows up to {newest_version()}.",
            hint="Use the newer Holdfast that wrote it.",
        )
    return version


def create_catalogue(path: Path, catalogue_id: str, *, patience: Patience) -> None:
    """Make an empty catalogue at `path`, whole or not at all; does nothing where there is one.

    It is made beside and linked to its name, so that no half-made one is ever met.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The folder {path.parent} for the catalogue cannot be made: {error.strerror}.",
            hint="The settings name it, in [catalogue].",
        ) from None
    with gate(patience, exclusive=True):
        if path.exists():
            return
        sweep(path)
        new = beside(path, "new")
        try:
            build_catalogue(new, catalogue_id, patience=patience)
            # A log that a lost catalogue left behind would be read into the new one.
            with suppress(FileNotFoundError):
                log_of(path).rename(beside(path, "lost.wal"))
            os.link(new, path)
            sync_folder(path.parent)
        finally:
            new.unlink(missing_ok=True)
            log_of(new).unlink(missing_ok=True)


def build_catalogue(path: Path, catalogue_id: str, *, patience: Patience) -> None:
    """Write an empty catalogue into a file that nobody else knows of."""
    here = Patience(path=path, seconds=patience.seconds, observer=patience.observer)
    with connected(here) as connection:
        with transaction(connection):
            connection.execute(CREATE_VERSION)
            _apply(connection, after=0)
            connection.execute("INSERT INTO catalogue VALUES (?)", [catalogue_id])
        # Closing does this, too, but says nothing where the disk is full: a file without tables was left.
        connection.execute("CHECKPOINT")


def migrate(path: Path, *, patience: Patience) -> Path | None:
    """Bring the catalogue at `path` to the newest schema, in one transaction.

    Returns the copy that was made of it beforehand, None where nothing was to be done.
    """
    with gate(patience, exclusive=True), connected(patience) as connection:
        version = version_of(connection, path)
        if version == newest_version():
            return None
        backup = path.with_name(f"{path.stem}.v{version}.{SystemClock().now():%Y%m%dT%H%M%S}.bak")
        copy_database(connection, backup)
        with transaction(connection):
            _apply(connection, after=version)
        return backup


def _apply(connection: DuckDBPyConnection, *, after: int) -> None:
    for version, sql in migrations().items():
        if version > after:
            connection.execute(sql)
            now = SystemClock().now().replace(tzinfo=None)
            connection.execute("INSERT INTO schema_version VALUES (?, ?)", [version, now])


def copy_database(connection: DuckDBPyConnection, target: Path) -> None:
    """A consistent copy of what `connection` has open, whole or not at all.

    Through DuckDB, never by reading the file: closing a second descriptor of it would drop
    the lock that this process holds (POSIX).
    """
    new = beside(target, "part")
    try:
        connection.execute(f"ATTACH {_quoted(str(new))} AS the_copy")
        source = str(connection.execute("SELECT current_database()").fetchall()[0][0]).replace('"', '""')
        try:
            connection.execute(f'COPY FROM DATABASE "{source}" TO the_copy')
        finally:
            connection.execute("DETACH the_copy")
        sync_file(new)
        new.rename(target)
        sync_folder(target.parent)
    finally:
        new.unlink(missing_ok=True)


def _quoted(text: str) -> str:
    # ATTACH takes no parameters.
    return "'" + text.replace("'", "''") + "'"


def beside(path: Path, word: str) -> Path:
    """A fresh name in the same folder."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.{word}")


def sweep(path: Path) -> None:
    """Remove what killed runs left beside the catalogue; to be called inside the gate."""
    for word in ("new", "rebuilt"):
        for rest in path.parent.glob(f".{path.name}.*.{word}*"):
            rest.unlink(missing_ok=True)


def log_of(path: Path) -> Path:
    """The log that DuckDB keeps beside a database while it is open."""
    return path.with_name(f"{path.name}.wal")


def sync_file(path: Path) -> None:
    """See to it that the file's bytes are on the disk."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """See to it that the names in a folder are on the disk."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
