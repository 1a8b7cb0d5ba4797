"""The seam of description: what is known of a bag's contents when its tag files are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from archive.identifying.interface import Check, FoundImage, Sidecar
from archive.sources.interface import LeftOut


@dataclass(frozen=True, kw_only=True, slots=True)
class Matched:
    """The record that an image was matched to."""

    specimen: str | None
    """The specimen's number (dwc:catalogNumber), where the record has one."""
    terms: Mapping[str, str]
    """By qualified standard name, `dwc:country`; nothing is empty."""
    by: str
    """`accessURI`, `fileName` or `catalogNumber`."""
    where: str
    """The file and the line of the record: `multiple.csv, line 3`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """One bag of a deposit, as far as it is known before its bytes are read."""

    package_id: str
    collection: str
    started_at: datetime
    """When the deposit first began, UTC."""
    software: str
    """Name and version, `Holdfast 0.1.0`."""
    agent: str
    """Who deposited; empty where nobody knows."""
    check: Check | None
    """How far the images were looked into; None where no more was read than which format they have."""
    files: Sequence[FoundImage | Sidecar]
    """In order of the paths' UTF-8 bytes."""
    matched: Mapping[str, Matched] = field(default_factory=dict)
    """By the image's path."""
    metadata: str | None = None
    """The name of the file that the records came from; None where none was given."""
    left_out: Sequence[LeftOut] = ()
    """What of the source is in no bag; told in the first bag of a deposit only."""
    number: int = 1
    """Which bag of the deposit this is."""
    count: int = 1
    """How many bags the deposit has."""
