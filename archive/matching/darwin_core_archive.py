"""Darwin Core Archives, zipped or as a folder: the core, and the extensions that tell of pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from archive.matching.bounds import MAX_MEMBERS
from archive.matching.delimited import Column, read_delimited, read_described
from archive.matching.findings import Finding, shown
from archive.matching.interface import Lines, Records, Sheet
from archive.matching.joining import join
from archive.matching.meta_xml import Described, read_description
from archive.matching.sources import Source, file_source
from archive.matching.terms import qualified_name
from archive.matching.zip_source import zip_sources
from holdings.errors import BadInput

CORE_ID = "dwca:ID"
"""The column by which rows of extensions name their core row."""
PICTURE_TYPES = frozenset(
    {"http://rs.gbif.org/terms/1.0/Multimedia", "http://rs.tdwg.org/ac/terms/Multimedia"}
)
"""GBIF's simple multimedia and Audiovisual Core."""
_WORKBOOK_MEMBERS = frozenset({"[Content_Types].xml", "mimetype"})
"""What Excel's and LibreOffice's files have, which are zips, too."""
_TABLES = (".txt", ".csv", ".tsv")


def read_zipped(path: Path) -> Records:
    """An archive as it travels: a zip."""
    sources = zip_sources(path)
    if not _WORKBOOK_MEMBERS.isdisjoint(sources):
        raise BadInput(
            f"The metadata {path.name} is a workbook, which is not read.",
            hint="Save the sheet as CSV (UTF-8).",
        )
    return _read(path.name, sources)


def read_folder(path: Path) -> Records:
    """An archive that was unpacked: a folder with `meta.xml`. Links in it are not followed."""
    files = [file for file in path.iterdir() if file.is_file() and not file.is_symlink()]
    if len(files) > MAX_MEMBERS:
        raise BadInput(
            f"The folder {path.name} holds {len(files):,} files; "
            f"an archive of metadata may hold {MAX_MEMBERS:,}.",
            hint="Give the metadata file itself.",
        )
    return _read(path.name, {file.name: file_source(file, f"{path.name}: {file.name}") for file in files})


def _read(origin: str, sources: Mapping[str, Source]) -> Records:
    ours = {name: source for name, source in sources.items() if not name.startswith("__MACOSX/")}
    descriptions = sorted(
        (name for name in ours if name.split("/")[-1] == "meta.xml"), key=lambda name: name.count("/")
    )
    if not descriptions:
        return _without_description(origin, ours)
    folder = descriptions[0].removesuffix("meta.xml")
    description = read_description(ours[descriptions[0]])
    core = _sheet(description.core, ours, folder, origin)
    pictures = [
        _sheet(table, ours, folder, origin)
        for table in description.extensions
        if table.row_type in PICTURE_TYPES
    ]
    unread = [table for table in description.extensions if table.row_type not in PICTURE_TYPES]
    return join(origin, core, pictures, key=CORE_ID, findings=[_not_read(origin, table) for table in unread])


def _not_read(origin: str, table: Described) -> Finding:
    kind = table.row_type.rpartition("/")[2] or "no kind"
    return Finding(
        code="extension-not-read",
        sentence=f"{origin}: {', '.join(table.files)} (rows of {kind}) tells of no picture and is not read.",
    )


def _without_description(origin: str, sources: Mapping[str, Source]) -> Records:
    """The simple form: one table, whose headers are the terms (dwc.tdwg.org/text, section 2.1)."""
    tables = [name for name in sources if name.lower().endswith(_TABLES)]
    if len(tables) != 1:
        raise BadInput(
            f"{origin} has no meta.xml and {len(tables)} tables: "
            "without a description it must hold exactly one.",
            hint="Add meta.xml, or give the table itself.",
        )
    sheet = read_delimited(sources[tables[0]])
    return Records(origin=origin, terms=sheet.terms, lines=(sheet.lines,), findings=sheet.findings)


def _sheet(table: Described, sources: Mapping[str, Source], folder: str, origin: str) -> Sheet:
    """A table, which may lie in several files one after the other."""
    columns = _columns(table)
    parts = []
    for file in table.files:
        if folder + file not in sources:
            raise BadInput(f"{origin}: meta.xml names {shown(file)}, which is not in the archive.")
        parts.append(read_described(sources[folder + file], table.dialect, columns))
    return parts[0] if len(parts) == 1 else _one_after_the_other(parts)


def _one_after_the_other(parts: list[Sheet]) -> Sheet:
    numbers = [number for part in parts for number in part.lines.numbers]
    origin = " + ".join(part.lines.origin for part in parts)
    return Sheet(
        terms=pa.concat_tables([part.terms for part in parts]),
        lines=Lines(origin=origin, unit="line", numbers=numbers),
        findings=tuple(finding for part in parts for finding in part.findings),
    )


def _columns(table: Described) -> list[Column]:
    """The id first; of two columns for one term the first counts, the other keeps its number."""
    columns = {CORE_ID.casefold(): Column(name=CORE_ID, index=table.id_index)}
    for position, field in enumerate(table.fields):
        name = qualified_name(field.term)
        if name.casefold() in columns:
            name = f"{name} (field {position + 1})"
        columns[name.casefold()] = Column(name=name, index=field.index, default=field.default)
    return [dataclasses.replace(column) for column in columns.values()]
