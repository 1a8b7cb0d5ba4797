"""What a walk through a file's structure gives, and what it raises."""

from __future__ import annotations

from dataclasses import dataclass

from archive.identifying.interface import Characteristics


class Broken(Exception):  # said of the file, and never leaves this folder
    """The structure of a file is not whole; the sentence becomes the reason to leave it out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Structure:
    """A file whose structure is whole."""

    media_type: str
    characteristics: Characteristics
    notes: tuple[str, ...] = ()
    telling: tuple[tuple[int, int], ...] = ((0, 1024),)
    """Offset and length of the parts that tell the format from its neighbours: its head and its end."""
