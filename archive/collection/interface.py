"""The seam between pixels and the form in which they are kept: Zarr and TileDB, an `ImageArrayWriter` each.

```
Pyramid ──write(level, at, block)──> ImageArrayWriter ──written(facts)──> parts to be put into a store
                                     └─ read(level, at, size)──> compared: facts
```
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from numpy.typing import NDArray

from archive.collection.pyramid import Block
from archive.collection.shapes import Level, Zyx

Facts = Mapping[str, Any]
"""What goes with the pixels, as JSON: where they came from, colour profile, what was done to them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One object of an image, ready to be put: the same bytes each time it is opened."""

    key: str
    """Follows the image's own key: empty for a form that is one object, else begins with `/`."""
    size_bytes: int
    open: Callable[[], Iterable[bytes]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """An image in the form that a writer gives it."""

    parts: tuple[Part, ...]
    """In the order in which they are put; the last one makes the image visible."""
    tiles: tuple[tuple[int, int], ...]
    """Where each tile lies (first byte and length), level after level; empty where a library looks itself."""


class ImageArrayWriter(Protocol):
    """Takes every level of one image in bands and keeps them outside of memory until it is closed."""

    def write(self, level: Level, at: Zyx, block: Block) -> None:
        """Take a band of whole tiles, full width; per level, in order."""
        ...

    def finish(self) -> None:
        """Everything is written; from here on it can be read."""
        ...

    def read(self, level: Level, at: Zyx, size: Zyx) -> NDArray[Any]:
        """Pixels of the finished image as (z, y, x, channels), by a library that anybody may use.

        The check after writing rests on it, so it shares no code with `write`.
        """
        ...

    def written(self, facts: Facts) -> Written:
        """The finished image, with `facts` in its own metadata."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give back what was kept."""
        ...
