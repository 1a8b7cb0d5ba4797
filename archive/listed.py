"""A sequence that is read each time it is gone through: a million rows without a million objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar, overload

Item_co = TypeVar("Item_co", covariant=True)


class Listed(Sequence[Item_co], Generic[Item_co]):
    """What `begin` gives, from its beginning each time."""

    def __init__(self, length: int, begin: Callable[[], Iterator[Item_co]]) -> None:
        self._length = length
        self._begin = begin

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Item_co]:
        return self._begin()

    @overload
    def __getitem__(self, place: int) -> Item_co: ...
    @overload
    def __getitem__(self, place: slice) -> list[Item_co]: ...
    def __getitem__(self, place: int | slice) -> Item_co | list[Item_co]:
        """By going through what comes before it."""
        if isinstance(place, slice):
            wanted = range(*place.indices(self._length))
            return [self[number] for number in wanted] if wanted.step != 1 else self._between(wanted)
        number = place + self._length if place < 0 else place
        if not 0 <= number < self._length:
            raise IndexError(place)
        return next(islice(self._begin(), number, None))

    def _between(self, wanted: range) -> list[Item_co]:
        return list(islice(self._begin(), wanted.start, max(wanted.start, wanted.stop)))

    def __repr__(self) -> str:
        return f"<{self._length} listed>"
