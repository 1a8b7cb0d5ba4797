"""Which record each image was matched to, and what was left without a partner."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from sys import intern

from archive.describing.interface import Matched
from archive.matching.findings import Finding


class MatchesTable:
    """Records beside the files, and orphans on both sides."""

    def __init__(self, connection: sqlite3.Connection, lock: threading.RLock) -> None:
        self._connection = connection
        self._lock = lock

    def clear(self) -> None:
        """Nothing is matched yet."""
        self._connection.execute(
            "UPDATE files SET specimen = NULL, matched = NULL, together = NULL"
            " WHERE coalesce(specimen, matched, together) IS NOT NULL"
        )
        self._connection.execute("DELETE FROM orphans")
        self._connection.execute("DELETE FROM findings")

    def match(self, path: str, matched: Matched, *, together: str) -> None:
        """An image and its record."""
        told = json.dumps(
            [matched.specimen, dict(matched.terms), matched.by, matched.where], ensure_ascii=False
        )
        self._connection.execute(
            "UPDATE files SET specimen = ?, matched = ?, together = ? WHERE path = ?",
            (matched.specimen, told, together, path),
        )

    def number(self, path: str, specimen: str, *, together: str) -> None:
        """A file without a record whose name holds the number of a specimen."""
        self._connection.execute(
            "UPDATE files SET specimen = ?, together = ? WHERE path = ? AND matched IS NULL",
            (specimen, together, path),
        )

    def orphans(self, kind: str, told: Iterable[str]) -> None:
        """What has no partner: `image` (paths), `record` (files and lines), `ambiguous` (sentences)."""
        self._connection.executemany("INSERT INTO orphans VALUES (?, ?)", ((kind, text) for text in told))

    def note(self, findings: Iterable[Finding]) -> None:
        """What was noticed while reading and matching."""
        rows = ((finding.code, finding.sentence) for finding in findings)
        self._connection.executemany("INSERT INTO findings VALUES (?, ?)", rows)

    def of_bag(self, number: int) -> tuple[dict[str, Matched], dict[str, str]]:
        """Records, and numbers of specimens, by the paths of the files in a bag."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT path, specimen, matched FROM files"
                " WHERE bag = ? AND coalesce(specimen, matched) IS NOT NULL ORDER BY path",
                (number,),
            ).fetchall()
        matched = {path: _matched(told) for path, _, told in rows if told is not None}
        return matched, {path: specimen for path, specimen, _ in rows if specimen is not None}

    def matched_count(self) -> int:
        """How many images have a record."""
        query = "SELECT count(*) FROM files WHERE matched IS NOT NULL"
        return int(self._connection.execute(query).fetchone()[0])

    def orphan_count(self, kind: str) -> int:
        """How many have no partner."""
        query = "SELECT count(*) FROM orphans WHERE kind = ?"
        return int(self._connection.execute(query, (kind,)).fetchone()[0])

    def orphans_of(self, kind: str) -> Iterator[str]:
        """What has no partner, in the order in which it was told. Nobody may write meanwhile."""
        query = "SELECT told FROM orphans WHERE kind = ? ORDER BY rowid"
        yield from (told for (told,) in self._connection.execute(query, (kind,)))

    def findings(self) -> list[Finding]:
        """What was noticed; matching bounds how much."""
        rows = self._connection.execute("SELECT code, sentence FROM findings ORDER BY rowid")
        return [Finding(code=code, sentence=sentence) for code, sentence in rows]


def _matched(told: str) -> Matched:
    specimen, terms, by, where = json.loads(told)
    # The same names for every record: of many columns, they are most of what a record takes.
    named = {intern(name): value for name, value in terms.items()}
    return Matched(specimen=specimen, terms=named, by=by, where=where)
