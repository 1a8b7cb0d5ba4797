"""The files of a bag's tar, written below one folder, and nowhere else."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from archive import tar
from holdings.stores.interface import Buffer


@dataclass(frozen=True, kw_only=True, slots=True)
class Unpacked:
    """A file that was written."""

    size_bytes: int
    sha256: str


def unpack(chunks: Iterable[Buffer], top: str, folder: Path) -> dict[str, Unpacked]:
    """Write the files of the tar that lie under its folder `top` into `folder`: path -> what was written.

    Raises NotOurs for a member anywhere else, one that comes twice, or one that is no plain file.
    """
    written: dict[str, Unpacked] = {}
    for member in tar.members(chunks):
        path = inside(member.name, top)
        if path in written:
            raise tar.NotOurs(f"{path!r} comes twice")
        written[path] = _write(member, folder / path)
    return written


def inside(name: str, top: str) -> str:
    """The path of a member below `top`; NotOurs where it is not there, or could lead out."""
    first, *rest = name.split("/")
    if first != top or not rest or any(part in ("", ".", "..") or "\0" in part for part in rest):
        raise tar.NotOurs(f"{name[:200]!r} does not lie inside the bag")
    return "/".join(rest)


def _write(member: tar.Member, target: Path) -> Unpacked:
    seen = hashlib.sha256()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:  # the folder is new and holds no links: nothing leads out of it
            for chunk in member.chunks:
                seen.update(chunk)
                file.write(chunk)
    except (FileExistsError, NotADirectoryError):
        raise tar.NotOurs(
            f"{member.name[:200]!r} is in the way of another, or is on this file system"
        ) from None
    os.utime(target, (member.modified_s, member.modified_s))
    return Unpacked(size_bytes=member.size_bytes, sha256=seen.hexdigest())


def empty(folder: Path) -> None:
    """Remove what an earlier attempt wrote into `folder`."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
