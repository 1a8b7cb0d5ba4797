"""PRONOM identifiers by pygfried (siegfried), from signatures that it carries: nothing is fetched.

It is shown an excerpt of each file under the file's extension, not the file: it would search
every byte of a TIFF of 144 MB for 1.2 CPU s, memory-mapped, so that a file cut short while it
looks ends the whole process.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Self

import pygfried

from archive.identifying.interface import Format

UNKNOWN = Format(media_type="application/octet-stream", puid=None, name=None, version=None)
_EXTENSION = re.compile(r"\.[a-z0-9]{1,12}")


class Pronom:
    """Formats of excerpts, many at a time. Use as a context; leave it to remove its folder."""

    def __init__(self, *, workers: int) -> None:
        self._workers = workers
        self._folder = tempfile.TemporaryDirectory(prefix="holdfast-formats-")
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    def formats(self, excerpts: Sequence[tuple[str, bytes]]) -> list[tuple[Format, str]]:
        """Of each extension and excerpt: the format, and what PRONOM warns of (mostly nothing)."""
        if not excerpts:
            return []
        with self._lock:  # pygfried holds the interpreter meanwhile, and works in threads of its own
            paths = [self._written(number, *excerpt) for number, excerpt in enumerate(excerpts)]
            told = pygfried.identify_many(map(str, paths), workers=self._workers)["files"]
            for path in paths:
                path.unlink()
        by_path = {file["filename"]: file["matches"] for file in told}
        return [_format(by_path.get(str(path), [])) for path in paths]

    def _written(self, number: int, extension: str, excerpt: bytes) -> Path:
        suffix = extension if _EXTENSION.fullmatch(extension) else ""
        path = Path(self._folder.name, f"{number}{suffix}")
        path.write_bytes(excerpt)
        return path


def _format(matches: list[pygfried.Match]) -> tuple[Format, str]:
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
