"""Where bytes of metadata come from: a file, or a member of an archive, that can be opened again."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from archive.matching.bounds import MAX_TABLE_BYTES
from holdings.errors import BadInput


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """Bytes with a name. Nothing is unpacked to disk: members of archives are streamed."""

    name: str
    """For sentences: `specimens.csv`, `archive.zip: occurrence.txt`."""
    size_bytes: int
    """Unpacked; opening gives no more than these."""
    opens: Callable[[], IO[bytes]]

    def check_table_size(self) -> None:
        """BadInput where this is too much for one table."""
        if self.size_bytes > MAX_TABLE_BYTES:
            raise BadInput(
                f"{self.name} is {self.size_bytes:,} bytes unpacked; "
                f"a table of metadata may have {MAX_TABLE_BYTES:,}.",
                hint="Split the table and deposit its parts one by one.",
            )


def file_source(path: Path, name: str | None = None) -> Source:
    """An ordinary file; BadInput for anything else, without waiting for a pipe."""
    name = name or path.name
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise BadInput(
            f"The metadata {path} cannot be opened: {error}.", hint="Is it there, and may you read it?"
        ) from None
    try:
        status = os.fstat(handle)
    finally:
        os.close(handle)
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(
            f"The metadata {path} is neither a file nor a folder.",
            hint="Give a file, or the folder of an unpacked Darwin Core Archive.",
        )
    return Source(name=name, size_bytes=status.st_size, opens=lambda: path.open("rb"))
