"""Metadata files made by the tests."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from archive.matching.findings import Finding
from archive.matching.interface import Lines, Records

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
    names = [name.replace("_", ":", 1) for name in columns]
    table = pa.table([pa.array(values, pa.string()) for values in columns.values()], names=names)
    lines = Lines(origin="t.csv", unit="line", numbers=range(2, 2 + table.num_rows))
    return Records(origin="t.csv", terms=table, lines=(lines,))


def codes(findings: tuple[Finding, ...]) -> list[str]:
    """Their codes, in order."""
    return [finding.code for finding in findings]


def said(findings: tuple[Finding, ...], code: str) -> list[str]:
    """The sentences of one code."""
    return [finding.sentence for finding in findings if finding.code == code]
