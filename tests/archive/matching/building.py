"""Metadata files made by the tests."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from archive.matching.findings import Finding
from archive.matching.interface import Ambiguous, Matched, Unmatched
from archive.matching.match import Match
from archive.matching.records import Records

META = """<archive xmlns="http://rs.tdwg.org/dwc/text/">
  <core encoding="UTF-8" fieldsTerminatedBy="," linesTerminatedBy="\\n" fieldsEnclosedBy='"'
        ignoreHeaderLines="1" rowType="http://rs.tdwg.org/dwc/terms/Occurrence">
    <files><location>occurrence.txt</location></files>
    <id index="0"/>
    <field index="1" term="http://rs.tdwg.org/dwc/terms/catalogNumber"/>
    <field index="2" term="http://purl.org/dc/terms/license"/>
    <field term="http://rs.tdwg.org/dwc/terms/institutionCode" default="BM"/>
  </core>
  <extension encoding="UTF-8" fieldsTerminatedBy="\\t" linesTerminatedBy="\\n" fieldsEnclosedBy=""
        ignoreHeaderLines="0" rowType="http://rs.tdwg.org/ac/terms/Multimedia">
    <files><location>media.txt</location></files>
    <coreid index="0"/>
    <field index="1" term="http://rs.tdwg.org/ac/terms/accessURI"/>
    <field index="2" term="http://purl.org/dc/terms/license"/>
  </extension>
</archive>
"""
OCCURRENCE = "id,catalogNumber,license\no1,BM1001,CC0\no2,BM1002,CC0\n"
MEDIA = "o1\thttps://x.org/a.jpg\tCC BY\no1\thttps://x.org/b.jpg\tCC BY\no9\thttps://x.org/c.jpg\t\n"
GOOD = {"meta.xml": META, "occurrence.txt": OCCURRENCE, "media.txt": MEDIA}


def write_zip(path: Path, members: Mapping[str, str | bytes]) -> Path:
    """A zip of `members`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return path


def write_bytes(path: Path, data: bytes | str) -> Path:
    """A file of exactly these bytes."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def records(**columns: Sequence[str | None]) -> Records:
    """Records of a table; `dwc_catalogNumber` stands for `dwc:catalogNumber`."""
    made = Records("t.csv")
    sheet = made.sheet("t.csv", "line")
    sheet.name_columns(name.replace("_", ":", 1) for name in columns)
    sheet.add(enumerate(zip(*columns.values(), strict=True), start=2))
    return made.done()


def rows(found: Records) -> list[dict[str, str]]:
    """What every record says."""
    return [found.terms(record) for record in range(len(found))]


def column(found: Records, name: str) -> list[str | None]:
    """What every record says under one term."""
    return [row.get(name) for row in rows(found)]


def columns(found: Records) -> list[str]:
    """The columns of all tables, in their order."""
    return list(dict.fromkeys(name for sheet in found.sheets for name in sheet.columns))


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Everything that a match told."""

    matched: tuple[Matched, ...]
    images_without_record: tuple[str, ...]
    records_without_image: tuple[int, ...]
    ambiguous: tuple[Ambiguous, ...]
    findings: tuple[Finding, ...]


def match(images: Sequence[str], found: Records, *, pattern: str | None = None) -> Matching:
    """Bring images and records together, all at once."""
    work = Match(lambda: images, found, pattern=pattern)
    outcomes = list(work.outcomes())
    return Matching(
        matched=tuple(item for item in outcomes if isinstance(item, Matched)),
        images_without_record=tuple(item.path for item in outcomes if isinstance(item, Unmatched)),
        ambiguous=tuple(item for item in outcomes if isinstance(item, Ambiguous)),
        records_without_image=tuple(work.records_without_image()),
        findings=work.findings(),
    )


def codes(findings: Sequence[Finding]) -> list[str]:
    """Their codes, in order."""
    return [finding.code for finding in findings]


def said(findings: Sequence[Finding], code: str) -> list[str]:
    """The sentences of one code."""
    return [finding.sentence for finding in findings if finding.code == code]
