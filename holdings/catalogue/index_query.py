"""What may be asked of the image index, and how that is said in SQL.

Everything is compared without regard to case and to the form of Unicode. Values are bound, never
pasted: the SQL here is made of our own words only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from holdings.errors import BadInput
from holdings.records import package_of_image

Bound = TypeVar("Bound", int, str)
Clause = tuple[str, dict[str, Any]]
"""A condition, and the values that it speaks of by name."""
Probe = tuple[str, bool]
"""What an identifier is, or (True) how it begins."""
_SIGN = re.compile(r"\\[*?\\]|[*?%_\\]")
"""What has to be looked at in a pattern: a wildcard, one after a backslash, what is special to LIKE only."""
_WILD = {"*": "%", "?": "_"}
_STEM = re.compile(r"[.][A-Za-z0-9]{1,5}\Z")

IDENTIFIER_TERMS = (
    *("dwc:catalogNumber", "dwc:otherCatalogNumbers", "dwc:occurrenceID", "dwc:materialEntityID"),
    *("dwc:materialSampleID", "dwc:recordNumber", "dwc:organismID", "dcterms:identifier", "dc:identifier"),
    *("ac:accessURI", "ac:providerManagedID", "ac:associatedSpecimenReference", "ods:physicalSpecimenID"),
)
"""Terms whose value names a specimen or a picture: what `identifier` looks at."""
SPECIMEN_TERMS = ("dwc:catalogNumber",)
FILE_NAME = "regexp_extract(path, '[^/]*$')"
STEM = f"regexp_replace({FILE_NAME}, '[.][A-Za-z0-9]{{1,5}}$', '')"


@dataclass(frozen=True, kw_only=True, slots=True)
class Span(Generic[Bound]):
    """From here to there; None is open."""

    at_least: Bound | None = None
    below: Bound | None = None
    """Exclusive."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageQuery:
    """Which images are meant: those that fit all of it.

    In `identifier`, `specimen`, `path` and the values of `terms`, `*` stands for any signs and `?`
    for one; after a backslash they are themselves.
    """

    text: str | None = None
    """Part of the identifier or path; knows no wildcards."""
    identifier: str | None = None
    """The image's identifier, its specimen, its path or file name (with or without what follows the
    dot), or one of IDENTIFIER_TERMS."""
    specimen: str | None = None
    terms: tuple[tuple[str, str], ...] = ()
    """Qualified standard names and what they have to be."""
    collection: str | None = None
    package_ids: frozenset[str] | None = None
    """None means all."""
    media_types: tuple[str, ...] = ()
    puids: tuple[str, ...] = ()
    """Those of `media_types` and those of `puids` are both meant."""
    size_bytes: Span[int] | None = None
    captured: Span[str] | None = None
    """ISO 8601, compared as text: `2024-05` begins before `2024-05-01`."""
    path: str | None = None
    withdrawn: bool = False
    """True asks for the withdrawn ones only, False for the others only."""
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.limit is not None and self.limit < 0:
            raise BadInput(
                f"A limit of {self.limit} images makes no sense.", hint="Leave it out, or give 1 or more."
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    """What is not to be found, by identifier."""

    packages: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    """Those that were withdrawn by themselves."""

    @property
    def touched(self) -> frozenset[str]:
        """The packages that hold anything withdrawn."""
        return self.packages | {package_of_image(image_id) for image_id in self.images}


def folded(expression: str) -> str:
    """SQL for `expression` as it is compared."""
    return f"lower(nfc_normalize({expression}))"


def term(name: str) -> str:
    """SQL for the value of one of our own term names."""
    return f"terms['{name}']"


def conditions(query: ImageQuery) -> Clause:
    """What a row has to fulfil. Packages, collections and withdrawals are not a row's business."""
    clauses = list(_clauses(query))
    values: dict[str, Any] = {}
    for _, more in clauses:
        values |= more
    return " AND ".join(f"({sql})" for sql, _ in clauses) or "true", values


def _clauses(query: ImageQuery) -> Iterator[Clause]:
    if query.text is not None:
        wanted = folded("$text")
        yield (
            f"contains({folded('image_id')}, {wanted}) OR contains({folded('path')}, {wanted})",
            {"text": query.text},
        )
    if query.identifier is not None:
        places = ["image_id", "specimen", "path", FILE_NAME, STEM, *map(term, IDENTIFIER_TERMS)]
        yield _any_fits(places, "identifier", query.identifier)
    if query.specimen is not None:
        yield _any_fits(["specimen", *map(term, SPECIMEN_TERMS)], "specimen", query.specimen)
    for number, (name, wanted) in enumerate(query.terms):
        sql, values = _fits("element_at(terms, $name)[1]", "value", wanted)
        # Named by their place: the same term may be asked for twice.
        yield (
            sql.replace("$name", f"$name_{number}").replace("$value", f"$value_{number}"),
            {f"name_{number}": name, f"value_{number}": values["value"]},
        )
    if query.path is not None:
        yield _fits("path", "path", query.path)
    yield from _format(query)
    if query.size_bytes is not None:
        yield _within("size_bytes", "size", query.size_bytes)
    if query.captured is not None:
        yield _within("captured_at", "captured", query.captured)


def _format(query: ImageQuery) -> Iterator[Clause]:
    if query.media_types or query.puids:
        sql = "list_contains($media_types, lower(media_type)) OR list_contains($puids, puid)"
        yield (
            sql,
            {"media_types": [kind.lower() for kind in query.media_types], "puids": list(query.puids)},
        )


def _any_fits(expressions: list[str], name: str, wanted: str) -> Clause:
    clauses = [_fits(expression, name, wanted) for expression in expressions]
    return " OR ".join(f"coalesce({sql}, false)" for sql, _ in clauses), clauses[0][1]


def _fits(expression: str, name: str, wanted: str) -> Clause:
    if is_pattern(wanted):
        return f"{folded(expression)} LIKE {folded(f'${name}')} ESCAPE '\\'", {name: like_pattern(wanted)}
    return f"{folded(expression)} = {folded(f'${name}')}", {name: literal(wanted)}


def _within(column: str, name: str, span: Span[Any]) -> Clause:
    parts = [(f"{column} >= ${name}_from", f"{name}_from", span.at_least)]
    parts.append((f"{column} < ${name}_below", f"{name}_below", span.below))
    given = [(sql, key, bound) for sql, key, bound in parts if bound is not None]
    # With both ends open, what has no value at all is still not meant.
    return (
        " AND ".join([f"{column} IS NOT NULL", *(sql for sql, _, _ in given)]),
        {key: bound for _, key, bound in given},
    )


def is_pattern(wanted: str) -> bool:
    """Whether there is a wildcard in it."""
    return any(sign in _WILD for sign in _SIGN.findall(wanted))


def like_pattern(wanted: str) -> str:
    """`wanted` as SQL's LIKE writes it, with `\\` as its escape."""
    return _SIGN.sub(lambda found: _WILD.get(found[0]) or _PLAIN.get(found[0][-1], found[0][-1]), wanted)


_PLAIN = {"%": "\\%", "_": "\\_", "\\": "\\\\"}


def literal(wanted: str) -> str:
    """`wanted` without the backslashes that make wildcards themselves."""
    return _SIGN.sub(lambda found: found[0][-1], wanted)


def escaped(text: str) -> str:
    """What means `text` itself, where wildcards are known."""
    return re.sub(r"[*?\\]", r"\\\g<0>", text)


def identifier_probes(query: ImageQuery) -> list[Probe] | None:
    """Keys under which the merged index has every image that `query` can mean, each with whether it is
    the beginning of the key only; None where the query names no identifier, or none that helps.

    File names are kept without what follows their dot, and without folders: what is asked for is
    cut in the same way, so more may be found than is meant, never less.
    """
    wanted = query.specimen if query.specimen is not None else query.identifier
    if wanted is None:
        return None
    beginning, is_open = _beginning(wanted)
    name = beginning.rpartition("/")[2]
    keys = {beginning, name.rpartition(".")[0] or name if is_open else _STEM.sub("", name)}
    return None if "" in keys else [(key, is_open) for key in sorted(keys)]


def _beginning(wanted: str) -> tuple[str, bool]:
    """What comes before the first wildcard, and whether there is one."""
    first = next((found.start() for found in _SIGN.finditer(wanted) if found[0] in _WILD), None)
    return literal(wanted[:first]), first is not None
