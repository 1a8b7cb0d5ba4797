"""What a depositor is told in the end: what was accepted, what was not and why, and where it is.

The images are those of the catalogue, the rest is in the deposit's journal: nothing of it is
held in memory, and it can be gone through for as long as the receipt lives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archive.identifying.interface import Check
from archive.journal.journal import Journal
from archive.listed import Listed
from archive.matching.findings import LISTED, Finding
from archive.sources.interface import BY_RULE, LeftOut
from holdings.records import Image


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldBag:
    """One bag of a deposit: every byte of it was read back from the store and matched."""

    package_id: str
    store: str
    """The store that holds the verified copy."""
    url: str
    """The tar itself."""
    size_bytes: int
    """Of the package there."""
    sha256: str
    """Of the tar."""
    images: int
    already_held: bool
    """The same content was deposited before; nothing was stored twice."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptSidecar:
    """A file that is no image and is kept beside them."""

    path: str
    package_id: str
    checksums: Mapping[str, str]
    """Lower-case hexadecimal, by algorithm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noticed:
    """A remark on a file that was accepted."""

    path: str
    what: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Namesake:
    """A package from before that holds an image of the same path."""

    path: str
    package_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Namesakes:
    """Images that were stored now, and whose path the collection held already; both are kept."""

    other_content: int = 0
    """So many with other content."""
    first: Sequence[Namesake] = ()
    """The first of these, each with the last package that holds its path."""
    same_content: int = 0
    """So many with the same content: they are stored twice."""
    packages: Sequence[str] = ()
    """The first of those that hold the same."""


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
    """Where each stands, and its number: `multiple.csv, line 3 (BM000009)`; None where that was not told."""
    ambiguous: Sequence[str]
    """A sentence for each image that several records claim."""
    findings: Sequence[Finding] = ()
    """What was noticed while reading and matching."""

    @property
    def noticed(self) -> Sequence[str]:
        """Sentences of the findings that no list above tells: rows that are not used, another encoding."""
        return [finding.sentence for finding in self.findings if finding.code not in LISTED]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """An acknowledged deposit: every byte of it was read back from a store and matched."""

    collection: str
    source: str
    """As the depositor named it."""
    check: Check
    """How far each image was looked into."""
    algorithms: tuple[str, ...]
    bags: Sequence[HeldBag]
    images: Sequence[Image]
    kept: Sequence[KeptSidecar]
    left_out: Sequence[LeftOut]
    noticed: Sequence[Noticed]
    """Of files that are in a bag all the same: bytes of another format than the name says, odd metadata."""
    records: MatchedRecords | None
    """None where no metadata was given."""
    namesakes: Namesakes | None = None
    """None where nobody could look."""
    seconds: float
    _journal: Journal | None = field(default=None, repr=False, compare=False)
    """Holds on to what the sequences are read from."""

    @property
    def package_id(self) -> str:
        """Of the first bag, and mostly the only one."""
        return self.bags[0].package_id

    @property
    def store(self) -> str:
        """The store that holds the first bag."""
        return self.bags[0].store

    @property
    def size_bytes(self) -> int:
        """Of all bags in their stores."""
        return sum(bag.size_bytes for bag in self.bags)

    @property
    def already_held(self) -> bool:
        """All of it was deposited before."""
        return all(bag.already_held for bag in self.bags)

    @property
    def missed(self) -> int:
        """How many of those left out somebody made: all but junk and folders in which nothing is."""
        return sum(item.because not in BY_RULE for item in self.left_out)

    @property
    def sidecars(self) -> Sequence[str]:
        """Paths of the files that are no images and were kept beside them."""
        return Listed(len(self.kept), lambda: (kept.path for kept in self.kept))


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
    noticed: Sequence[Noticed] | None
    """Of files that are in a bag all the same."""
    matched: MatchedRecords | None
    """None where no records came with it."""
    algorithms: Sequence[str]
    """Of the payload manifests in each bag."""
    namesakes: Namesakes | None = None

    @property
    def image_count(self) -> int:
        return sum(bag.images for bag in self.bags)
