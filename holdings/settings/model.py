"""What the settings are, past the door: frozen values, paths absolute, sizes in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreSettings:
    """One place that keeps objects."""

    name: str
    url: str
    """`file:///absolute/path`, `memory:` or `s3://bucket[/prefix]`."""
    tier: str
    """Names a class of stores: `hot`, `cold`, or any other word of the operator's."""
    domain: str
    """What fails together: a site, a provider, an account."""
    price_sheet: str
    """Name of a sheet in `Settings.price_sheets`."""
    keeps_journal: bool = True
    """Whether events are written here, too."""
    endpoint: str | None = None
    """S3 only: None means the provider's own."""
    region: str | None = None
    profile: str | None = None
    """S3 only: the profile in the user's AWS configuration; None means the environment."""
    requests_per_second: float | None = None
    """None means not throttled."""
    bytes_per_second: float | None = None
    read_only: bool = False
    object_lock: bool = False
    """S3 only: the bucket keeps versions and has Object Lock; tried by `holdfast stores probe`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CatalogueSettings:
    """Where the ledger is: in a DuckDB file, or in a PostgreSQL database that several machines use."""

    path: Path
    """The file; where `url` is given there is none, and only its folder counts."""
    url: str | None = None
    """`postgresql://user@host/database`, never with a password; None means the file."""
    schema_name: str = "holdfast"
    """The schema of the database that is ours."""
    wait_seconds: float = 30.0
    """How long a command waits for another one that is writing."""

    @property
    def folder(self) -> Path:
        """What this machine keeps for itself: deposits under way, image indexes, what makes finding quick."""
        return self.path.absolute().parent


@dataclass(frozen=True, kw_only=True, slots=True)
class BagSettings:
    """How deposits are packaged."""

    store: str
    """The store that new bags are written to."""
    algorithms: tuple[str, ...] = ("sha512", "sha256")
    """Payload manifests; sha256 is always among them."""
    source_organization: str | None = None
    """Whose collection it is, for bag-info.txt; None where it goes without saying."""
    bag_bytes: int = 10**9
    """What the payload of one bag may take in its tar; a single larger file gets a bag of its own."""
    bag_files: int = 4_000
    """How many files one bag may hold: what describes them is made in memory."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchingSettings:
    """How images and records of specimens are brought together."""

    pattern: str | None = None
    """Finds a specimen's number in a file name: a regular expression (RE2), the number in its group
    `id` or the whole. None looks for whole words, and tells nothing of files without a record."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WithdrawalSettings:
    """What becomes of what was withdrawn."""

    hold_seconds: float = 90 * 86400.0
    """How long its bytes stay at least, counted from the withdrawal."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What one command may use."""

    threads: int
    transfer_bytes: int
    """Memory for bytes on their way, over all threads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All of one `holdfast.toml`."""

    path: Path
    """The file itself; relative paths in it are relative to its folder."""
    stores: Mapping[str, StoreSettings]
    catalogue: CatalogueSettings
    bags: BagSettings
    policy: Path
    price_sheets: Mapping[str, Path]
    """TOML files by the name that stores use."""
    limits: Limits
    withdrawals: WithdrawalSettings = field(default_factory=WithdrawalSettings)
    matching: MatchingSettings = field(default_factory=MatchingSettings)

    @property
    def folder(self) -> Path:
        """Where the settings lie."""
        return self.path.parent
