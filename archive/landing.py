"""A file or folder that appears at its place only when it is whole, and never over another."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from holdings.errors import BadInput

_MARK = ".holdfast-part"


def check_target(target: Path, *, overwrite: bool = False) -> None:
    """BadInput where `target` exists already (unless it is a file to be replaced) or has no folder."""
    if os.path.lexists(target) and not (target.is_symlink() or target.is_file()):
        # To replace /dev/null by a picture would break the machine.
        what = "a folder" if target.is_dir() else "no plain file"
        raise BadInput(f"{target} is there already, and is {what}.", hint="Name one that does not exist yet.")
    if os.path.lexists(target) and not overwrite:
        raise BadInput(
            f"{target} is there already; it was left as it is.", hint="Name another, or ask to overwrite it."
        )
    if not target.parent.is_dir():
        raise BadInput(f"The folder {target.parent} does not exist.", hint="Make it first.")


@contextmanager
def landing_file(target: Path, *, overwrite: bool) -> Iterator[BinaryIO]:
    """A file to be filled; it takes its place when the context ends well, and vanishes otherwise."""
    with _told(target):
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}", suffix=_MARK, dir=target.parent)
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o666 & ~_umask())
            _take_place(part, target, overwrite=overwrite)
        finally:
            part.unlink(missing_ok=True)


def _take_place(part: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        part.replace(target)
        return
    try:
        os.link(part, target)  # unlike a rename, refuses where the name was taken meanwhile
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        check_target(target)
        part.rename(target)


@contextmanager
def landing_folder(target: Path) -> Iterator[Path]:
    """A folder to be filled; it takes its place when the context ends well, and vanishes otherwise."""
    with _told(target):
        part = Path(tempfile.mkdtemp(prefix=f".{target.name[:100]}", suffix=_MARK, dir=target.parent))
        try:
            yield part
            part.chmod(0o777 & ~_umask())
            check_target(target)
            part.rename(target)
        finally:
            with suppress(FileNotFoundError):
                shutil.rmtree(part)


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(
            f"{target} could not be written: {error.strerror or error}.",
            hint="Nothing was left there. Is there room, and may you write there?",
            detail=str(error),
        ) from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
