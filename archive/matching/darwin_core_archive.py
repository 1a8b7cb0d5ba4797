"""Darwin Core Archives, zipped or as a folder: the core, and the extensions that tell of pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from archive.matching.bounds import MAX_MEMBERS
from archive.matching.delimited import Column, read_delimited, read_described
from archive.matching.findings import Finding, shown
from archive.matching.meta_xml import Described, read_description
from archive.matching.records import Records
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


def read_zipped(path: Path, records: Records) -> None:
    """An archive as it travels: a zip."""
    sources = zip_sources(path)
    if not _WORKBOOK_MEMBERS.isdisjoint(sources):
        raise BadInput(
            f"The metadata {path.name} is a workbook, which is not read.",
            hint="Save the sheet as CSV (UTF-8).",
        )
    _read(records, sources)


def read_folder(path: Path, records: Records) -> None:
    """An archive that was unpacked: a folder with `meta.xml`. Links in it are not followed."""
    files = [file for file in path.iterdir() if file.is_file() and not file.is_symlink()]
    if len(files) > MAX_MEMBERS:
        raise BadInput(
            f"The folder {path.name} holds {len(files):,} files; "
            f"an archive of metadata may hold {MAX_MEMBERS:,}.",
            hint="Give the metadata file itself.",
        )
    _read(records, {file.name: file_source(file, f"{path.name}: {file.name}") for file in files})


def _read(records: Records, sources: Mapping[str, Source]) -> None:
    ours = {name: source for name, source in sources.items() if not name.startswith("__MACOSX/")}
    descriptions = sorted(
        (name for name in ours if name.split("/")[-1] == "meta.xml"), key=lambda name: name.count("/")
    )
    if not descriptions:
        _read_without_description(records, ours)
        return
    folder = descriptions[0].removesuffix("meta.xml")
    description = read_description(ours[descriptions[0]])
    records.findings.extend(
        _not_read(records.origin, table)
        for table in description.extensions
        if table.row_type not in PICTURE_TYPES
    )
    _read_table(records, description.core, ours, folder, is_picture=False)
    for table in description.extensions:
        if table.row_type in PICTURE_TYPES:
            _read_table(records, table, ours, folder, is_picture=True)


def _not_read(origin: str, table: Described) -> Finding:
    kind = table.row_type.rpartition("/")[2] or "no kind"
    return Finding(
        code="extension-not-read",
        sentence=f"{origin}: {', '.join(table.files)} (rows of {kind}) tells of no picture and is not read.",
    )


def _read_without_description(records: Records, sources: Mapping[str, Source]) -> None:
    """The simple form: one table, whose headers are the terms (dwc.tdwg.org/text, section 2.1)."""
    tables = [name for name in sources if name.lower().endswith(_TABLES)]
    if len(tables) != 1:
        raise BadInput(
            f"{records.origin} has no meta.xml and {len(tables)} tables: "
            "without a description it must hold exactly one.",
            hint="Add meta.xml, or give the table itself.",
        )
    read_delimited(sources[tables[0]], records)


def _read_table(
    records: Records, table: Described, sources: Mapping[str, Source], folder: str, *, is_picture: bool
) -> None:
    """A table, which may lie in several files one after the other."""
    columns = _columns(table)
    for file in table.files:
        if folder + file not in sources:
            raise BadInput(
                f"{records.origin}: meta.xml names {shown(file)}, which is not in the archive.",
                hint="Add the file, or give the table itself.",
            )
        read_described(
            sources[folder + file], records, table.dialect, columns, key=CORE_ID, is_picture=is_picture
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
