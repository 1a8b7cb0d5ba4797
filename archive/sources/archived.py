"""What a tar and a zip have in common as sources: an archive that must stay what it was surveyed as."""

from __future__ import annotations

from collections.abc import Callable

from archive.sources.interface import EMPTY_FOLDER, LeftOut, changed
from archive.validating.bytes_at import BytesAt
from archive.validating.interface import Problem
from holdings.errors import BadInput, NotFound

Stamp = Callable[[], str]
"""What an archive is known by: another whenever it may have changed. OSError or NotFound where it is gone."""
HINT = "Unpack it, look at it, and deposit the folder."


def refused(archive: BytesAt, why: str) -> BadInput:
    """What the survey raises for an archive that cannot be believed."""
    clause = why[:1].lower() + why[1:].rstrip(".")
    return BadInput(f"The source {archive.name} is refused: {clause}.", hint=HINT)


def plain_name(name: str) -> str:
    """A member's name without the `./` that `tar -C folder .` writes before it."""
    while name.startswith("./"):
        name = name[2:].lstrip("/") if name.startswith(".//") else name[2:]
    return name


def folder_of(name: str) -> LeftOut | None:
    """What is said of a folder in an archive; nothing of the archive's own top."""
    path = plain_name(name).rstrip("/")
    return LeftOut(path=f"{path}/", because=EMPTY_FOLDER) if path not in ("", ".") else None


def exactly(archive: BytesAt, path: str, offset: int, length: int) -> bytes:
    """Bytes of an archive; BadInput where it has become shorter. Raises Problem where it cannot be read."""
    data = archive.at(offset, length)
    if len(data) < length:
        raise changed(path)
    return data


def told(problem: Problem) -> str:
    """A problem of reading, as a clause."""
    return problem.sentence.rstrip(".")


def confirm_stamp(stamp: Stamp, surveyed: str, path: str) -> None:
    """Raises BadInput where an archive is no longer what it was when the file at `path` was listed.

    Whoever only touched it is refused as well: to look again into a member proves nothing of the
    rest, from the headers to where the next one begins.
    """
    try:
        now = stamp()
    except (OSError, NotFound):
        now = ""
    if now != surveyed:
        raise changed(path)
