"""Everything of a source that goes into no bag, with the reason."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator

from archive.sources.interface import LeftOut

_ALL = """
    SELECT path, because FROM left_out
    UNION ALL SELECT path, collided FROM files WHERE collided IS NOT NULL
    UNION ALL SELECT path, known FROM files WHERE kind = 'out' AND collided IS NULL
"""
_LIES_BENEATH = """
    EXISTS (SELECT 1 FROM {table} AS other WHERE other.path > left_out.path
            AND other.path < substr(left_out.path, 1, length(left_out.path) - 1) || '0')
"""


class LeftOutTable:
    """What was left out before it was looked into; and all of it together."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock) -> None:
        self._connection = connection
        self._lock = lock

    def clear(self) -> None:
        """Nothing has been left out yet."""
        self._connection.execute("DELETE FROM left_out")

    def add(self, item: LeftOut) -> None:
        """One more."""
        self._connection.execute("INSERT INTO left_out VALUES (?, ?)", (item.path, item.because))

    def forget_full_folders(self, because: str) -> None:
        """Folders of which an archive says `because`, and in which something lies."""
        self._connection.execute("CREATE INDEX IF NOT EXISTS left_out_path ON left_out (path)")
        for table in ("files", "left_out"):
            self._connection.execute(
                f"DELETE FROM left_out WHERE because = ? AND {_LIES_BENEATH.format(table=table)}", (because,)
            )

    def count(self) -> int:
        """How many there are."""
        return int(self._connection.execute(f"SELECT count(*) FROM ({_ALL})").fetchone()[0])

    def first(self, most: int) -> list[LeftOut]:
        """The first of them, in order of the paths."""
        with self._lock:
            rows = self._connection.execute(f"{_ALL} ORDER BY 1, 2 LIMIT ?", (most,)).fetchall()
        return [LeftOut(path=path, because=because) for path, because in rows]

    def all(self) -> Iterator[LeftOut]:
        """Each of them, in order of the paths. Nobody may write meanwhile."""
        for path, because in self._connection.execute(f"{_ALL} ORDER BY 1, 2"):
            yield LeftOut(path=path, because=because)
