"""Step 1: what lies in the source, file by file. Nothing is dropped in silence.

Every file ends as accepted or as left out, because. Links are not followed.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from holdings.errors import BadInput

JUNK = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
"""What operating systems leave behind; compared without regard to case."""
_DEVICE_NAMES = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(1, 10))}
)
_KINDS: tuple[tuple[Callable[[int], bool], str], ...] = (
    (stat.S_ISLNK, "a link; links are not followed"),
    (stat.S_ISFIFO, "a pipe, not a file"),
    (stat.S_ISSOCK, "a socket, not a file"),
    (stat.S_ISCHR, "a device, not a file"),
    (stat.S_ISBLK, "a device, not a file"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFile:
    """A file that was accepted, as it was when it was surveyed."""

    path: str
    """Relative to the source, with `/` between its parts, exactly as it is spelled there."""
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Something in the source that will not be in the bag."""

    path: str
    """Bytes that are not UTF-8 are written as `\\xNN`; a folder ends with `/`."""
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """Everything in a source, in order of the paths' UTF-8 bytes."""

    root: Path
    files: tuple[SourceFile, ...]
    left_out: tuple[LeftOut, ...]


def survey(source: Path) -> Survey:
    """Look at everything in the folder `source`, without opening a file.

    Raises BadInput where the source is missing, is no folder, or cannot be listed.
    """
    root = _folder(source)
    files: list[SourceFile] = []
    left_out: list[LeftOut] = []
    for found in _walk(root):
        (files if isinstance(found, SourceFile) else left_out).append(found)  # type: ignore[arg-type]  # one kind each
    files.sort(key=lambda file: file.path.encode())
    kept = list(_without_collisions(files, left_out))
    left_out.sort(key=lambda item: item.path.encode())
    return Survey(root=root, files=tuple(kept), left_out=tuple(left_out))


def _folder(source: Path) -> Path:
    try:
        mode = source.stat().st_mode
    except OSError as error:
        raise BadInput(f"The source {source} cannot be opened: {error.strerror}.") from None
    if not stat.S_ISDIR(mode):
        raise BadInput(f"The source {source} is not a folder.", hint="Give the folder that holds the images.")
    return source.resolve()


def _walk(root: Path) -> Iterator[SourceFile | LeftOut]:
    """Depth first without recursion: a hostile tree may be deeper than Python's stack."""
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root / folder) as entries:
                listed = list(entries)
        except OSError as error:
            if not folder:
                raise BadInput(f"The source {root} cannot be listed: {error.strerror}.") from None
            yield LeftOut(path=_shown(folder), because=f"a folder that cannot be listed: {error.strerror}")
            continue
        if folder and not listed:
            yield LeftOut(path=_shown(folder), because="an empty folder; a bag holds files only")
        for entry in listed:
            path = folder + entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append(path + "/")
            else:
                yield _look_at(entry, path)


def _look_at(entry: os.DirEntry[str], path: str) -> SourceFile | LeftOut:
    because = unsafe_path(path) or _junk(entry.name)
    if because:
        return LeftOut(path=_shown(path), because=because)
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return LeftOut(path=path, because=f"it cannot be looked at: {error.strerror}")
    for is_kind, what in _KINDS:
        if is_kind(status.st_mode):
            return LeftOut(path=path, because=what)
    if status.st_size == 0:
        return LeftOut(path=path, because="it is empty")
    return SourceFile(path=path, size_bytes=status.st_size, modified_ns=status.st_mtime_ns)


def unsafe_path(path: str) -> str | None:
    """Why a relative path cannot travel to every system, or None where it can."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "its name is not UTF-8"
    if "\\" in path:
        return "its name has a backslash, which other systems take for a folder"
    if any(unicodedata.category(letter) == "Cc" and letter not in "\t\r\n" for letter in path):
        return "its name has a control character"
    for part in path.split("/"):
        if part in ("", ".", ".."):
            return "its path has an empty, '.' or '..' part"
        if part.partition(".")[0].rstrip().lower() in _DEVICE_NAMES:
            return f"'{part}' is the name of a device on Windows"
    return None


def _junk(name: str) -> str | None:
    if name.lower() in JUNK or name.startswith("._"):
        return "left behind by an operating system"
    return None


def _without_collisions(files: Iterable[SourceFile], left_out: list[LeftOut]) -> Iterator[SourceFile]:
    """Keep the first of those that a case-blind or Unicode-normalising system cannot hold together."""
    files_taken: dict[str, str] = {}
    folders_taken: dict[str, str] = {}
    for file in files:
        folded = _folded(file.path)
        parents = _parents(folded)
        rival = files_taken.get(folded) or folders_taken.get(folded)
        rival = rival or next((files_taken[parent] for parent in parents if parent in files_taken), None)
        if rival is not None:
            because = f"its name differs from {rival} only in case or Unicode form"
            left_out.append(LeftOut(path=file.path, because=because))
            continue
        files_taken[folded] = file.path
        for parent, spelled in zip(parents, _parents(file.path), strict=True):
            folders_taken.setdefault(parent, spelled)
        yield file


def _folded(path: str) -> str:
    if path.isascii():
        return path.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())


def _parents(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts))]


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
