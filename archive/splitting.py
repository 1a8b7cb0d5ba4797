"""Which files go into which bag: bags of bounded size, the files of one specimen together.

Bags are filled in order of the paths, so that what is restored together (a drawer, a folder, a
table and the images beside it) mostly lies together, and the same files always split alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """What one bag may hold."""

    size_bytes: int
    """Of its payload in the tar. A single file that is larger gets a bag of its own."""
    files: int
    """Manifests, PREMIS and index are made in memory and grow with the files, not with their bytes. They grow
    with what is said of a file, too: one with a long record counts as several."""


class Piece(NamedTuple):
    """A file, as far as splitting has to know it."""

    number: int
    size_bytes: int
    together: str
    """Neighbours that share it belong to one specimen."""
    together_bytes: int
    together_files: int
    files: int = 1
    """As how many files it counts."""


@dataclass
class _Bag:
    number: int = 1
    size_bytes: int = 0
    files: int = 0

    def has_room(self, size_bytes: int, files: int, bounds: Bounds) -> bool:
        """Whether so much more fits; into an empty bag everything does."""
        fits = self.size_bytes + size_bytes <= bounds.size_bytes and self.files + files <= bounds.files
        return fits or not self.files

    def next(self) -> _Bag:
        return _Bag(number=self.number + 1)


def placed(pieces: Iterable[Piece], bounds: Bounds) -> Iterator[tuple[int, int]]:
    """The number of each piece and that of its bag, from 1.

    pieces : in their order, those that belong together one after the other.

    A specimen that is larger than a bag begins a bag of its own and fills as many as it takes.
    """
    bag, together = _Bag(), None
    for piece in pieces:
        if piece.together != together and not bag.has_room(
            piece.together_bytes, piece.together_files, bounds
        ):
            bag = bag.next()
        if not bag.has_room(piece.size_bytes, piece.files, bounds):
            bag = bag.next()
        together = piece.together
        bag.size_bytes += piece.size_bytes
        bag.files += piece.files
        yield piece.number, bag.number
