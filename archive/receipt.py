"""What a depositor is told in the end: what was accepted, what was not and why, and where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archive.survey import LeftOut
from holdings.records import Image


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """An acknowledged deposit: every byte of it was read back from the store and matched."""

    package_id: str
    collection: str
    images: Sequence[Image]
    sidecars: Sequence[str]
    """Paths of the files that are no images and were kept beside them."""
    left_out: Sequence[LeftOut]
    store: str
    """The store that holds the verified copy."""
    size_bytes: int
    """Of the package there."""
    seconds: float
    already_held: bool
    """The same content was deposited before; nothing was stored twice."""
