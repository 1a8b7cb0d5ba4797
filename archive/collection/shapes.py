"""What an image's pixels are: axes, sizes, levels and the grid of tiles. Values only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import ceil

TILE_PX = 512
VOLUME_TILE = (32, 256, 256)
"""z, y, x: 2 MB of 8 bits, so that a slice and a block both cost few tiles."""
_BAND_BYTES = 128 * 2**20
"""Of slices that are in memory at once, a tile deep: large slices have flatter tiles."""
VOLUME = "zyx"
Zyx = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Level:
    """One resolution of an image."""

    number: int
    """0 is the original's."""
    size: Zyx
    """Pixels; z is 1 for a plain image."""
    factor: Zyx
    """How many pixels of level 0 one pixel stands for, along each axis."""
    tile: Zyx

    @property
    def grid(self) -> Zyx:
        """How many tiles, along each axis."""
        z, y, x = (ceil(size / tile) for size, tile in zip(self.size, self.tile, strict=True))
        return z, y, x

    @property
    def tiles(self) -> int:
        z, y, x = self.grid
        return z * y * x

    def tile_number(self, at: Zyx) -> int:
        """The place of a tile in the order in which tiles are written."""
        _, rows, columns = self.grid
        return (at[0] * rows + at[1]) * columns + at[2]

    def tile_places(self) -> Iterator[Zyx]:
        """Every tile, in that order."""
        yield from product(*(range(count) for count in self.grid))


@dataclass(frozen=True, kw_only=True)
class Form:
    """The pixels of one image, before anybody says how they are stored."""

    axes: str
    """`cyx` for an image, `czyx` for pages, `zyx` for a volume."""
    size: Zyx
    channels: tuple[str, ...]
    """`R`, `G`, `B`, …; one name for a volume."""
    dtype: str
    """`uint8`, `uint16` or `float32`."""
    spacing_um: tuple[float | None, float | None, float | None]
    """Of a pixel along z, y and x, in micrometres; None where nobody said."""
    first_level: int = 0
    """The largest level that is kept; those above it are left to the original in its bag."""

    @property
    def is_volume(self) -> bool:
        return self.axes == VOLUME

    @property
    def tile(self) -> Zyx:
        if not self.is_volume:
            return 1, TILE_PX, TILE_PX
        depth, high, wide = VOLUME_TILE
        # Never one slice: two make one of the next level.
        while depth > 2 and depth * self.size[1] * self.size[2] * self.item_bytes > _BAND_BYTES:
            depth //= 2
        return depth, high, wide

    @property
    def item_bytes(self) -> int:
        """Of one sample."""
        return {"uint8": 1, "uint16": 2, "float32": 4}[self.dtype]

    @property
    def raw_bytes(self) -> int:
        """Of level 0, uncompressed."""
        z, y, x = self.size
        return z * y * x * len(self.channels) * self.item_bytes

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        """From the original down to what fits one tile."""
        step: Zyx = (2, 2, 2) if self.is_volume else (1, 2, 2)
        found = [Level(number=0, size=self.size, factor=(1, 1, 1), tile=self.tile)]
        while any(
            size > tile
            for size, tile, halved in zip(found[-1].size, self.tile, step, strict=True)
            if halved > 1
        ):
            found.append(_half(found[-1], step))
        return tuple(found)

    @property
    def stored(self) -> tuple[Level, ...]:
        """The levels that are kept: from `first_level` down, at least the smallest."""
        return self.levels[min(self.first_level, len(self.levels) - 1) :]

    def shape(self, level: Level) -> tuple[int, ...]:
        """Of the stored array, in the order of `axes`."""
        return self._along(level.size)

    def chunk(self, level: Level) -> tuple[int, ...]:
        """Of one stored tile, in the order of `axes`."""
        return self._along(level.tile)

    def _along(self, zyx: Zyx) -> tuple[int, ...]:
        sizes = {"c": len(self.channels), "z": zyx[0], "y": zyx[1], "x": zyx[2]}
        return tuple(sizes[axis] for axis in self.axes)


def _half(level: Level, step: Zyx) -> Level:
    size = tuple(ceil(n / k) for n, k in zip(level.size, step, strict=True))
    factor = tuple(n * k for n, k in zip(level.factor, step, strict=True))
    return Level(number=level.number + 1, size=_zyx(size), factor=_zyx(factor), tile=level.tile)


def _zyx(values: tuple[int, ...]) -> Zyx:
    z, y, x = values
    return z, y, x
