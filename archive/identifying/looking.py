"""One file by its own bytes: an image that is whole, one that is broken, or none."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import BinaryIO

from archive.identifying.reading import Bytes
from archive.identifying.signatures import EXTENSIONS, HEAD_BYTES, told_by
from archive.identifying.structure import Broken, Structure
from archive.sources.interface import LeftOut, SourceFile

_SMALL_BYTES = 64 * 1024
"""A file that is no image is shown whole if it is no larger, else its two ends: office documents
have their contents listed at the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What was seen of one file that can be read."""

    file: SourceFile
    structure: Structure | None
    """None where its bytes tell no image that we know."""
    excerpt: bytes
    """Enough of it to tell its format from all others, and never many pixels."""

    @property
    def extension(self) -> str:
        return extension_of(self.file.path)


def extension_of(path: str) -> str:
    """With its dot, in lower case; empty where there is none."""
    return os.path.splitext(path)[1].lower()  # noqa: PTH122  # a million paths: strings, not Path objects


def look_into(opened: BinaryIO, file: SourceFile) -> Looked | LeftOut:
    """Say what `opened` is, reading no more of it than that needs.

    Raises OSError where it cannot be read.
    """
    data = Bytes(opened, file.size_bytes)
    extension = extension_of(file.path)
    try:
        found = told_by(data.at(0, min(HEAD_BYTES, data.size), "its first bytes"))
    except Broken as broken:
        return LeftOut(path=file.path, because=str(broken))
    if found is None:
        if extension in EXTENSIONS:
            return LeftOut(path=file.path, because=f"it is named {extension}, and its bytes are no image")
        return Looked(file=file, structure=None, excerpt=_both_ends(data))
    name, look = found
    try:
        structure = look(data)
        return Looked(file=file, structure=structure, excerpt=_excerpt(data, structure))
    except Broken as broken:
        return LeftOut(path=file.path, because=f"it is a broken {name} image: {broken}")
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        # Bytes that no walk foresaw: this file is named and left out, and the deposit goes on.
        return LeftOut(
            path=file.path, because=f"it is a broken {name} image: its header makes no sense ({error})"
        )


def _both_ends(data: Bytes) -> bytes:
    if data.size <= _SMALL_BYTES:
        return data.at(0, data.size, "it")
    half = _SMALL_BYTES // 2
    return data.at(0, half, "it") + data.at(data.size - half, half, "it")


def _excerpt(data: Bytes, structure: Structure) -> bytes:
    return b"".join(
        data.at(offset, min(length, data.size - offset), "its header")
        for offset, length in structure.telling
        if offset < data.size
    )
