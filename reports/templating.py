"""How pages are made from templates: one environment, in which everything is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import jinja2


def environment() -> jinja2.Environment:
    """Templates of this folder. What a template names and nobody gave is a fault."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("reports"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["printable"] = printable
    made.filters["head"] = head
    return made


def head(rows: Iterable[object], most: int) -> list[object]:
    """The first rows, and not one more is asked for."""
    return list(islice(rows, most))


def printable(text: str) -> str:
    """`text` with control characters and marks of direction as escapes: file names come from outside."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
