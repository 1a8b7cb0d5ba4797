"""A folder as a store: every object a file that people can find, written so that it lasts.

```
chunks ──> .holdfast/incoming/<random>, locked ──fsync──> link to its key's path ──fsync folders──> held
                     │                                             │
             killed here: the next put sweeps it          refused if the name is taken
```

Where a folder differs from S3: a key and another that goes on below it (`a` and `a/b`) cannot
both be held, since a file is not a folder; the second is refused with Conflict. On a file
system that does not tell `a` from `A` (or NFC from NFD), neither does the store: use one that does.
"""

# ruff: noqa: PTH103, PTH108, PTH118, PTH120
# Paths are bytes here (see local_paths), and pathlib knows none.

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from holdings.errors import AlreadyExists, Conflict, StoreFull, Unavailable
from holdings.stores import local_files as files
from holdings.stores.interface import (
    Buffer,
    ObjectInfo,
    ToldSum,
    check_prefix,
    check_range,
    no_sum,
    nothing_beside,
    too_long,
    too_short,
    wrong_size,
)
from holdings.stores.local_listing import walk
from holdings.stores.local_marker import check_folder, mark_folder
from holdings.stores.local_paths import OURS, path_of

CHUNK_BYTES = 1 << 20


class LocalStore:
    """Objects as files of one folder, which `create` must have made.

    Every verb first looks for the folder's marker, so that an unmounted disk is Unavailable
    and never an empty store; making the object itself touches nothing.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder.absolute()
        self.url = self.folder.as_uri()
        self._root = os.fsencode(self.folder)
        self._incoming = os.path.join(self._root, OURS, b"incoming")
        self._lock = os.path.join(self._root, OURS, b"lock")

    @classmethod
    def create(cls, name: str, folder: Path) -> LocalStore:
        """Make `folder` (or an empty one) the store `name`; again, does nothing.

        Raises Conflict where the folder is another store's or holds anything else.
        """
        mark_folder(name, folder.absolute())
        return cls(name, folder)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        check_prefix(prefix)
        self._check_folder()
        with self._told(f"the keys that begin with '{prefix}'"):
            yield from walk(self._root, prefix)
        # The disk may have gone while we walked: then what we saw was not all.
        self._check_folder()

    def head(self, key: str) -> ObjectInfo:
        with self._open(key) as descriptor:
            return files.info_of(key, os.fstat(descriptor))

    def get(self, key: str, *, start: int = 0, version: str | None = None) -> Iterator[Buffer]:
        check_range(key, start, 0)
        with self._open(key) as descriptor:
            info = files.info_of(key, os.fstat(descriptor))
            if version not in (None, info.version):
                raise Conflict(f"{key} in {self.name} is no longer version {version}.")
            if start > info.size_bytes:
                raise too_short(key, info.size_bytes, end=start)
            while chunk := self._read(key, descriptor, start, CHUNK_BYTES):
                start += len(chunk)
                yield chunk
            if start != info.size_bytes:
                raise Unavailable(f"{key} in {self.name} changed its size while it was read.")

    def get_whole(self, key: str, *, at_most: int, version: str | None = None) -> tuple[ObjectInfo, Buffer]:
        info = self.head(key)
        if info.size_bytes > at_most:
            raise too_long(key, info.size_bytes, at_most=at_most)
        return info, b"".join(self.get(key, version=version or info.version))

    def get_range(self, key: str, start: int, length: int) -> bytes:
        check_range(key, start, length)
        with self._open(key) as descriptor:
            size = os.fstat(descriptor).st_size
            if start + length > size:
                raise too_short(key, size, end=start + length)
            data = self._read(key, descriptor, start, length)
            # One call of the system reads at most 2 GiB.
            while len(data) < length and (
                more := self._read(key, descriptor, start + len(data), length - len(data))
            ):
                data += more
        if len(data) != length:
            raise Unavailable(f"{key} in {self.name} changed its size while it was read.")
        return data

    def put(self, key: str, data: Buffer) -> ObjectInfo:
        return self.put_stream(key, [data], size_bytes=len(data))

    def put_stream(self, key: str, chunks: Iterable[Buffer], *, size_bytes: int) -> ObjectInfo:
        relative = path_of(key)
        self._check_folder()
        with self._told(key):
            self._make_way(key, relative)
            files.sweep(self._incoming)
            self._refuse_if_full(key, size_bytes)
            descriptor, path = files.open_incoming(self._incoming)
        try:
            self._fill(key, descriptor, chunks, size_bytes)
            with self._told(key):
                os.fsync(descriptor)
                self._link(key, path, relative)
                return files.info_of(key, os.fstat(descriptor))
        finally:
            with suppress(OSError):
                os.unlink(path)
            os.close(descriptor)

    def copy(self, source_key: str, target_key: str, *, source: str | None = None) -> ObjectInfo:
        if source is not None:
            raise nothing_beside(self.name, source)
        # Never a hard link or a reflink: a copy is other bytes on the disk than its source.
        info = self.head(source_key)
        chunks = self.get(source_key, version=info.version)
        return self.put_stream(target_key, chunks, size_bytes=info.size_bytes)

    def delete(self, key: str, *, version: str) -> None:
        relative = path_of(key)
        self._check_folder()
        with self._told(key), files.locked(self._lock, fcntl.LOCK_EX):
            if self.head(key).version != version:
                raise Conflict(f"{key} in {self.name} is no longer version {version}; it was left alone.")
            path = os.path.join(self._root, relative)
            os.unlink(path)
            files.sync_folders(self._root, path)
            files.remove_empty_folders(self._root, os.path.dirname(path))

    def warm(self, key: str, *, days: int = 7) -> None:  # noqa: ARG002  # a folder never sleeps
        self.head(key)

    def is_online(self, key: str) -> bool:
        return bool(self.head(key))

    def told_sum(self, key: str) -> ToldSum:
        return no_sum(self.head(key))

    def close(self) -> None:
        """Nothing is held open between verbs."""

    def _told(self, key: str) -> AbstractContextManager[None]:
        return files.told(self.name, key)

    def _check_folder(self) -> None:
        check_folder(self.name, self.folder)

    @contextmanager
    def _open(self, key: str) -> Iterator[int]:
        relative = path_of(key)
        self._check_folder()
        with self._told(key):
            descriptor = files.open_regular(self._root, relative)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _read(self, key: str, descriptor: int, start: int, length: int) -> bytes:
        with self._told(key):
            return os.pread(descriptor, length, start)

    def _fill(self, key: str, descriptor: int, chunks: Iterable[Buffer], size_bytes: int) -> None:
        found = 0
        for chunk in chunks:
            found += len(chunk)
            if found > size_bytes:
                break
            with self._told(key):
                files.write_all(descriptor, memoryview(chunk))
        if found != size_bytes:
            raise wrong_size(key, size_bytes=size_bytes, found=found)

    def _refuse_if_full(self, key: str, size_bytes: int) -> None:
        space = os.statvfs(self._root)
        if space.f_bavail * space.f_frsize < size_bytes:
            raise StoreFull(
                f"{self.name} has no room for the {size_bytes} bytes of {key}.", hint=files.FULL_HINT
            )

    def _link(self, key: str, path: bytes, relative: bytes) -> None:
        target = os.path.join(self._root, relative)
        while True:
            self._make_way(key, relative)
            # Whatever comes in our way from here on, the next round names it.
            with files.locked(self._lock, fcntl.LOCK_SH), suppress(FileExistsError, NotADirectoryError):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                os.link(path, target)
                files.sync_folders(self._root, target)
                return

    def _make_way(self, key: str, relative: bytes) -> None:
        """Raise what a taken key raises; remove empty folders where the file is to be."""
        if (found := files.obstacle(self._root, relative)) is None:
            return
        path, mode = found
        if stat.S_ISREG(mode) and path == os.path.join(self._root, relative):
            raise AlreadyExists(f"{key} is already in {self.name}.")
        if stat.S_ISDIR(mode):
            with files.locked(self._lock, fcntl.LOCK_EX):
                files.remove_empty_tree(path)
            if not os.path.lexists(path):
                return
        raise Conflict(
            f"{key} cannot be in {self.name}: '{os.fsdecode(path)}' is in its way.",
            hint="In a folder no key may go on below another: not both a and a/b.",
        )
