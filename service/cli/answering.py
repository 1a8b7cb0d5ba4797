"""How a command answers: words for people, or one JSON document for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import islice
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from holdings.clock import iso
from holdings.errors import HoldfastError

if TYPE_CHECKING:
    from archive.reading import Trouble
    from holdings.records import Image

_TOKENS = 1_000
_NAMED = 20
"""So many packages are named on the screen; `--json` names all."""


def answer(document: Mapping[str, object] | Sequence[object], lines: Iterable[str], *, as_json: bool) -> None:
    """Print what a command found out.

    document : what `--json` prints, whole.
    lines : what people read instead.
    """
    if as_json:
        for piece in _pieces(_written(document)):
            sys.stdout.write(piece)
        print()
        return
    for line in lines:
        print(printable(line))


def some_named(package_ids: Sequence[str]) -> Iterator[str]:
    """The first few of them, a line each."""
    yield from (f"  {package_id}" for package_id in package_ids[:_NAMED])
    if (more := len(package_ids) - _NAMED) > 0:
        yield f"  and {more:,} more; --json names all."


class Lazily(list[object]):
    """What a document lists, made item by item while it is written: there may be a million."""

    def __init__(self, items: Sequence[Any], row: Callable[[Any], object] = lambda item: item) -> None:
        super().__init__()
        self._items, self._row = items, row

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[object]:
        return map(self._row, self._items)


_leaf = json.JSONEncoder(ensure_ascii=False).encode


def _written(value: object, margin: str = "\n") -> Iterator[str]:
    """A document as `json.dumps(indent=2)` writes it, a list item by item.

    Asked for an indent, the library's own encoder goes token by token in Python, a tenth of the time of an
    audit of small packages.
    """
    within = margin + "  "
    between = within
    if isinstance(value, dict) and value:
        yield "{"
        for key, each in value.items():
            yield f"{between}{_key(key)}: "
            yield from _written(each, within)
            between = "," + within
        yield margin + "}"
    elif isinstance(value, list) and value:
        yield "["
        for each in value:
            yield between + _text(each, within)
            between = "," + within
        yield margin + "]"
    else:
        yield _text(value, margin)


def _text(value: object, margin: str) -> str:
    """One value, whole."""
    if value is None or isinstance(value, str | int | float):
        return _leaf(value)
    within = margin + "  "
    if isinstance(value, dict):
        told = [f"{within}{_key(key)}: {_text(each, within)}" for key, each in value.items()]
        return f"{{{','.join(told)}{margin}}}" if told else "{}"
    if isinstance(value, list | tuple):
        told = [within + _text(each, within) for each in value]
        return f"[{','.join(told)}{margin}]" if told else "[]"
    return _text(plain(value), margin)


@lru_cache(maxsize=1024, typed=True)  # typed, since 1 and True are one key to a dictionary
def _key(key: object) -> str:
    return _leaf(key if isinstance(key, str) else _leaf(key))


def _pieces(tokens: Iterable[str]) -> Iterator[str]:
    """The pieces of a document, many at a time."""
    waiting = iter(tokens)
    while batch := list(islice(waiting, _TOKENS)):
        yield "".join(batch)


def printable(text: str) -> str:
    """`text` with control characters shown as escapes: file names from outside steer no terminal."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def complain(error: HoldfastError, *, as_json: bool) -> None:
    """Say what is broken and the way out: on stderr, or as the one document on stdout."""
    if as_json:
        document = {"error": {"kind": error.kind, "sentence": error.sentence, "hint": error.hint}}
        print(json.dumps(document, ensure_ascii=False, indent=2), flush=True)
    say(error.sentence)
    if error.hint:
        say(f"Try: {error.hint}")


def say(words: str) -> None:
    """Words on stderr, whatever stdout is for."""
    print("\n".join(map(printable, words.split("\n"))), file=sys.stderr, flush=True)


def tell_troubles(troubles: Iterable[Trouble]) -> None:
    """Say which copies could not give what was asked for, though another one could."""
    for trouble in troubles:
        say(f"The copy in {trouble.store} could not give it: {trouble.because}")


def plain(value: object) -> object:
    """Values of ours as JSON has them, for `json.dumps(default=…)`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    for kind, convert in _CONVERSIONS.items():
        if isinstance(value, kind):
            return convert(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_CONVERSIONS: dict[type, Any] = {
    datetime: iso,
    date: date.isoformat,
    Decimal: str,
    Enum: lambda value: value.value,
    PurePath: str,
    Mapping: dict,
    frozenset: sorted,
    set: sorted,
}


def image_row(image: Image) -> dict[str, object]:
    """One image as `--json` shows it: the row that programs outside rely on."""
    return {
        "image_id": image.image_id,
        "package_id": image.package_id,
        "path": image.path,
        "bytes": image.size_bytes,
        "sha256": image.sha256,
        "media_type": image.media_type,
        "width_px": image.width_px,
        "height_px": image.height_px,
    }
