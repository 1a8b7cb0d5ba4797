"""A folder of this machine as a source. Links are not followed, pipes are not waited for."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from archive.sources.interface import (
    CHUNK_BYTES,
    EMPTY_FOLDER,
    LeftOut,
    SourceFile,
    Touched,
    changed,
    touched,
    unreadable,
)
from holdings.errors import BadInput

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Never a link that took the file's place, never a wait for a pipe."""
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISLNK, "a link; links are not followed"),
    (stat.S_ISFIFO, "a pipe, not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
)


class FolderSource:
    """The files below a folder."""

    def __init__(self, root: Path, *, origin: str | None = None) -> None:
        """Raises BadInput where there is no folder at `root`."""
        self.origin = origin or str(root)
        try:
            mode = root.stat().st_mode
        except OSError as error:
            raise BadInput(f"The source {self.origin} cannot be opened: {error.strerror}.") from None
        if not stat.S_ISDIR(mode):
            raise BadInput(
                f"The source {self.origin} is not a folder.", hint="Give the folder that holds the images."
            )
        self.root = root.resolve()
        self._prefix = f"{self.root}/"

    def entries(self) -> Iterator[SourceFile | LeftOut]:
        # Depth first without recursion: a hostile tree may be deeper than Python's stack.
        waiting = [""]
        while waiting:
            for found in self.look_into(waiting.pop()):
                if isinstance(found, str):
                    waiting.append(found)
                else:
                    yield found

    def look_into(self, folder: str) -> Iterator[SourceFile | LeftOut | str]:
        """What lies in one folder; folders in it as their paths, ending with `/`.

        folder : "" for the source itself.
        """
        seen = False
        try:
            with os.scandir(self.root / folder) as entries:
                for entry in entries:
                    seen = True
                    path = folder + entry.name
                    yield f"{path}/" if entry.is_dir(follow_symlinks=False) else _look_at(entry, path)
        except OSError as error:
            if not folder:
                raise BadInput(f"The source {self.origin} cannot be listed: {error.strerror}.") from None
            yield LeftOut(path=folder, because=f"a folder that cannot be listed: {error.strerror}")
            return
        if folder and not seen:
            yield LeftOut(path=folder, because=EMPTY_FOLDER)

    def open(self, file: SourceFile) -> BinaryIO:
        return cast("BinaryIO", io.BufferedReader(self._open(file.path)))

    def read(self, file: SourceFile) -> Iterator[bytes]:
        # Calls of the system and nothing around them: of small files there are many.
        try:
            handle = os.open(self._prefix + file.path, _OPEN)
            try:
                if file.size_bytes > CHUNK_BYTES:
                    yield from _read_large(handle, file)
                    return
                data = b"".join(_chunks(handle, file.size_bytes))
                # Of a small one nothing is given out before it is known to be what was surveyed.
                _check_untouched(file, os.fstat(handle))
                if len(data) != file.size_bytes:
                    raise changed(file.path)
                yield data
            finally:
                os.close(handle)
        except OSError as error:
            raise unreadable(file.path, error.strerror or str(error)) from None

    def confirm(self, file: SourceFile) -> None:
        """Each reading has seen for itself."""

    def local_path(self, file: SourceFile) -> Path | None:
        return self.root / file.path

    def _open(self, path: str) -> io.FileIO:
        return io.FileIO(os.open(self._prefix + path, _OPEN), closefd=True)


def _look_at(entry: os.DirEntry[str], path: str) -> SourceFile | LeftOut:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return LeftOut(path=path, because=f"it cannot be looked at: {error.strerror}")
    for is_kind, what in _KINDS:
        if is_kind(status.st_mode):
            return LeftOut(path=path, because=what)
    return SourceFile(
        path=path,
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        identity=_identity(status),
    )


def _identity(status: os.stat_result) -> str:
    # Nobody can set the change time back, as anybody can a file's own time.
    return f"{status.st_ctime_ns}.{status.st_ino}"


def _chunks(handle: int, left: int) -> Iterator[bytes]:
    while left and (chunk := os.read(handle, min(CHUNK_BYTES, left))):
        left -= len(chunk)
        yield chunk


def _read_large(handle: int, file: SourceFile) -> Iterator[bytes]:
    _check_untouched(file, os.fstat(handle))
    seen = 0
    for chunk in _chunks(handle, file.size_bytes):
        seen += len(chunk)
        yield chunk
    try:
        _check_untouched(file, os.fstat(handle))
    except Touched:  # its bytes are given out: half of them may be old and half of them new
        raise changed(file.path) from None
    if seen != file.size_bytes:
        raise changed(file.path)


def _check_untouched(file: SourceFile, status: os.stat_result) -> None:
    now = (status.st_size, status.st_mtime_ns)
    if not stat.S_ISREG(status.st_mode) or now != (file.size_bytes, file.modified_ns):
        raise changed(file.path)
    if file.identity != (identity := _identity(status)):
        raise touched(replace(file, identity=identity))
