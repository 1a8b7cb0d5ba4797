"""The seam of identification: what a file is, as far as its bytes tell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from archive.sources.interface import SourceFile


class Check(StrEnum):
    """How far each image is looked into before it is accepted."""

    STRUCTURE = "structure"
    """Header and structure, complete to the last byte; no pixel is decoded."""
    DECODE = "decode"
    """Every pixel is decoded, in a process of its own with bounded memory and time."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """Which format a file has (PRONOM, www.nationalarchives.gov.uk/PRONOM)."""

    media_type: str
    """`application/octet-stream` where nothing is known."""
    puid: str | None
    """For example `fmt/353`; None where PRONOM tells none or more than one."""
    name: str | None
    version: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Characteristics:
    """What the header of an image says of it; None means that it does not say."""

    width_px: int | None = None
    height_px: int | None = None
    bits_per_sample: int | None = None
    """The greatest, where samples differ."""
    samples_per_pixel: int | None = None
    colour_space: str | None = None
    """One of: RGB, YCbCr, CMYK, grey, palette, Lab, bilevel, CFA; others as the format names them."""
    icc_profile: str | None = None
    """Its description; `unnamed` where it has none."""
    resolution_ppi: float | None = None
    """Pixels per inch, horizontal."""
    pages: int | None = None
    compression: str | None = None
    captured_at: str | None = None
    """As EXIF or XMP tell it, ISO 8601; without zone where they give none."""
    camera: str | None = None
    """Make and model."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundImage:
    """A file that is an image, whole as far as it was checked."""

    file: SourceFile
    format: Format
    characteristics: Characteristics
    notes: tuple[str, ...] = ()
    """What is odd and yet no reason to leave it out, a sentence each: a name that tells another format."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sidecar:
    """A file that is no image and is kept beside them: a table, metadata."""

    file: SourceFile
    format: Format
    notes: tuple[str, ...] = ()
    """As for an image: a format of images that is not looked into here."""
