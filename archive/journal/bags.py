"""Which files share a bag, and what has been begun for each."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from archive.splitting import Bounds, Piece, placed

_TERMS = "(length(matched) - length(replace(matched, '\": \"', ''))) / 4"
_WEIGHT = f"(1 + coalesce(length(CAST(matched AS BLOB)) + 15 * {_TERMS}, 0) / 2500)"
"""As how many files one counts: the record of most has less than 40 terms and 1,900 bytes. A bag's records
are in memory several times as text, and as terms, each of which takes some 150 bytes beside its own."""
_FIRSTS = f"""
    CREATE TEMP TABLE firsts AS
    SELECT together, min(path) AS first, sum((size + 1023) / 512 * 512) AS bytes, sum({_WEIGHT}) AS files
    FROM files WHERE together IS NOT NULL AND kind IN ('image', 'sidecar') AND collided IS NULL
    GROUP BY together
"""
_PIECES = f"""
    SELECT id, (size + 1023) / 512 * 512 AS cost, coalesce(first, path) AS first,
           coalesce(firsts.bytes, (size + 1023) / 512 * 512), coalesce(firsts.files, {_WEIGHT}), {_WEIGHT}
    FROM files LEFT JOIN temp.firsts USING (together)
    WHERE kind IN ('image', 'sidecar') AND collided IS NULL ORDER BY first, path
"""
"""The cost of a file is what it takes in a tar: a header, and the file filled up to whole blocks."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Begun:
    """What was begun for a bag of exactly some files."""

    package_id: str
    held_in: str | None
    """The store of a copy that is good; None where this deposit never learned of one."""
    was_held: bool
    """Somebody had deposited it before."""


class BagsTable:
    """The bags of a deposit."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock) -> None:
        self._connection = connection
        self._lock = lock

    def split(self, bounds: Bounds) -> int:
        """Give every file its bag, and return how many bags there are."""
        run = self._connection.execute
        for table in ("firsts", "placed"):
            run(f"DROP TABLE IF EXISTS temp.{table}")
        run(_FIRSTS)
        run("CREATE INDEX temp.firsts_together ON firsts (together)")
        run("CREATE TEMP TABLE placed (id INTEGER PRIMARY KEY, bag INTEGER NOT NULL)")
        pieces = (Piece(*row) for row in self._connection.execute(_PIECES))
        self._connection.executemany("INSERT INTO temp.placed VALUES (?, ?)", placed(pieces, bounds))
        run("DROP INDEX IF EXISTS files_bag")
        run("UPDATE files SET bag = (SELECT placed.bag FROM temp.placed WHERE placed.id = files.id)")
        run("CREATE INDEX files_bag ON files (bag)")
        run("DELETE FROM bags")
        sums = f"SELECT bag, sum(size), sum({_WEIGHT}) FROM files WHERE bag IS NOT NULL GROUP BY bag"
        run(f"INSERT INTO bags {sums}")
        return self.count()

    def count(self) -> int:
        """How many bags there are."""
        return int(self._connection.execute("SELECT count(*) FROM bags").fetchone()[0])

    def numbers(self) -> Iterator[int]:
        """Of the bags, from 1."""
        yield from range(1, self.count() + 1)

    def begun(self, identity: str) -> Begun | None:
        """What was begun for a bag of that identity."""
        with self._lock:
            row = self._connection.execute(
                "SELECT package_id, held_in, was_held FROM begun WHERE identity = ?", (identity,)
            ).fetchone()
        return row and Begun(package_id=row[0], held_in=row[1], was_held=bool(row[2]))

    def most_files(self) -> int:
        """How many files the bag with the most of them holds, as they count."""
        return int(self._connection.execute("SELECT coalesce(max(files), 0) FROM bags").fetchone()[0])

    def any_begun(self) -> bool:
        """Whether anything was begun at all."""
        return self._connection.execute("SELECT 1 FROM begun LIMIT 1").fetchone() is not None

    def begin(self, identity: str, package_id: str) -> None:
        """It is about to be stored as that package."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO begun VALUES (?1, ?2, NULL, 0)"
                " ON CONFLICT (identity) DO UPDATE SET package_id = ?2, held_in = NULL, was_held = 0",
                (identity, package_id),
            )

    def finish(self, identity: str, package_id: str, *, held_in: str, was_held: bool) -> None:
        """It is held as that package, and the catalogue knows it."""
        with self._lock:
            self._connection.execute(
                "INSERT INTO begun VALUES (?1, ?2, ?3, ?4)"
                " ON CONFLICT (identity) DO UPDATE SET package_id = ?2, held_in = ?3, was_held = ?4",
                (identity, package_id, held_in, was_held),
            )
