"""The seam of sources: whatever files can be deposited from.

Implementations sit beside it: a folder, a tar, a zip, a prefix in a store.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from holdings.errors import BadInput

CHUNK_BYTES = 1024 * 1024
EMPTY_FOLDER = "an empty folder; a bag holds files only"
"""An archive says so of each folder it names; the survey believes it where nothing lies beneath."""
FOLDER_MARKER = "a marker for a folder, not a file"
JUNK = "left behind by an operating system"
BY_RULE = frozenset((EMPTY_FOLDER, FOLDER_MARKER, JUNK))
"""Reasons for which nothing is missing that anybody made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFile:
    """A file of a source, as it was when it was surveyed."""

    path: str
    """Relative to the source, with `/` between its parts, exactly as it is spelled there."""
    size_bytes: int
    modified_ns: int
    """As the source tells it; a tar and a zip tell whole seconds, a store when it was put."""
    identity: str = ""
    """What else must stay the same for it to be the same file: change time and inode, offset in an
    archive, entity tag in a store."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """Something in the source that will not be in the bag."""

    path: str
    """Bytes that are not UTF-8 are written as `\\xNN`; a folder ends with `/`."""
    because: str


class Source(Protocol):
    """Files that can be listed and read, and are only read."""

    @property
    def origin(self) -> str:
        """The source as the depositor named it, for sentences."""
        ...

    def entries(self) -> Iterator[SourceFile | LeftOut]:
        """Everything in it, in any order, without reading a file's bytes.

        Raises BadInput where the source is missing or cannot be listed.
        """
        ...

    def open(self, file: SourceFile) -> BinaryIO:
        """The bytes of one file, seekable, for looking into; closes when it is closed.

        Raises OSError where it cannot be read.
        """
        ...

    def read(self, file: SourceFile) -> Iterator[bytes]:
        """The bytes of one file from beginning to end, in chunks of at most 1 MiB.

        Raises BadInput naming it where it changed since it was surveyed, vanished or cannot be read;
        Touched, before the first chunk, where only its content tells whether it changed.
        """
        ...

    def confirm(self, file: SourceFile) -> None:
        """Raises BadInput where what `file` was read from has been written to since it was surveyed.

        For archives, where `read` sees nothing of it: asked once, when all that was wanted was read.
        """
        ...

    def local_path(self, file: SourceFile) -> Path | None:
        """Where the very bytes lie as a file of this machine; None where they do not."""
        ...


_CHANGED = "changed while it was deposited."
_CHANGED_HINT = "It was not acknowledged. Wait until nobody writes to the source and deposit again."


class Touched(BadInput):
    """A file of the size and time that it had, which somebody has touched since all the same.

    Its mode or owner may be another, a backup may have set its times back, or somebody wrote other
    bytes and then did so: whoever looked into it has to look again.
    """

    def __init__(
        self,
        sentence: str,
        *,
        hint: str | None = None,
        detail: str | None = None,
        now: SourceFile | None = None,
    ) -> None:
        super().__init__(sentence, hint=hint, detail=detail)
        self.now = now
        """The file as it is now; None where the error came from another process."""


def touched(now: SourceFile) -> Touched:
    """What the reading of a file raises whose size and time alone are what they were."""
    return Touched(f"{now.path} {_CHANGED}", hint=_CHANGED_HINT, now=now)


def changed(path: str) -> BadInput:
    """What the reading of a file raises that is no longer what was surveyed."""
    return BadInput(f"{path} {_CHANGED}", hint=_CHANGED_HINT)


def unreadable(path: str, why: str) -> BadInput:
    """What the reading of a file raises that cannot be read."""
    return BadInput(
        f"{path} could not be read: {why}.",
        hint="The deposit was not acknowledged. Mend or remove the file and deposit again.",
    )
