"""The journal of one deposit: its tables, and what is said of the deposit as a whole."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files as resources
from pathlib import Path

from archive.journal.bags import BagsTable
from archive.journal.files import FilesTable
from archive.journal.left_out import LeftOutTable
from archive.journal.matches import MatchesTable
from holdings.errors import StoreFull, Unavailable

SUFFIXES = ("-wal", "-shm", "")
"""Of the files of a journal, in the order in which they may be taken away."""
_PRAGMAS = """
    PRAGMA journal_mode = WAL;
    -- A power cut may take the last moments with it, and never leaves a file that lies.
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 8192;
    PRAGMA cache_size = -4096;
"""


class Journal:
    """Everything that is known of a deposit under way. Threads may share it."""

    def __init__(self, path: Path) -> None:
        """Opens the journal at `path`, or begins one. Raises sqlite3.DatabaseError where it is none."""
        self.path = path
        self._along: list[Path] = []
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._close = weakref.finalize(self, self._connection.close)
        self._connection.executescript(_PRAGMAS)
        self._connection.executescript(resources("archive.journal").joinpath("schema.sql").read_text())
        self.files = FilesTable(self._connection, self._lock)
        self.left_out = LeftOutTable(self._connection, self._lock)
        self.matches = MatchesTable(self._connection, self._lock)
        self.bags = BagsTable(self._connection, self._lock)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All that is written in it is kept together, or not at all."""
        with self._lock, _told(self.path):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def resurveying(self) -> Iterator[None]:
        """What is seen in it is what the source holds now; what is not seen is forgotten."""
        with self.writing():
            self.left_out.clear()
            self.files.begin_survey()
            yield
            self.files.end_survey()

    def said(self, name: str, default: str) -> str:
        """What was said first under `name`: now `default`, if nothing was."""
        with self.writing():
            self._connection.execute("INSERT OR IGNORE INTO said VALUES (?, ?)", (name, default))
            row = self._connection.execute("SELECT value FROM said WHERE name = ?", (name,)).fetchone()
        return str(row[0])

    def identifies_by(self, how: str) -> None:
        """Forget what files were found to be, unless it was found in that very way."""
        with self.writing():
            if self.said("how", how) != how:
                self.files.forget_what_they_are()
                self._connection.execute("UPDATE said SET value = ? WHERE name = 'how'", (how,))

    def takes_along(self, path: Path) -> None:
        """Another file that is not needed any more once the journal is not."""
        self._along.append(path)

    def remove(self) -> None:
        """Take the file away; what it holds can be read for as long as this object lives."""
        with self._lock:
            # The log first: a file without its log is whole, and a log without its file is a riddle.
            for path in (*(Path(f"{self.path}{suffix}") for suffix in SUFFIXES), *self._along):
                path.unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing can be read afterwards."""
        self._close()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        kind = StoreFull if "full" in str(error) else Unavailable
        raise kind(
            f"The deposit's journal {path} cannot be written: {error}.",
            hint="Make room beside the catalogue and run the same again.",
            detail=os.fspath(path),
        ) from None
