"""The values of a JSON file: of a list one after the other, so that a long list needs little memory."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any, NoReturn

from archive.matching.bounds import MAX_JSON_CHARACTERS
from archive.matching.findings import shown
from archive.matching.sources import Source
from holdings.errors import BadInput

_READ_CHARACTERS = 64 * 1024
_BLANKS = " \t\r\n"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{shown(twice)} stands twice in one object, and nobody knows which of them counts")
    return found


_DECODER = json.JSONDecoder(
    parse_constant=_refuse,
    # As they are written: 52.10 is no 52.1, and 1e999 not infinite.
    parse_float=str,
    parse_int=str,
    object_pairs_hook=_object,
)


def json_values(source: Source) -> Iterator[Any]:
    """What stands in the list that a file is, or the one value that it is. BadInput: it is no JSON."""
    source.check_table_size()
    with io.TextIOWrapper(source.opens(), encoding="utf-8-sig") as text:
        try:
            yield from _values(_Reading(text, source.name))
        except (ValueError, RecursionError) as error:
            raise BadInput(
                f"{source.name} begins as JSON and is not valid JSON in UTF-8: {error}.",
                hint="Give one openDS document or a list of them.",
            ) from None


def _values(reading: _Reading) -> Iterator[Any]:
    if reading.next_sign() != "[":
        yield reading.value()
    else:
        reading.take("[")
        if reading.next_sign() == "]":
            reading.take("]")
        else:
            yield reading.value()
            while reading.next_sign() == ",":
                reading.take(",")
                yield reading.value()
            reading.take("]")
    if reading.next_sign():
        raise ValueError("something stands behind its end")


class _Reading:
    """A text that is read as far as its values need."""

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        self._text = text
        self._name = name
        self._held = ""
        self._place = 0
        self._ended = False

    def next_sign(self) -> str:
        """The next sign that is not blank; '' at the end."""
        while True:
            while self._place < len(self._held) and self._held[self._place] in _BLANKS:
                self._place += 1
            if self._place < len(self._held) or not self._more(_READ_CHARACTERS):
                return self._held[self._place : self._place + 1]

    def take(self, sign: str) -> None:
        """Go past a sign that must come next."""
        if self.next_sign() != sign:
            raise ValueError(f"{sign!r} is missing")
        self._place += 1

    def value(self) -> Any:
        """The next value, whole."""
        self.next_sign()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._place)
            except json.JSONDecodeError:
                # Perhaps it is only not whole yet. Twice as much each time: a long value is read few times.
                if not self._more(max(_READ_CHARACTERS, len(self._held) - self._place)):
                    raise
                continue
            # A number may go on in what was not read yet.
            if end < len(self._held) or not self._more(_READ_CHARACTERS):
                self._place = end
                return value

    def _more(self, characters: int) -> bool:
        """Read on; False at the end."""
        self._held, self._place = self._held[self._place :], 0
        if len(self._held) > MAX_JSON_CHARACTERS:
            raise BadInput(
                f"{self._name} has a JSON document of more than {MAX_JSON_CHARACTERS:,} characters.",
                hint="Give a list of documents, or the records as a table or a Darwin Core Archive.",
            )
        found = self._text.read(characters)
        self._held += found
        return bool(found)
