"""A DuckDB that can reach nothing: no file, no network, no extension, no setting.

It parses and evaluates the conditions of policies. That the expressions are restricted
(`expression`) is the first wall; this is the second.
"""

from __future__ import annotations

import threading

import duckdb

_CONFIGURATION = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "1GB",
    "threads": "2",
    "lock_configuration": "true",
}
_mine = threading.local()


def locked_engine() -> duckdb.DuckDBPyConnection:
    """This thread's own locked-down, empty, in-memory DuckDB."""
    # One for each thread and kept: opening takes 30 ms, and Dask workers evaluate many small tables.
    engine: duckdb.DuckDBPyConnection | None = getattr(_mine, "engine", None)
    if engine is None:
        engine = _mine.engine = duckdb.connect(":memory:", config=dict(_CONFIGURATION))
    return engine
