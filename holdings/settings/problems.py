"""What is wrong with a TOML file, all of it at once, each with its line and its nearest right word."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from holdings.errors import BadInput

Place = tuple[str | int, ...]
"""A dotted key: `("stores", "hot", "tier")`; numbers count `[[tables]]` from 0."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
SECRET_NAME = re.compile(
    r"(access[_-]?key|secret|token|passw|credential|private[_-]?key|api[_-]?key)", re.IGNORECASE
)

_USER = re.compile(r"^([a-z0-9+]+://)[^/]*@(.*)$", re.IGNORECASE | re.DOTALL)
_DATABASE_USER = re.compile(r"^postgres(?:ql)?://[^/?#@:]*@[^@]*$", re.IGNORECASE)
"""Whoever asks a database says who it is; nothing secret is in that."""
_NO_SECRETS = "secrets do not belong into this file: use the environment or a profile"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing that is wrong in one place."""

    place: Place
    says: str
    """Continues the key: "is missing"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """A TOML file, read and not yet believed."""

    path: Path
    data: dict[str, Any]
    lines: Mapping[Place, int]
    """Where each table and key begins, counted from 1; best effort."""

    def refuse(self, problems: Iterable[Problem], *, hint: str | None = None) -> None:
        """Raise BadInput that names every problem, in the order of the file; return where there is none."""
        found = sorted(
            {(self._line(problem.place), dotted(problem.place), problem.says) for problem in problems}
        )
        if not found:
            return
        if len(found) == 1:
            line, key, says = found[0]
            raise BadInput(f"{self.path}{f', line {line}' if line else ''}: {key} {says}.", hint=hint)
        told = "".join(f"\n  {f'line {line}: ' if line else ''}{key} {says}." for line, key, says in found)
        raise BadInput(f"{self.path} breaks {len(found)} rules:{told}", hint=hint)

    def _line(self, place: Place) -> int:
        """The line of the key, or of the nearest table around it; 0 where neither is known."""
        return next((self.lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in self.lines), 0)


def parse_toml(
    path: Path, *, parse_float: Callable[[str], Any] = float, missing_hint: str | None = None
) -> Parsed:
    """Read a TOML file. Raises BadInput where it is missing, not readable, not UTF-8 or not TOML."""
    try:
        text = path.read_bytes().decode("utf-8-sig")  # Windows editors put a mark in front
    except FileNotFoundError:
        raise BadInput(f"There is no {path.name} in {path.absolute().parent}.", hint=missing_hint) from None
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"{path} is not UTF-8 text (byte {error.start}).") from None
    try:
        return Parsed(path=path, data=tomllib.loads(text, parse_float=parse_float), lines=key_lines(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadInput(f"{path} is not TOML: {error}.", hint="https://toml.io shows the few rules.") from None


def dotted(place: Place) -> str:
    """`place` as people write it: `rules[2].name`, the second of its kind being [2]."""
    text = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")


def key_lines(text: str) -> dict[Place, int]:
    """The line of each table and key, found by looking, so that an error can name it."""
    lines: dict[Place, int] = {}
    table: Place = ()
    counts: dict[Place, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                lines.setdefault(table, number)
                table = (*table, counts[table])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault((*table, *_parts(key[1])), number)
    return lines


def _parts(text: str) -> Place:
    return tuple(re.sub(r"""^\s*["']?|["']?\s*$""", "", part) for part in text.split("."))


def nearest(word: str, known: Iterable[str]) -> str:
    """ "; did you mean 'tier'?" with the likest of `known`, or all of them where none is like it."""
    names = sorted(known)
    if like := difflib.get_close_matches(word, names, n=1):
        return f" (did you mean '{like[0]}'?)"
    return f" (there are: {', '.join(names)})" if names else " (there are none)"


def secrets_in(data: Any, place: Place = ()) -> list[Problem]:
    """Keys and URLs that hold secrets, which are taken out of `data` so that nothing prints them."""
    if not isinstance(data, dict | list):
        return []
    items: list[tuple[str | int, Any]] = list(enumerate(data) if isinstance(data, list) else data.items())
    found: list[Problem] = []
    for name, value in items:
        here = (*place, name)
        if isinstance(value, str) and (address := _user_of(value)):
            data[name] = address[1] + address[2]  # type: ignore[index]  # a list's name is its number
            found.append(
                Problem(place=here, says=f"holds a user or a secret before an '@', and {_NO_SECRETS}")
            )
        if isinstance(data, dict) and SECRET_NAME.search(str(name)) and not isinstance(value, dict):
            del data[name]
            found.append(Problem(place=here, says=f"is a secret, and {_NO_SECRETS}"))
        else:
            found += secrets_in(value, here)
    return found


def _user_of(value: str) -> re.Match[str] | None:
    return None if _DATABASE_USER.match(value) else _USER.match(value)


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """What pydantic found, in our words."""
    return [_problem(dict(item), model) for item in error.errors(include_url=False)]


def _problem(item: dict[str, Any], model: type[BaseModel]) -> Problem:
    place: Place = tuple(part for part in item["loc"] if part != "[key]")
    return Problem(place=place, says=_says(item, place, model))


def _says(item: dict[str, Any], place: Place, model: type[BaseModel]) -> str:
    if item["type"] == "missing":
        return "is missing"
    if item["type"] == "extra_forbidden":
        return f"is not a key that is known here{nearest(str(place[-1]), _fields_at(model, place[:-1]))}"
    rule = item["msg"].removeprefix("Value error, ").rstrip(".")
    return f"is {_shown(item['input'])}, and {rule[:1].lower()}{rule[1:]}"


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    text = repr(str(value)) if not isinstance(value, bool | int | float | str) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _fields_at(model: type[BaseModel], place: Sequence[str | int]) -> list[str]:
    """The keys that are known in the table at `place`."""
    here: Any = model
    for part in place:
        if isinstance(here, type) and issubclass(here, BaseModel):
            here = here.model_fields[str(part)].annotation
        else:
            here = next((inner for inner in reversed(get_args(here)) if inner is not type(None)), None)
    while here is not None and not isinstance(here, type):
        here = next((inner for inner in get_args(here) if inner is not type(None)), None)
    return list(here.model_fields) if here is not None and issubclass(here, BaseModel) else []
