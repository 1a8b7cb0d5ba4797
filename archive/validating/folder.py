"""A bag that is a plain folder."""

from __future__ import annotations

import os
import stat
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from archive.validating.interface import CHUNK_BYTES, Buffer, Contents, Problem, error, printable

_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""A pipe that took a file's place since the listing does not keep us waiting for its writer."""
_KIND = stat.S_IFMT(0xFFFF)
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
                _sort_in(folder, descriptor, found, waiting)
            finally:
                os.close(descriptor)
        except OSError as broken:
            what = f"cannot be listed: {broken.strerror}."
            found.findings.append(error("unreadable", "3", f"The folder {what}", folder or None))

    def read(self, path: str) -> Iterable[Buffer]:
        size = self._listed_size(path)
        if size < CHUNK_BYTES:
            # One byte more than listed: whoever grew since then is noticed without another call.
            data = _beginning(self._root + path, size + 1)
            if len(data) == size:
                return (data,)
        return _piecewise(self._root + path)

    def _listed_size(self, path: str) -> int:
        assert self._sizes is not None, "contents() comes first"
        return self._sizes.files_for(path).size_of(path)


def _sort_in(folder: str, descriptor: int, found: Contents, waiting: list[str]) -> None:
    """Everything right below a folder; one call of the system for each."""
    # Sorted, as most manifests are: what is met in their order needs no looking up.
    names = sorted(os.listdir(descriptor))
    sizes = array("q")
    others: dict[str, int] = {}
    for name in names:
        status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
        if status.st_mode & _KIND == stat.S_IFREG:  # a million times: a call less is felt
            sizes.append(status.st_size)
        else:
            others[name] = status.st_mode
    files = [name for name in names if name not in others] if others else names
    found.files_for(folder).extend(map(folder.__add__, files), sizes)
    for name, mode in reversed(others.items()):  # the last one pushed is the first one visited
        if stat.S_ISDIR(mode):
            waiting.append(f"{folder}{name}/")
        else:
            _tell_strange(found, folder + name, mode)


def _beginning(path: str, most_bytes: int) -> bytes:
    try:
        descriptor = os.open(path, _OPEN)
        try:
            return os.read(descriptor, most_bytes)
        finally:
            os.close(descriptor)
    except OSError as broken:
        raise _unreadable(broken) from None


def _piecewise(path: str) -> Iterator[Buffer]:
    buffer = memoryview(bytearray(CHUNK_BYTES))
    try:
        descriptor = os.open(path, _OPEN)
        try:
            while length := os.readv(descriptor, [buffer]):
                yield buffer[:length]
        finally:
            os.close(descriptor)
    except OSError as broken:
        raise _unreadable(broken) from None


def _unreadable(broken: OSError) -> Problem:
    return Problem("unreadable", f"cannot be read: {broken.strerror}")


def _tell_strange(found: Contents, path: str, mode: int) -> None:
    kind = _KINDS.get(stat.S_IFMT(mode), "of an unknown kind")
    found.strange.add(path)
    sentence = f"{printable(path)} is {kind}, not a file; it was not followed."
    found.findings.append(error("not-a-file", "5.1", sentence, path))
