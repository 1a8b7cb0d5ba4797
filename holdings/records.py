"""What the catalogue keeps: packages, their objects and copies, images, events.

Frozen values without behaviour beyond their own arithmetic. They are the same
in every store, in every catalogue and in every report.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from holdings.clock import iso
from holdings.errors import BadInput

_COLLECTION_ID = re.compile(r"^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$")
_PACKAGE_ID = re.compile(r"^[a-z0-9](?:[a-z0-9_-]{0,126}[a-z0-9])?$")
_ORDINAL_DIGITS = 18
MANIFEST_NAME = "manifest.json"
PACKAGES_PREFIX = "packages/"
JOURNAL_PREFIX = "events/"


class PackageKind(StrEnum):
    """What a package is made of."""

    BAG = "bag"
    COLLECTION = "collection"


class CopyStatus(StrEnum):
    """What is known of one package in one store."""

    WRITING = "writing"
    VERIFIED = "verified"
    SUSPECT = "suspect"
    MISSING = "missing"
    RECALLED = "recalled"
    RETIRED = "retired"


class EventType(StrEnum):
    """PREMIS event types that Holdfast records (id.loc.gov, preservation/eventType)."""

    PACKAGE_CREATION = "information package creation"
    INGESTION = "ingestion"
    MESSAGE_DIGEST = "message digest calculation"
    FORMAT_IDENTIFICATION = "format identification"
    REPLICATION = "replication"
    FIXITY_CHECK = "fixity check"
    ASSERTION = "fixity assertion"
    """A store told, of what sleeps, the checksums that were recorded. Nobody read it: not of PREMIS, and
    never taken for a fixity check."""
    VALIDATION = "validation"
    EXPORTING = "exporting"
    DELETION = "deletion"
    RECOVERY = "recovery"
    DEACCESSION = "deaccession"
    """Withdrawn: still held, no longer given out."""
    ACCESSION = "accession"
    """A withdrawal was undone."""
    RETIREMENT = "retirement"
    """A copy is given up: recorded, with the proof, before its first byte is removed. Not of PREMIS."""
    ACCESS = "access"
    """Images were read; one event for many reads. No type of PREMIS: it speaks of preservation."""
    POLICY_ASSIGNMENT = "policy assignment"
    """A hold is laid on a package, or taken away."""


class Outcome(StrEnum):
    """How an event ended (PREMIS eventOutcome)."""

    SUCCESS = "success"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class StoredObject:
    """One object of a package: what its bytes are, wherever a copy of them lies."""

    key: str
    """Relative to the package's prefix: `bag.tar`."""
    size_bytes: int
    sha256: str
    """Lower-case hexadecimal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Package:
    """The unit that is stored, moved, counted and audited."""

    package_id: str
    kind: PackageKind
    collection: str
    created_at: datetime
    objects: tuple[StoredObject, ...]
    """In order of their keys; the manifest itself is not among them."""
    images: int
    """Originals in it; a collection, which is made of the originals in bags, has 0."""

    @property
    def size_bytes(self) -> int:
        """Bytes of one copy, the manifest not counted."""
        return sum(item.size_bytes for item in self.objects)

    @property
    def prefix(self) -> str:
        """Where the package's objects lie in every store."""
        return package_prefix(self.package_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class Copy:
    """One package in one store."""

    package_id: str
    store: str
    status: CopyStatus
    verified_at: datetime | None
    """When its bytes were last read and matched; None means never."""
    made_by: str
    """The deposit or plan that wrote it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Image:
    """One file of pixels of one specimen, and where its bytes lie inside its bag."""

    image_id: str
    package_id: str
    path: str
    """As it was deposited, relative, with `/` between its parts."""
    size_bytes: int
    sha256: str
    media_type: str
    width_px: int | None
    """None where the header could not be read as an image."""
    height_px: int | None
    object_key: str
    """The object of the package that holds the bytes: `bag.tar`."""
    offset: int
    """First byte inside that object; `size_bytes` from there are the file itself."""
    sha512: str | None = None
    """None where the bag has no manifest-sha512."""
    puid: str | None = None
    """PRONOM identifier of the format."""
    bits_per_sample: int | None = None
    colour_space: str | None = None
    icc_profile: str | None = None
    """Description of the embedded profile."""
    resolution_ppi: float | None = None
    pages: int | None = None
    captured_at: str | None = None
    """ISO 8601, as EXIF or XMP tell it."""
    camera: str | None = None
    specimen: str | None = None
    """The specimen's number: catalogNumber of the matched record, else what stands in the file name."""
    terms: Mapping[str, str] = field(default_factory=dict)
    """Matched terms by qualified standard name, `dwc:country`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line of history. Append-only; PREMIS event semantics."""

    event_id: str
    at: datetime
    event_type: EventType
    package_id: str
    store: str | None
    """None where the event concerns no store in particular."""
    agent: str
    """Program and version, and the person's login where known."""
    outcome: Outcome
    run: str
    """The deposit, plan or command run that the event belongs to."""
    detail: dict[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Withdrawal:
    """A tombstone: what is not given out any more, though its bytes are still held."""

    package_id: str
    image_id: str | None
    """None where the whole package was withdrawn."""
    at: datetime
    by: str
    reason: str

    @property
    def subject(self) -> str:
        """The identifier of what was withdrawn."""
        return self.image_id or self.package_id


def new_event_id(at: datetime) -> str:
    """An identifier that sorts by time and never repeats: moment, then 60 random bits."""
    return f"{at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(8)[:15]}"


def check_collection_id(text: str) -> str:
    """`text` itself, or BadInput: it becomes part of keys, paths and URLs for ever."""
    if not _COLLECTION_ID.fullmatch(text):
        raise BadInput(
            f"{text[:80]!r} cannot name a collection: it takes 1 to 64 of a-z, 0-9, '-' and '_', "
            "beginning and ending with a letter or digit.",
            hint="For example: nhmuk-pinned",
        )
    return text


def check_package_id(text: str) -> str:
    """`text` itself, or BadInput. Guards every key that is made from what came from outside."""
    if not _PACKAGE_ID.fullmatch(text):
        raise BadInput(f"{text[:80]!r} is not a package identifier.", hint="holdfast find shows them.")
    return text


def package_prefix(package_id: str) -> str:
    """The key prefix of a package in any store."""
    return f"{PACKAGES_PREFIX}{check_package_id(package_id)}/"


def image_id(package_id: str, ordinal: int) -> str:
    """The identifier of the `ordinal`-th image (from 1) of a package."""
    return f"{package_id}.{ordinal}"


def package_of_image(identifier: str) -> str:
    """The package that holds an image, from the image's identifier alone; BadInput if it is none."""
    package_id, dot, ordinal = identifier.rpartition(".")
    if not dot or not ordinal.isascii() or not ordinal.isdigit() or len(ordinal) > _ORDINAL_DIGITS:
        raise BadInput(f"{identifier[:80]!r} is not an image identifier.", hint="holdfast find shows them.")
    return check_package_id(package_id)


def journal_key(at: datetime, batch_id: str) -> str:
    """Where a batch of events lies in a store: by day, so that a day can be listed."""
    return f"{JOURNAL_PREFIX}{at:%Y/%m/%d}/{batch_id}.jsonl"


def batch_id(first: Event) -> str:
    """A name for the batch of events that begins with `first`; never the same twice."""
    return f"{first.event_id}.{secrets.token_hex(4)}"


def first_event_of(key: str) -> str:
    """The identifier of the first event in the journal batch under `key`."""
    return key.rpartition("/")[2].partition(".")[0]


def sha256_hex(data: bytes | memoryview) -> str:
    """The SHA-256 of `data`, lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def short(moment: datetime) -> str:
    """`moment` for people: to the second."""
    return iso(moment)[:19] + "Z"
