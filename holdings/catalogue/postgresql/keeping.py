"""The schema of a catalogue as a whole: what is made is made beside it in one transaction.

```
our turn ─> a new schema ─> its rows ─> the old one is renamed ─> the new one takes its name ─> COMMIT
```

Whoever is killed before the last step has changed nothing, and left nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

import duckdb
import psycopg
from psycopg import sql

from holdings.catalogue import rows
from holdings.catalogue.connecting import connected
from holdings.catalogue.database import COLUMNS
from holdings.catalogue.gate import Patience
from holdings.catalogue.index import INDEX_FOLDER
from holdings.catalogue.index_folder import write_whole
from holdings.catalogue.interface import Entry
from holdings.catalogue.migrating import beside, build_catalogue, sync_file, sync_folder
from holdings.catalogue.postgresql import schema
from holdings.catalogue.postgresql.catalogue import PostgresCatalogue
from holdings.catalogue.postgresql.database import InPostgres
from holdings.catalogue.postgresql.indexes import fetched, is_kept, keep
from holdings.catalogue.postgresql.sessions import Sessions
from holdings.catalogue.postgresql.telling import Address
from holdings.clock import Clock
from holdings.errors import BadInput
from holdings.observing import Observer, nobody
from holdings.settings import Settings

_HISTORY = ("packages", "objects", "copies", "events")
"""What a copy takes along; who is at work on what ends with the work."""


class PostgresKeeper:
    """Keeps the catalogue in one schema of a database."""

    def __init__(self, settings: Settings, *, observer: Observer = nobody) -> None:
        assert settings.catalogue.url is not None, "only settings with a url come here"
        self._address = Address(url=settings.catalogue.url, schema=settings.catalogue.schema_name)
        self._settings = settings.catalogue
        self._observer = observer
        self._sessions = self._new_sessions()

    @property
    def shown(self) -> str:
        return self._address.shown

    def exists(self) -> bool:
        with self._database() as database:
            return schema.exists(database)

    def create(self, catalogue_id: str) -> None:
        with self._database() as database, database.transaction():
            self._refuse_strangers(database)
            if not schema.exists(database):
                schema.create(database, self._address.schema)
                schema.name(database, catalogue_id)

    def open(self) -> PostgresCatalogue:
        return PostgresCatalogue(self._new_sessions(), self._settings.folder, observer=self._observer)

    @contextmanager
    def replacing(self) -> Iterator[SchemaReplacement]:
        with self._database() as database, database.transaction(ends_by_itself=True):
            for limit in ("idle_in_transaction_session_timeout", "statement_timeout"):
                database.rows(f"SET LOCAL {limit} TO 0")
            self._refuse_strangers(database)
            yield SchemaReplacement(database)

    def copy_to(self, path: Path) -> None:
        patience = Patience(path=path, seconds=self._settings.wait_seconds)
        with self._database() as database, database.moment():
            catalogue_id = str(database.rows("SELECT catalogue_id FROM catalogue")[0][0])
            build_catalogue(path, catalogue_id, patience=patience)
            with connected(patience) as target:
                for table in _HISTORY:
                    _copy_table(database, target, table, beside(path, "csv"))
            sync_file(path)
            folder = path.parent / INDEX_FOLDER
            folder.mkdir()
            names = [row[0] for row in database.rows("SELECT package_id FROM indexes ORDER BY package_id")]
            for package_id, parquet in fetched(database, names):
                write_whole(folder / f"{package_id}.parquet", parquet)
            sync_folder(path.parent)

    def close(self) -> None:
        self._sessions.close()

    def _new_sessions(self) -> Sessions:
        return Sessions(self._address, wait_seconds=self._settings.wait_seconds, observer=self._observer)

    @contextmanager
    def _database(self) -> Iterator[InPostgres]:
        with self._sessions.one() as connection:
            yield InPostgres(connection, self._address.schema, self._sessions.waiter())

    def _refuse_strangers(self, database: InPostgres) -> None:
        """Raise BadInput where the schema holds what we did not make: it would be moved away with ours."""
        query = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace($1::VARCHAR) LIMIT 1"
        found = database.rows(query, [self._address.schema])
        if found and not schema.exists(database):
            raise BadInput(
                f"The schema {self._address.schema} of {self._address.url} holds what is not Holdfast's "
                f"({found[0][0]}).",
                hint="Name a schema of its own: schema_name under [catalogue].",
            )


class SchemaReplacement:
    """A new schema, in a transaction that nobody else sees into."""

    def __init__(self, database: InPostgres) -> None:
        self._database = database
        self._old = database.schema if schema.exists(database) else None
        self._new = f"{database.schema}_new_{token_hex(4)}"
        schema.create(database, self._new)
        if self._old:
            self._take_over_indexes(self._old)
        self.indexes = _NewIndexes(database)

    def put(self, catalogue_id: str, entry: Entry, clock: Clock) -> str | None:
        database = self._database
        schema.name(database, catalogue_id)
        rows.write(database, entry)
        database.rows("DELETE FROM indexes WHERE package_id NOT IN (SELECT package_id FROM packages)")
        before = None
        if self._old:
            schema.copy_grants(database, self._old, self._new)
            before = f"{self._old}_before_{clock.now():%Y%m%dt%H%M%S%fz}"
            _rename(database, self._old, before)
        _rename(database, self._new, database.schema)
        database.commit()
        return f"the schema {before}" if before else None

    def _take_over_indexes(self, old: str) -> None:
        """Copied, not moved: the old catalogue stays whole. Where it is damaged, the stores have them."""
        copying = sql.SQL("INSERT INTO indexes SELECT package_id, parquet FROM {}.indexes")
        self._database.rows("SAVEPOINT before_indexes")
        try:
            self._database.connection.execute(copying.format(sql.Identifier(old)))
        except psycopg.ProgrammingError:
            self._database.rows("ROLLBACK TO before_indexes")


class _NewIndexes:
    """Threads may share it: a session answers one at a time."""

    def __init__(self, database: InPostgres) -> None:
        self._database = database

    def holds(self, package_id: str, sha256: str) -> bool:
        return is_kept(self._database, package_id, sha256)

    def add(self, package_id: str, parquet: bytes) -> None:
        keep(self._database, package_id, parquet)


def _rename(database: InPostgres, old: str, new: str) -> None:
    renaming = sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))
    database.connection.execute(renaming)


def _copy_table(database: InPostgres, target: duckdb.DuckDBPyConnection, table: str, scratch: Path) -> None:
    """Through a file: a table need not fit into memory."""
    try:
        with scratch.open("xb") as file:
            database.copy_out(f"SELECT * FROM {table}", file)  # noqa: S608  # one of our own names
        columns = {f"c{n}": kind for n, kind in enumerate(COLUMNS[table])}
        target.execute(
            f"""INSERT INTO {table} SELECT * FROM read_csv(
                $path, columns = {columns}, auto_detect = false, header = false, delim = ',', quote = '"',
                escape = '"', nullstr = '', allow_quoted_nulls = false, parallel = false
            )""",  # noqa: S608  # as above
            {"path": str(scratch)},
        )
    finally:
        scratch.unlink(missing_ok=True)
