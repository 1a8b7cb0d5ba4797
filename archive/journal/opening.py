"""Finding the journal of a deposit that was stopped, or beginning one.

Two of the same deposit at once have a journal each: whoever comes second takes the next number.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from archive.journal.journal import SUFFIXES, Journal
from holdings.errors import Unavailable
from holdings.settings import Settings

FOLDER = "deposits"
"""Beside the catalogue."""
_FORGOTTEN_SECONDS = 180 * 86400
"""A deposit that nobody finished for so long begins anew; its finished bags are held all the same."""


def journal_folder(settings: Settings) -> Path:
    """Where the journals of these holdings lie; made where it is missing."""
    folder = settings.catalogue.folder / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"The folder {folder} cannot be made: {error.strerror}.") from None
    return folder


@contextmanager
def open_journal(folder: Path, *named: str) -> Iterator[Journal]:
    """The journal of the deposit that `named` names, alone as long as the context lasts.

    It stays where the context is left by an error, and can then be opened again.
    """
    _sweep(folder)
    key = hashlib.sha256("\0".join(named).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    for number in count(1):
        path = folder / f"{key}-{number}.sqlite"
        with _locked(path.with_suffix(".lock")) as is_ours:
            if is_ours:
                journal = _open(path)
                try:
                    yield journal
                except BaseException:
                    journal.close()
                    raise
                return


def _sweep(folder: Path) -> None:
    """Journals (and unpacked archives) of deposits that nobody came back to."""
    for path in folder.iterdir():
        if path.suffix not in (".sqlite", ".tar"):
            continue
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime < _FORGOTTEN_SECONDS:
                continue
            with _locked(path.with_suffix(".lock")) as is_ours:
                for suffix in SUFFIXES if is_ours else ():
                    Path(f"{path}{suffix}").unlink(missing_ok=True)


def _open(path: Path) -> Journal:
    try:
        return Journal(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise Unavailable(
                f"The deposit's journal {path} cannot be opened: {error}.",
                hint="Make room beside the catalogue and run the same again.",
            ) from None
        # Damaged: it is a cache, and what it knew can be looked up again.
        for suffix in SUFFIXES:
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        return Journal(path)


@contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Whether we hold the lock; it opens by itself if we are killed."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        # Whoever had it before us may have taken the file away: then ours is not the one others see.
        is_ours = _is_there(path, lock)
        try:
            yield is_ours
        finally:
            if is_ours:
                path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _is_there(path: Path, lock: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(lock))
    except FileNotFoundError:
        return False
