"""The seam of matching: what becomes of every image. What a metadata file says is in `records`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

By: TypeAlias = Literal["accessURI", "fileName", "catalogNumber"]
"""What brought an image and a record together; `catalogNumber` stands for every number of the specimen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matched:
    """An image and its one record."""

    path: str
    record: int
    """Its number in the `Records`."""
    by: By


@dataclass(frozen=True, kw_only=True, slots=True)
class Ambiguous:
    """An image that several records claim, or that a record names no more clearly than another image."""

    path: str
    records: tuple[int, ...]
    """The first ten."""
    by: By


@dataclass(frozen=True, kw_only=True, slots=True)
class Unmatched:
    """An image that no record claims."""

    path: str


Outcome: TypeAlias = Matched | Ambiguous | Unmatched
