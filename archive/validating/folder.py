"""A bag that is a plain folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path

from archive.validating.interface import CHUNK_BYTES, Buffer, Contents, Problem, error, printable

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A pipe that took a file's place since the listing does not keep us waiting for its writer."""
_NAME = attrgetter("name")
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class FolderSource:
    """The files below a folder. Links inside it are told and never followed."""

    media_type = None

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self._root = os.path.realpath(root) + "/"
        self._sizes: Contents | None = None

    def contents(self) -> Contents:
        found = self._sizes = Contents()
        waiting = [""]
        while waiting:  # no recursion: a hostile tree may be deeper than Python's stack
            self._list(waiting.pop(), found, waiting)
        return found

    def _list(self, folder: str, found: Contents, waiting: list[str]) -> None:
        found.has_payload_folder |= folder == "data/"
        try:
            descriptor = os.open(self._root + folder, _OPEN | os.O_DIRECTORY)
            try:
                # Sorted, as most manifests are: what is met in their order is found faster.
                with os.scandir(descriptor) as listed:
                    entries = sorted(listed, key=_NAME)
                _sort_in(folder, entries, found, waiting)
            finally:
                os.close(descriptor)
        except OSError as broken:
            what = f"cannot be listed: {broken.strerror}."
            found.findings.append(error("unreadable", "3", f"The folder {what}", folder or None))

    def read(self, path: str) -> Iterator[Buffer]:
        size = self._listed_size(path)
        try:
            descriptor = os.open(self._root + path, _OPEN)
            try:
                yield from _small(descriptor, size) if size < CHUNK_BYTES else _large(descriptor)
            finally:
                os.close(descriptor)
        except OSError as broken:
            raise Problem("unreadable", f"cannot be read: {broken.strerror}") from None

    def _listed_size(self, path: str) -> int:
        assert self._sizes is not None, "contents() comes first"
        return self._sizes.files_for(path).size_of(path)


def _sort_in(folder: str, entries: list[os.DirEntry[str]], found: Contents, waiting: list[str]) -> None:
    files = [entry for entry in entries if entry.is_file(follow_symlinks=False)]
    paths = [folder + entry.name for entry in files]
    found.files_for(folder).extend(paths, [entry.stat(follow_symlinks=False).st_size for entry in files])
    if len(files) == len(entries):
        return
    for entry in reversed(entries):  # the last one pushed is the first one visited
        if entry.is_dir(follow_symlinks=False):
            waiting.append(f"{folder}{entry.name}/")
        elif not entry.is_file(follow_symlinks=False):
            _tell_strange(found, folder + entry.name, entry)


def _small(descriptor: int, size_bytes: int) -> Iterator[Buffer]:
    # One byte more than listed: whoever grew since then is noticed without another call.
    while chunk := os.read(descriptor, size_bytes + 1):
        yield chunk
        if len(chunk) == size_bytes:
            return


def _large(descriptor: int) -> Iterator[Buffer]:
    buffer = memoryview(bytearray(CHUNK_BYTES))
    while length := os.readv(descriptor, [buffer]):
        yield buffer[:length]


def _tell_strange(found: Contents, path: str, entry: os.DirEntry[str]) -> None:
    kind = _KINDS.get(stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode), "of an unknown kind")
    found.strange.add(path)
    sentence = f"{printable(path)} is {kind}, not a file; it was not followed."
    found.findings.append(error("not-a-file", "5.1", sentence, path))
