"""PRONOM identifiers by pygfried (siegfried), from signatures that it carries: nothing is fetched.

It is shown an excerpt of each file under the file's extension, not the file: it would search
every byte of a TIFF of 144 MB for 1.2 CPU s, memory-mapped, so that a file cut short while it
looks ends the whole process. And it is another process that is shown it (`asking`).
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

from archive.identifying.asking import Matches, begin, matches_of
from archive.identifying.interface import Format

UNKNOWN = Format(media_type="application/octet-stream", puid=None, name=None, version=None)
Told = tuple[Format, str]
"""A format, and what PRONOM warns of (mostly nothing)."""
_MOST_REMEMBERED = 10_000
"""Images of one camera or one program often begin with the same bytes: those are asked once."""
_SHARED_MEMORY = "/dev/shm"  # noqa: S108  # a folder with a random name is made in it
_EXTENSION = re.compile(r"\.[a-z0-9]{1,12}")


class Pronom:
    """Formats of excerpts, many at a time. Use as a context; leave it to remove its folder."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="holdfast-formats-", dir=_in_memory())
        self._lock = Lock()
        self._told: dict[bytes, Told] = {}

    def __enter__(self) -> Self:
        begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def formats(self, excerpts: Sequence[tuple[str, bytes]]) -> list[Told]:
        """Of each extension and excerpt."""
        keys = [hashlib.sha256(f"{extension}\0".encode() + data).digest() for extension, data in excerpts]
        with self._lock:  # one is asked at a time, and works in threads of its own
            asked = {
                key: excerpt for key, excerpt in zip(keys, excerpts, strict=True) if key not in self._told
            }
            told = {key: self._told[key] for key in keys if key in self._told} | self._ask(asked)
            self._told |= told
            while len(self._told) > _MOST_REMEMBERED:
                del self._told[next(iter(self._told))]
        return [told[key] for key in keys]

    def _ask(self, excerpts: Mapping[bytes, tuple[str, bytes]]) -> dict[bytes, Told]:
        paths = {key: self._written(number, *excerpts[key]) for number, key in enumerate(excerpts)}
        if not paths:
            return {}
        matches = matches_of([str(path) for path in paths.values()])
        for path in paths.values():
            path.unlink()
        return {key: _format(matches.get(str(path), [])) for key, path in paths.items()}

    def _written(self, number: int, extension: str, excerpt: bytes) -> Path:
        suffix = extension if _EXTENSION.fullmatch(extension) else ""
        path = Path(self._folder.name, f"{number}{suffix}")
        path.write_bytes(excerpt)
        return path


def _in_memory() -> str | None:
    """Where files are never written to a disk; None where this machine has no such place."""
    return _SHARED_MEMORY if os.access(_SHARED_MEMORY, os.W_OK) else None


def _format(matches: Matches) -> Told:
    matches = [match for match in matches if match["id"] != "UNKNOWN"]
    if len(matches) != 1:
        return UNKNOWN, ""
    (match,) = matches
    return Format(
        media_type=match["mime"] or UNKNOWN.media_type,
        puid=match["id"],
        name=match["format"] or None,
        version=match["version"] or None,
    ), match["warning"]
