"""The description inside a Darwin Core Archive, `meta.xml` (dwc.tdwg.org/text), parsed without trust.

Expat alone, which fetches nothing; a document type or an entity is refused before it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

from archive.matching.bounds import MAX_COLUMNS, MAX_META_XML_BYTES
from archive.matching.delimited import Dialect
from archive.matching.findings import shown
from archive.matching.sources import Source
from archive.matching.zip_source import is_safe_name
from holdings.errors import BadInput

_NAMESPACE = "http://rs.tdwg.org/dwc/text/"
_MAX_DEPTH = 8
_HOW_OUT = "Mend meta.xml (dwc.tdwg.org/text), or give the table itself."
_ESCAPES = {"\\t": "\t", "\\n": "\n", "\\r": "\r", "\\r\\n": "\r\n", "\\f": "\f", "\\\\": "\\"}
_LINE_ENDS = frozenset({"\n", "\r", "\r\n"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One column as the description has it."""

    term: str
    """A URI, as a rule."""
    index: int | None
    default: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """One table of the archive."""

    row_type: str
    files: tuple[str, ...]
    id_index: int | None
    """The column that tells which core row this is about; None where there is none."""
    fields: tuple[Field, ...]
    dialect: Dialect


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """All of `meta.xml` that concerns tables."""

    core: Described
    extensions: tuple[Described, ...]


def read_description(source: Source) -> Description:
    """Parse `meta.xml`; BadInput names the rule it breaks."""
    if source.size_bytes > MAX_META_XML_BYTES:
        raise BadInput(
            f"{source.name} has {source.size_bytes:,} bytes; a description may have {MAX_META_XML_BYTES:,}.",
            hint=_HOW_OUT,
        )
    with source.opens() as opened:
        root = _parse(opened.read(MAX_META_XML_BYTES), source.name)
    cores = root.named("core")
    if len(cores) != 1:
        raise BadInput(
            f"{source.name} describes {len(cores)} cores; a Darwin Core Archive has exactly one.",
            hint=_HOW_OUT,
        )
    return Description(
        core=_table(cores[0], "id", source.name),
        extensions=tuple(_table(element, "coreid", source.name) for element in root.named("extension")),
    )


@dataclass
class _Element:
    name: str
    attributes: Mapping[str, str]
    children: list[_Element] = field(default_factory=list)
    text: str = ""

    def named(self, name: str) -> list[_Element]:
        """Children of that name."""
        return [child for child in self.children if child.name == name]


def _parse(data: bytes, name: str) -> _Element:
    root = _Element("", {})
    open_elements = [root]
    parser = expat.ParserCreate(namespace_separator=" ")

    def refuse(*_: object) -> NoReturn:
        raise BadInput(
            f"{name}, line {parser.CurrentLineNumber} declares a document type or an entity; "
            "neither is read.",
            hint="Take the DOCTYPE out of it: a Darwin Core Archive needs none.",
        )

    def start(tag: str, attributes: dict[str, str]) -> None:
        if len(open_elements) > _MAX_DEPTH:
            raise BadInput(
                f"{name}, line {parser.CurrentLineNumber}: elements are nested too deep for a meta.xml.",
                hint=_HOW_OUT,
            )
        element = _Element(tag.removeprefix(_NAMESPACE).strip(), attributes)
        open_elements[-1].children.append(element)
        open_elements.append(element)

    def text(data: str) -> None:
        open_elements[-1].text += data

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: open_elements.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise BadInput(
            f"{name} is not well-formed XML: {error}.",
            hint=_HOW_OUT,
        ) from None
    if [element.name for element in root.children] != ["archive"]:
        raise BadInput(
            f"{name} is no description of a Darwin Core Archive: its root is not <archive>.", hint=_HOW_OUT
        )
    return root.children[0]


def _table(element: _Element, id_name: str, name: str) -> Described:
    files = tuple(file.text.strip() for group in element.named("files") for file in group.named("location"))
    if not files or not all(map(is_safe_name, files)):
        raise BadInput(
            f"{name}: a <{element.name}> names {', '.join(map(shown, files)) or 'no file'}; "
            "it must name files inside the archive.",
            hint=_HOW_OUT,
        )
    ids = element.named(id_name)
    described = Described(
        row_type=element.attributes.get("rowType", ""),
        files=files,
        id_index=_number(ids[0].attributes.get("index"), name) if ids else None,
        fields=tuple(_field(child, name) for child in element.named("field")),
        dialect=_dialect(element.attributes, name),
    )
    if len(described.fields) > MAX_COLUMNS:
        raise BadInput(
            f"{name} describes {len(described.fields):,} columns; a table may have {MAX_COLUMNS:,}.",
            hint=_HOW_OUT,
        )
    return described


def _field(element: _Element, name: str) -> Field:
    term = element.attributes.get("term", "").strip()
    if not term:
        raise BadInput(
            f"{name}: a <field> has no term.",
            hint=_HOW_OUT,
        )
    index = _number(element.attributes.get("index"), name)
    return Field(term=term, index=index, default=element.attributes.get("default") or None)


def _number(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) < MAX_COLUMNS):
        raise BadInput(
            f"{name}: {shown(text)} is not the number of a column; it goes from 0 to {MAX_COLUMNS - 1:,}.",
            hint=_HOW_OUT,
        )
    return int(text)


def _dialect(attributes: Mapping[str, str], name: str) -> Dialect:
    delimiter, quote, line_end = (
        _ESCAPES.get(attributes.get(key, default), attributes.get(key, default))
        for key, default in (
            ("fieldsTerminatedBy", ","),
            ("fieldsEnclosedBy", '"'),
            ("linesTerminatedBy", "\n"),
        )
    )
    if len(delimiter) != 1 or len(quote) > 1 or line_end not in _LINE_ENDS or {delimiter, quote} & _LINE_ENDS:
        raise BadInput(
            f"{name}: fields end with {shown(delimiter)}, are enclosed by {shown(quote)} and lines end with "
            f"{shown(line_end)}; Holdfast reads one character, at most one, and line breaks.",
            hint="Write the archive again with tabs or commas and ordinary lines.",
        )
    return Dialect(
        delimiter=delimiter,
        quote=quote or None,
        header_lines=_number(attributes.get("ignoreHeaderLines", "0").strip() or "0", name) or 0,
        encoding=attributes.get("encoding", "utf-8"),
    )
