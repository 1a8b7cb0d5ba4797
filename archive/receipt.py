"""What a depositor is told in the end: what was accepted, what was not and why, and where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptCopy:
    """A copy of a bag that was read back and matched."""

    store: str
    tier: str
    domain: str
    """What fails together."""
    url: str
    """Of the bag's tar."""
    verified_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptBag:
    """One bag of a deposit, and where it lies."""

    package_id: str
    deposited_at: datetime
    images: int
    size_bytes: int
    """Of its tar."""
    sha256: str
    """Of its tar."""
    copies: Sequence[KeptCopy]
    """Only those that are verified."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchedRecords:
    """What became of the records that came with a deposit, and of the images."""

    metadata: str | None
    """The file that the records came from; None where that was not written down."""
    matched: int
    """Images with a record."""
    images_without_record: Sequence[str]
    """Their paths."""
    records_without_image: Sequence[str] | None
    """Where each stands: `multiple.csv, line 3`; None where that was not written down."""
    ambiguous: Sequence[str]
    """A sentence for each image that several records claim."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReceiptDocument:
    """What a depositor keeps. `None` stands for what was not written down, never for "nothing"."""

    deposit: str
    """Names the deposit, and the receipt's files."""
    collection: str
    organization: str | None
    made_at: datetime
    agent: str
    already_held: bool
    """The same content was deposited before; nothing was stored twice."""
    bags: Sequence[KeptBag]
    images: Callable[[], Iterator[Image]]
    """Every image that was accepted, in the order of the bags; from the beginning at each call."""
    size_bytes: int
    """Of all those images."""
    sidecars: Sequence[str] | None
    """Paths of the files that are no images and were kept beside them."""
    left_out: Sequence[LeftOut] | None
    matched: MatchedRecords | None
    """None where no records came with it."""
    algorithms: Sequence[str]
    """Of the payload manifests in each bag."""

    @property
    def image_count(self) -> int:
        return sum(bag.images for bag in self.bags)
