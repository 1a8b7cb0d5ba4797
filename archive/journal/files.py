"""The files of a source, what they are, and which bag they go into."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator

from archive.identifying.interface import FoundImage, Sidecar
from archive.journal.encoding import decode_found, encode_found
from archive.sources.interface import LeftOut, SourceFile
from holdings.errors import BadInput

_PAGE = 1000
"""Rows that are in memory at once while many are gone through."""
_FOLDERS_REMEMBERED = 10_000
_UPSERT = """
    INSERT INTO files (path, size, modified, identity, folded, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
    ON CONFLICT (path) DO UPDATE SET
        kind = CASE WHEN size = ?2 AND modified = ?3 AND identity = ?4 THEN kind END,
        known = CASE WHEN size = ?2 AND modified = ?3 AND identity = ?4 THEN known END,
        size = ?2, modified = ?3, identity = ?4, seen = ?6
    WHERE seen <> ?6
"""
_SUSPECTS = """
    CREATE TEMP TABLE suspects AS
    WITH blocked AS (SELECT folded FROM files JOIN folders USING (folded))
    SELECT path FROM files WHERE folded IN (SELECT folded FROM files GROUP BY folded HAVING count(*) > 1)
    UNION SELECT path FROM files WHERE folded IN (SELECT folded FROM blocked)
    UNION SELECT path FROM blocked
        JOIN files ON files.folded >= blocked.folded || '/' AND files.folded < blocked.folded || '0'
"""
_NOTED = "kind IN ('image', 'sidecar') AND collided IS NULL AND known LIKE '%\"notes\"%'"
_FILE = "path, size, modified, identity"


class FilesTable:
    """One row per file. Paths compare by their UTF-8 bytes, as bags order them."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock) -> None:
        self._connection = connection
        self._lock = lock
        self._survey = 0
        self._folders: set[str] = set()

    def begin_survey(self) -> None:
        """Nothing has been seen yet."""
        (last,) = self._connection.execute("SELECT coalesce(max(seen), 0) FROM files").fetchone()
        self._survey = last + 1
        self._folders.clear()
        self._connection.execute("DELETE FROM folders")
        self._connection.execute("UPDATE files SET collided = NULL WHERE collided IS NOT NULL")

    def add(self, file: SourceFile, folded: str) -> None:
        """A file that was seen. Raises BadInput where it was seen already."""
        row = (file.path, file.size_bytes, file.modified_ns, file.identity, folded, self._survey)
        if self._connection.execute(_UPSERT, row).rowcount == 0:
            raise BadInput(
                f"The source holds {file.path!r} twice: which of them a reader gets is chance.",
                hint="Unpack it, look at it, and deposit the folder.",
            )
        folder = folded.rpartition("/")[0]
        while folder and folder not in self._folders:
            if len(self._folders) >= _FOLDERS_REMEMBERED:
                self._folders.clear()
            self._folders.add(folder)
            self._connection.execute("INSERT OR IGNORE INTO folders VALUES (?)", (folder,))
            folder = folder.rpartition("/")[0]

    def end_survey(self) -> None:
        """What was not seen is gone."""
        self._connection.execute("DELETE FROM files WHERE seen <> ?", (self._survey,))
        self._connection.execute("CREATE INDEX IF NOT EXISTS files_folded ON files (folded)")

    def suspects(self) -> Iterator[str]:
        """Paths that may collide with another, in their order."""
        self._connection.execute("DROP TABLE IF EXISTS temp.suspects")
        self._connection.execute(_SUSPECTS)
        yield from (path for (path,) in self._pages("SELECT path FROM temp.suspects"))

    def rival_of(self, path: str, folded: str, folders: Iterable[str]) -> str | None:
        """What stands earlier in the order and cannot lie beside `path` everywhere, as it is spelled.

        folders : the folded names of the folders that `path` lies in.
        """
        here = "path < ? AND collided IS NULL ORDER BY path LIMIT 1"
        same = self._one(f"SELECT path FROM files WHERE folded = ? AND {here}", folded, path)
        below = f"SELECT path FROM files WHERE folded >= ? || '/' AND folded < ? || '0' AND {here}"
        if same is None and (found := self._one(below, folded, folded, path)) is not None:
            return "/".join(found.split("/")[: path.count("/") + 1])
        if same is None:
            parents = (
                self._one(f"SELECT path FROM files WHERE folded = ? AND {here}", name, path)
                for name in folders
            )
            same = next((found for found in parents if found is not None), None)
        return same

    def collide(self, path: str, because: str) -> None:
        """Leave a file out, beside the one that stays."""
        self._connection.execute("UPDATE files SET collided = ? WHERE path = ?", (because, path))

    def unknown(self) -> Iterator[SourceFile]:
        """Accepted files that nobody has looked into yet, in order of their paths."""
        yield from (
            _file(row)
            for row in self._pages(f"SELECT {_FILE} FROM files WHERE kind IS NULL AND collided IS NULL")
        )

    def unknown_bytes(self) -> int:
        """What those files add up to."""
        query = "SELECT coalesce(sum(size), 0) FROM files WHERE kind IS NULL AND collided IS NULL"
        return int(self._connection.execute(query).fetchone()[0])

    def totals(self) -> tuple[int, int]:
        """How many files are not left out by now, and their bytes."""
        query = "SELECT count(*), coalesce(sum(size), 0) FROM files"
        among = "WHERE collided IS NULL AND kind IS NOT 'out'"
        count, size = self._connection.execute(f"{query} {among}").fetchone()
        return int(count), int(size)

    def know(self, found: FoundImage | Sidecar | LeftOut) -> None:
        """Keep what a file was found to be."""
        path = found.path if isinstance(found, LeftOut) else found.file.path
        row = (*encode_found(found), path)
        self._connection.execute("UPDATE files SET kind = ?, known = ? WHERE path = ?", row)

    def forget_what_they_are(self) -> None:
        """Every file has to be looked into again."""
        self._connection.execute("UPDATE files SET kind = NULL, known = NULL")

    def paths(self, kind: str) -> Iterator[str]:
        """The accepted files of a kind, in order."""
        yield from (
            row[0] for row in self._pages("SELECT path FROM files WHERE kind = ? AND collided IS NULL", kind)
        )

    def count(self, kind: str) -> int:
        """How many accepted files of a kind there are."""
        query = "SELECT count(*) FROM files WHERE kind = ? AND collided IS NULL"
        return int(self._connection.execute(query, (kind,)).fetchone()[0])

    def sizes(self) -> Iterator[SourceFile]:
        """Everything that will be bagged, in order of the paths."""
        query = f"SELECT {_FILE} FROM files WHERE kind IN ('image', 'sidecar') AND collided IS NULL"
        yield from (_file(row) for row in self._pages(query))

    def sizes_of(self, kind: str) -> Iterator[SourceFile]:
        """The accepted files of a kind, in order of the paths."""
        yield from (
            _file(row)
            for row in self._pages(f"SELECT {_FILE} FROM files WHERE kind = ? AND collided IS NULL", kind)
        )

    def sizes_in_bag(self, number: int) -> Iterator[SourceFile]:
        """The files of one bag, in order of the paths, without what they are."""
        yield from (_file(row) for row in self._pages(f"SELECT {_FILE} FROM files WHERE bag = ?", number))

    def in_bag(self, number: int) -> list[FoundImage | Sidecar]:
        """The files of one bag, in order of their paths."""
        with self._lock:
            rows = self._connection.execute(
                f"SELECT {_FILE}, kind, known FROM files WHERE bag = ? ORDER BY path", (number,)
            ).fetchall()
        return [decode_found(_file(row), row[4], row[5]) for row in rows]

    def noted_count(self) -> int:
        """How many remarks there are on files that will be bagged."""
        query = f"SELECT count(*) FROM files, json_each(known, '$.notes') WHERE {_NOTED}"
        return int(self._connection.execute(query).fetchone()[0])

    def noted(self) -> Iterator[tuple[str, str]]:
        """Path and remark, in order of the paths. Nobody may write meanwhile."""
        noted = f"FROM files, json_each(known, '$.notes') WHERE {_NOTED}"
        query = f"SELECT files.path, value {noted} ORDER BY files.path"
        yield from self._connection.execute(query)

    def keep_digests(self, path: str, digests: str) -> None:
        """The checksums of a sidecar that is in a bag, as JSON."""
        self._connection.execute("UPDATE files SET digests = ? WHERE path = ?", (digests, path))

    def sidecars(self) -> Iterator[tuple[str, str | None, int]]:
        """Path, checksums as JSON and bag of each sidecar."""
        query = "SELECT path, digests, bag FROM files WHERE kind = 'sidecar' AND collided IS NULL"
        yield from self._pages(query)

    def _one(self, query: str, *values: str) -> str | None:
        row = self._connection.execute(query, values).fetchone()
        return None if row is None else str(row[0])

    def _pages(self, query: str, *values: object) -> Iterator[tuple]:  # type: ignore[type-arg]  # as the query says
        """Rows whose first column is the path, in its order; others may write between two pages."""
        joint = "AND" if "WHERE" in query else "WHERE"
        last = ""
        while True:
            with self._lock:
                rows = self._connection.execute(
                    f"{query} {joint} path > ? ORDER BY path LIMIT {_PAGE}", (*values, last)
                ).fetchall()
            yield from rows
            if len(rows) < _PAGE:
                return
            last = rows[-1][0]


def _file(row: tuple) -> SourceFile:  # type: ignore[type-arg]  # begins with the columns of _FILE
    return SourceFile(path=row[0], size_bytes=row[1], modified_ns=row[2], identity=row[3])
