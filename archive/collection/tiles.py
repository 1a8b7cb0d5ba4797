"""Where the tiles of a Zarr image lie in its package, known from the table: no request finds them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archive.collection.built import BuiltImage
from archive.collection.shapes import Form, Level, Zyx
from archive.collection.sharding import Shards


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """One stored tile."""

    at: Zyx
    """In the grid of its level."""
    key: str
    """Of the object, inside the package."""
    offset: int
    size_bytes: int


class TileTable:
    """The tiles of one image."""

    def __init__(self, built: BuiltImage) -> None:
        self._built = built
        self.form: Form = built.pixel_form
        self._first: dict[int, int] = {}
        """Of each level, the number of its first tile in the table."""
        number = 0
        for level in self.form.stored:
            self._first[level.number] = number
            number += level.tiles
        self._shards = {level.number: Shards(self.form, level) for level in self.form.stored}

    def place(self, level: Level, at: Zyx) -> Place:
        """Where one tile lies."""
        offset, size = self._built.tiles[self._first[level.number] + level.tile_number(at)]
        key = self._built.key
        if self._built.layout == "shards":
            key = f"{key}/{self._shards[level.number].name_of(at[0], at[1])}"
        return Place(at=at, key=key, offset=offset, size_bytes=size)

    def all(self) -> Iterator[tuple[Level, Place]]:
        """Every tile."""
        for level in self.form.stored:
            for at in level.tile_places():
                yield level, self.place(level, at)

    def touched(self, level: Level, at: Zyx, size: Zyx) -> Iterator[Place]:
        """The tiles that a box has pixels of."""
        z, y, x = (
            range(begin // tile, -(-(begin + count) // tile))
            for begin, count, tile in zip(at, size, level.tile, strict=True)
        )
        yield from (self.place(level, (i, j, k)) for i in z for j in y for k in x)
