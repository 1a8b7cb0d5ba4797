"""What a file system must be asked for, so that it keeps its word after a crash.

```
.holdfast/store.json   the marker: which store this folder is
.holdfast/incoming/    what is being written, each file locked by its living writer
.holdfast/lock         shared by those who add names, exclusive for those who take them away
```
"""

# ruff: noqa: PTH106, PTH108, PTH118, PTH120, PTH208
# Paths are bytes here (see local_paths), and pathlib knows none.

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from holdings.errors import AccessDenied, Conflict, HoldfastError, NotFound, StoreFull, Unavailable
from holdings.stores.interface import ObjectInfo

_MEANING: dict[int | None, type[HoldfastError]] = {
    errno.ENOENT: NotFound,
    errno.ENOTDIR: NotFound,
    errno.ENOSPC: StoreFull,
    errno.EDQUOT: StoreFull,
    errno.EFBIG: StoreFull,
    errno.EACCES: AccessDenied,
    errno.EPERM: AccessDenied,
    errno.EROFS: AccessDenied,
    errno.ELOOP: Conflict,
}
FULL_HINT = "Make room there, then run the same command again."
_SENTENCE: dict[type[HoldfastError], str] = {
    NotFound: "{key} is not in {store}.",
    StoreFull: "{store} has no room for {key}.",
    AccessDenied: "{store} does not let us touch {key}.",
    Conflict: "{key} in {store} is behind a symbolic link; links are not followed.",
    Unavailable: "{store} could not be asked about {key}.",
}


@contextmanager
def told(store: str, key: str) -> Iterator[None]:
    """Says what the operating system's refusal means for the object."""
    try:
        yield
    except OSError as error:
        kind = _MEANING.get(error.errno, Unavailable)
        hint = FULL_HINT if kind is StoreFull else None
        raise kind(_SENTENCE[kind].format(store=store, key=key), hint=hint, detail=str(error)) from error


def open_incoming(folder: bytes) -> tuple[int, bytes]:
    """A new file in `folder`, open and locked: (descriptor, path)."""
    while True:
        path = os.path.join(folder, secrets.token_hex(12).encode())
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Between creating and locking, a sweep may have taken the file for a dead writer's.
        if os.fstat(descriptor).st_nlink:
            return descriptor, path
        os.close(descriptor)


def sweep(folder: bytes) -> None:
    """Remove what dead writers left in `folder`: their locks died with them."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        with suppress(OSError):  # the writer lives, or another sweep was faster
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(path)
            finally:
                os.close(descriptor)


@contextmanager
def locked(path: bytes, kind: int) -> Iterator[None]:
    """Holds the lock file of a store, shared (`LOCK_SH`) or alone (`LOCK_EX`)."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: memoryview) -> None:
    """Write to the end; the system may take less at a time."""
    while data:
        data = data[os.write(descriptor, data) :]


def sync_folders(root: bytes, path: bytes) -> None:
    """Make the names on the way from `root` to `path` last.

    Every folder on the way, not only those just made: another writer may have made one and
    not have synced it yet, and our object would go with it in a power cut.
    """
    folder = os.path.dirname(path)
    while True:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if folder == root:
            return
        folder = os.path.dirname(folder)


def open_regular(root: bytes, relative: bytes) -> int:
    """A descriptor for reading a plain file, through plain folders only; OSError otherwise."""
    path = root
    for name in relative.split(b"/")[:-1]:
        path = os.path.join(path, name)
        if stat.S_ISLNK(os.lstat(path).st_mode):
            raise OSError(errno.ELOOP, "a symbolic link on the way", os.fsdecode(path))
    descriptor = os.open(
        os.path.join(root, relative), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    )
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.ENOENT, "not a plain file", os.fsdecode(relative))
    return descriptor


def obstacle(root: bytes, relative: bytes) -> tuple[bytes, int] | None:
    """What keeps a new file from `relative`: its path and mode; None where the way is free."""
    path = root
    names = relative.split(b"/")
    for depth, name in enumerate(names, 1):
        path = os.path.join(path, name)
        try:
            mode = os.lstat(path).st_mode
        except FileNotFoundError:
            return None
        if depth == len(names) or not stat.S_ISDIR(mode):
            return path, mode
    return None


def remove_empty_folders(root: bytes, folder: bytes) -> None:
    """Remove `folder` and those above it, up to `root`, as far as they are empty."""
    with suppress(OSError):
        while folder != root:
            os.rmdir(folder)
            folder = os.path.dirname(folder)


def remove_empty_tree(folder: bytes) -> None:
    """Remove what is empty in and with `folder`, the deepest first; whatever holds a file stays."""
    for path, _, _ in os.walk(folder, topdown=False):
        with suppress(OSError):
            os.rmdir(path)


def info_of(key: str, found: os.stat_result) -> ObjectInfo:
    """What the file system says of an object."""
    return ObjectInfo(
        key=key,
        size_bytes=found.st_size,
        version=f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}",
        modified_at=datetime.fromtimestamp(found.st_mtime, UTC),
    )
