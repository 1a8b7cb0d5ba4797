"""Room on a disk for what an image needs while it is built, and what is said where there is none."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from holdings.errors import HoldfastError, StoreFull

_PREFIX = "holdfast-scratch-"
_FULL = (os.strerror(errno.ENOSPC), os.strerror(errno.EDQUOT))


@contextmanager
def room_needed(name: str) -> Iterator[None]:
    """A full disk becomes StoreFull, whichever library met it: that is no fault of the image `name`.

    By its words, since TileDB passes on nothing else.
    """
    try:
        yield
    except HoldfastError:
        raise
    except Exception as error:
        if not any(words in str(error) for words in _FULL):
            raise
        raise StoreFull(
            f"There is no room in {tempfile.gettempdir()} for {name} while it is built.",
            hint="Make room there or name another folder in TMPDIR, then run the same again: it goes on.",
            detail=str(error),
        ) from error


class ScratchFolder:
    """A folder for a library that wants names on disk; what killed runs left of theirs is removed first.

    Its owner holds a lock on it, which dies with the owner. Where folders cannot be locked (some network
    disks), none is ever removed.
    """

    def __init__(self) -> None:
        _sweep(Path(tempfile.gettempdir()))
        self.path, self._lock = _made()
        if self._lock is None:  # a sweep came between making and locking; or there are no locks
            shutil.rmtree(self.path, ignore_errors=True)
            self.path, self._lock = _made()

    def close(self) -> None:
        """Give back the disk space."""
        shutil.rmtree(self.path)
        if self._lock is not None:
            os.close(self._lock)


def _made() -> tuple[Path, int | None]:
    path = Path(tempfile.mkdtemp(prefix=_PREFIX))
    return path, _locked(path)


def _sweep(among: Path) -> None:
    """Remove folders that nobody holds; those of other people cannot be opened, and stay."""
    for path in among.glob(f"{_PREFIX}*"):
        if (lock := _locked(path)) is not None:
            shutil.rmtree(path, ignore_errors=True)
            os.close(lock)


def _locked(folder: Path) -> int | None:
    """A descriptor that holds the lock; None where somebody else does, or it is gone."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            folder.stat()
        except OSError:
            os.close(descriptor)
            raise
        return descriptor
    return None
