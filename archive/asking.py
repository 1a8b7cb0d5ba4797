"""What people type when they look for images, as a question to the index.

```
--size ">10MB"   --size 1MB..10MB     --captured 2024-05..2025   --deposited 2026-11-22
--term country=France   --term dwc:genus=Carab*   --format tiff   --format fmt/353   --format image/png
```
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from archive.matching.terms import standard_name, synonym
from holdings.catalogue.index_query import ImageQuery, Span
from holdings.errors import BadInput
from holdings.records import check_collection_id
from holdings.settings.quantities import parse_size

Bound = TypeVar("Bound", int, str)
_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", re.ASCII)
_PUID = re.compile(r"(?:x-)?fmt/\d{1,6}", re.ASCII)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*", re.ASCII)
_SHORT_NAME = re.compile(r"[a-z0-9]{2,12}", re.ASCII)
_MEDIA_TYPES = {
    "tif": ("image/tiff",),
    "tiff": ("image/tiff",),
    "jpg": ("image/jpeg",),
    "jpeg": ("image/jpeg",),
    "jp2": ("image/jp2", "image/jpx", "image/jpm"),
    "dng": ("image/x-adobe-dng", "image/dng"),
    "nef": ("image/x-nikon-nef",),
    "cr2": ("image/x-canon-cr2",),
    "arw": ("image/x-sony-arw",),
}
"""Where the short name is not the end of the media type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What was typed, as it was typed."""

    text: str | None = None
    identifier: str | None = None
    specimen: str | None = None
    terms: Sequence[str] = ()
    """`name=value`, each."""
    collection: str | None = None
    formats: Sequence[str] = ()
    size: str | None = None
    captured: str | None = None
    deposited: str | None = None
    path: str | None = None
    withdrawn: bool = False
    limit: int | None = None


def image_query(asked: Asked) -> ImageQuery:
    """The question, `deposited` left out: when a package came, the ledger knows. Raises BadInput."""
    if asked.collection is not None:
        check_collection_id(asked.collection)
    media_types, puids = _formats(asked.formats)
    return ImageQuery(
        text=asked.text,
        identifier=asked.identifier,
        specimen=asked.specimen,
        terms=tuple(_term(text) for text in asked.terms),
        collection=asked.collection,
        media_types=media_types,
        puids=puids,
        size_bytes=None if asked.size is None else size_span(asked.size),
        captured=None if asked.captured is None else date_span(asked.captured),
        path=asked.path,
        withdrawn=asked.withdrawn,
        limit=asked.limit,
    )


def _term(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip():
        raise BadInput(f"{text[:80]!r} asks for no term: it is NAME=VALUE.", hint="--term country=France")
    # Names are kept in their standard spelling; any spelling of it, also GBIF's lower-case one, is taken.
    return standard_name(name.strip()) or synonym(name.strip()) or name.strip(), value.strip()


def _formats(texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    media_types: list[str] = []
    puids: list[str] = []
    for text in map(str.lower, texts):
        if _PUID.fullmatch(text):
            puids.append(text)
        elif _MEDIA_TYPE.fullmatch(text):
            media_types.append(text)
        elif _SHORT_NAME.fullmatch(text):
            media_types += _MEDIA_TYPES.get(text, (f"image/{text}", f"image/x-{text}"))
        else:
            raise BadInput(
                f"{text[:80]!r} names no format.",
                hint="A media type (image/tiff), a PRONOM identifier (fmt/353) or a short name (tiff).",
            )
    return tuple(media_types), tuple(puids)


def size_span(text: str) -> Span[int]:
    """Bytes: `>10MB`, `<=1GB`, `1MB..10MB` (the end is in it), `300 kB` (exactly)."""

    def bounds(part: str) -> tuple[int, int]:
        try:
            size = parse_size(int(part) if part.isascii() and part.isdigit() else part)
        except ValueError as error:
            raise BadInput(
                f"The size {part[:40]!r} is none: {error}.", hint="For example: '>10MB', 1MB..10MB"
            ) from None
        return size, size + 1

    return _span(text, bounds)


def date_span(text: str) -> Span[str]:
    """Days as ISO 8601 text: `2024`, `2024-05`, `2024-05-17`, `2024-05..2024-07`, `>=2020`, `..2019`."""
    return _span(text, _day_bounds)


def _day_bounds(part: str) -> tuple[str, str]:
    """The beginning of a year, month or day, and of the next one."""
    found = _DATE.fullmatch(part)
    try:
        if found is None:
            raise ValueError
        year, month, day = (int(number) if number else None for number in found.groups())
        first = datetime(year or 0, month or 1, day or 1, tzinfo=UTC)
    except ValueError:
        raise BadInput(
            f"{part[:40]!r} is no date.", hint="A year, a month or a day: 2024, 2024-05, 2024-05-17."
        ) from None
    # As text, whatever begins with `2024-05` comes before `2024-05~`, and nothing else does from there on.
    return f"{first:%Y-%m-%d}"[: len(part)], part + "~"


def _span(text: str, bounds: Callable[[str], tuple[Bound, Bound]]) -> Span[Bound]:
    text = text.strip()
    if ".." in text:
        begin, _, end = (part.strip() for part in text.partition(".."))
        if not begin and not end:
            raise BadInput("A range needs at least one end.", hint="1MB..10MB, 2024.., ..2019-05")
        return Span(at_least=bounds(begin)[0] if begin else None, below=bounds(end)[1] if end else None)
    for sign in (">=", "<=", ">", "<"):
        if text.startswith(sign):
            begins, ends = bounds(text[len(sign) :].strip())
            return {
                ">=": Span(at_least=begins),
                "<=": Span(below=ends),
                ">": Span(at_least=ends),
                "<": Span(below=begins),
            }[sign]
    begins, ends = bounds(text)
    return Span(at_least=begins, below=ends)
