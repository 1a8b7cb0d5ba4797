"""The tables of a catalogue in a schema of their own: made, checked and brought forward."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from holdings.catalogue import migrating
from holdings.catalogue.postgresql.database import InPostgres
from holdings.clock import SystemClock


def migrations() -> Mapping[int, str]:
    """SQL by version: what every engine has, and what is PostgreSQL's own."""
    own = migrating.migration_texts("postgresql")
    # Sorted as bytes, whatever language the database was made for: answers come in a fixed order.
    return {
        version: (text + own.get(version, "")).replace("VARCHAR", 'VARCHAR COLLATE "C"')
        for version, text in migrating.migrations().items()
    }


def exists(database: InPostgres, schema: str | None = None) -> bool:
    """Whether there is a catalogue in the schema."""
    query = "SELECT to_regclass(format('%I.schema_version', $1::VARCHAR)) IS NOT NULL"
    return bool(database.rows(query, [schema or database.schema])[0][0])


def create(database: InPostgres, schema: str) -> None:
    """The tables in a schema, which is spoken of for the rest of the transaction."""
    named = sql.Identifier(schema)
    # It may have been made for us by somebody who may do more.
    if database.rows("SELECT to_regnamespace($1::VARCHAR) IS NULL", [schema]) == [(True,)]:
        database.connection.execute(sql.SQL("CREATE SCHEMA {}").format(named))
    database.connection.execute(sql.SQL("SET LOCAL search_path TO {}").format(named))
    database.rows(migrating.CREATE_VERSION)
    _apply(database, after=0)


def name(database: InPostgres, catalogue_id: str) -> None:
    """Say which catalogue the tables are."""
    database.rows("INSERT INTO catalogue VALUES ($1)", [catalogue_id])


def copy_grants(database: InPostgres, old: str, new: str) -> None:
    """Whoever was let into the old schema is let into the new one."""
    for (grant,) in database.rows(_GRANTS, [old, new]):
        database.rows(grant)


_GRANTS = """
    SELECT format('GRANT %s ON SCHEMA %I TO %s', privilege_type, $2::VARCHAR, grantee::regrole)
    FROM pg_namespace, aclexplode(nspacl)
    WHERE nspname = $1::VARCHAR AND grantee <> 0 AND grantee <> nspowner
    UNION ALL
    SELECT format('GRANT %s ON %I.%I TO %s', privilege_type, $2::VARCHAR, relname, grantee::regrole)
    FROM pg_class, aclexplode(relacl)
    WHERE relnamespace = to_regnamespace($1::VARCHAR) AND relkind IN ('r', 'v')
    AND grantee <> 0 AND grantee <> relowner
    AND to_regclass(format('%I.%I', $2::VARCHAR, relname)) IS NOT NULL
"""
"""Statements that PostgreSQL itself wrote, names quoted."""


def check(database: InPostgres, shown: str) -> int:
    """The version of the tables. Raises BadInput where they are newer than this program."""
    return migrating.check_version(int(database.rows(migrating.SELECT_VERSION)[0][0]), shown)


def migrate(database: InPostgres, shown: str) -> None:
    """Bring the tables to the newest version; a server that is stopped in the middle has the old ones."""
    with database.transaction():
        _apply(database, after=check(database, shown))


def _apply(database: InPostgres, *, after: int) -> None:
    for version, text in migrations().items():
        if version > after:
            database.rows(text)
            now = SystemClock().now().replace(tzinfo=None)
            database.rows("INSERT INTO schema_version VALUES ($1, $2)", [version, now])
