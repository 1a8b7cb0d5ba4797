"""Contents of bags, made up: awkward names, records of all kinds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from archive.describing.interface import Contents, Matched
from archive.identifying.interface import Characteristics, Check, Format, FoundImage, Sidecar
from archive.sources.interface import LeftOut, SourceFile

JPEG = Format(media_type="image/jpeg", puid="fmt/43", name="JPEG File Interchange Format", version="1.01")
TIFF = Format(media_type="image/tiff", puid="fmt/353", name="Tagged Image File Format", version=None)
UNKNOWN = Format(media_type="application/octet-stream", puid=None, name=None, version=None)
HEADER = Characteristics(
    width_px=2499,
    height_px=1666,
    bits_per_sample=8,
    samples_per_pixel=3,
    colour_space="RGB",
    icc_profile="sRGB IEC61966-2.1",
    resolution_ppi=300.0,
    captured_at="2024-05-06T07:08:09",
    camera="Canon EOS 5D <Mark> & IV",
)
ODD_NAMES = (
    "a b.jpg",
    "100%.jpg",
    "a%0Ab.jpg",
    "a#b?c.jpg",
    "q\"<>&'[]{}|^`.jpg",
    "back\\slash.jpg",
    "con\x01trol\x1b.jpg",
    "cr\rlf\n.jpg",
    "e\u0301.jpg",
    "ü 面试 😀.jpg",
    "left\u202eto right.jpg",
    "no\ufffecharacter.jpg",
    "deep/er/than this.jpg",
    "=SUM(A1).jpg",
)


def image(
    path: str, *, size: int = 1234, format_: Format = JPEG, header: Characteristics = HEADER
) -> FoundImage:
    file = SourceFile(path=path, size_bytes=size, modified_ns=0)
    return FoundImage(file=file, format=format_, characteristics=header)


def sidecar(path: str) -> Sidecar:
    return Sidecar(file=SourceFile(path=path, size_bytes=5, modified_ns=0), format=UNKNOWN)


def matched(specimen: str | None, terms: Mapping[str, str], line: int = 2) -> Matched:
    return Matched(specimen=specimen, terms=terms, by="catalogNumber", where=f"records.csv, line {line}")


def contents(files: Sequence[FoundImage | Sidecar], **changes: object) -> Contents:
    made = Contents(
        package_id="herb-0123456789ab",
        collection="herb",
        started_at=datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC),
        software="Holdfast 0.1.0",
        agent="ada",
        check=Check.STRUCTURE,
        files=tuple(sorted(files, key=lambda item: item.file.path.encode())),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # the fields of Contents


def odd_contents() -> Contents:
    """Every awkward name, some with awkward records."""
    terms = {
        "dwc:catalogNumber": "10 %/a",
        "dwc:basisOfRecord": "PreservedSpecimen",
        "dwc:scientificName": 'Aus "bus" <L.> & Co.',
        "dcterms:license": "http://creativecommons.org/licenses/by/4.0/legalcode",
        "dcterms:creator": "=cmd|' /C calc'!A0",
        "ac:caption": "line one\r\nline two, with a comma",
        "@type": "Person",
        "path": "mine",
        "path (record)": "mine, too",
        "foo bar:baz": "  spaces  ",
        "dwc:lo cal": "not a term",
    }
    return contents(
        [*map(image, ODD_NAMES), sidecar("notes.txt")],
        matched={name: matched("10 %/a", terms) for name in ODD_NAMES[::2]},
        metadata="records.csv",
        left_out=[LeftOut(path="bad\\xff", because="its name is not UTF-8 & <more>")],
    )


def digests(made: Contents, *algorithms: str, seed: bytes = b"") -> dict[str, list[bytes]]:
    """Digests of nothing in particular."""
    return {
        name: [hashlib.new(name, seed + item.file.path.encode()).digest() for item in made.files]
        for name in algorithms or ("sha512", "sha256")
    }
